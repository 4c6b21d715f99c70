"""z over a corpus of networks: whether the tolerances are as wide as the errors."""
