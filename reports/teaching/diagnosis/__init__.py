"""Diagnosis: the mistake that gives what is printed."""
