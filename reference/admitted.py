"""The numbers that decide and could not be derived: each with what it decides and why it is this one.

Every other number that decides is derived where it stands.
"""

# Teaching: what is said of a wrong number.

LIKELY = 0.1
"""Above this probability that some mistake meets the printed digits by accident none is named. A level of significance:
only a reader's patience says what it is, and one wrong name in ten is as much as anyone should have to put up with."""

NEAR = 0.5
"""How far around a printed number, relative to it, the values of mistakes are counted: their density there says how
often one is met by chance. Narrower has too few to count, wider has numbers of another size; with a quarter or the
whole in place of a half, no name that is given to a mutated claim of the lessons changes."""

# Grading.

LEAST_DIGITS = 3
"""A student's number of fewer significant digits is not taken for a rounded one. A convention of teaching: of the
values that the catalogue's mistakes give in the lessons' gradients, 9 % are right to two digits, 3 % to three."""
