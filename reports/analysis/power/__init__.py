"""Which mistakes derived and fixed tolerances catch."""
