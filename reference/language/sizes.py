"""How large arrays may be; whoever meets larger ones raises GradproofError."""

MAX_AXES = 32
"""The most axes of an array: NumPy has 64, and a framework fewer."""

MAX_NUMBERS = 2**26
"""The most numbers in an array, and in all values of a network: 1 GB in the extended precision of the reference."""
