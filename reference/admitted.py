"""The constants that decide something and are derived nowhere: each with why it is this number, and what it decides."""

# Drafts: which quantity a printed number of an unmarked document belongs to.

PLACED_DIGITS = 3
"""Significant digits that a number needs to be placed by its value alone. A document has about a hundred quantities
over some three decades: of 270 numbers of two digits a third is met by accident, of 2,700 of three digits one in 30."""
