"""A verification as one HTML page: the graph of every lesson with its numbers, and the claims beside it."""

from gradproof.reports.teaching.page.page import page

__all__ = ["page"]
