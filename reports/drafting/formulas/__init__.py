"""A document's formulas, read as expressions."""
