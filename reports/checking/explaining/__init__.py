"""From a difference to a verdict: which operation is wrong, and what is proved of it."""
