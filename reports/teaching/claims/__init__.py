"""Claims: what is claimed, of which quantity, and the status that it gets."""
