"""Sums, matrix products and convolutions: how their errors grow."""
