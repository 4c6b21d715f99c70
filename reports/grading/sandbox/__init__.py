"""The sandbox: a submission in a process of its own, confined and limited."""
