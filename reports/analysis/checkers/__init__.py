"""What the frameworks' own gradient checkers find."""
