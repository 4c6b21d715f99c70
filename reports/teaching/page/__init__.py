"""A verification as one HTML page: the graph of every lesson with its numbers, and the claims beside it."""
