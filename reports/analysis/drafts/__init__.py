"""How much of the lessons' claims drafts find."""
