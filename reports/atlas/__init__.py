"""The atlas: where frameworks differ from the equations and from one another, by operation and special point."""
