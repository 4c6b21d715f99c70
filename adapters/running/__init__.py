"""Running programs: a worker process for each framework, the frameworks' settings, work spread over processes."""
