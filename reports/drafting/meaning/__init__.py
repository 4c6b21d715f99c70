"""What the names of a document mean, version by version, and what is said of them."""
