"""What checking costs, beside running and beside the frameworks' own checkers."""
