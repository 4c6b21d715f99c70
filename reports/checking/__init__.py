"""Checking: a case, its tolerance, the comparison, the verdict and what explains it."""
