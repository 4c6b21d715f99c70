"""Errors against depth and width."""
