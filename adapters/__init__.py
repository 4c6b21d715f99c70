"""What each framework says: programs in its own words, and worker processes that run them."""
