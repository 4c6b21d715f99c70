"""Which side of a kink, and which of nearly equal numbers, a framework took, and whether it may."""
