"""What a document claims about a computation, and what its claims say."""
