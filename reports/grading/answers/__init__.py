"""Answers: which values of a submission stand for which quantities."""
