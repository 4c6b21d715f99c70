"""A document's code, followed without running it."""
