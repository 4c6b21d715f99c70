"""Grading submissions: what a student's program computes, against a lesson."""
