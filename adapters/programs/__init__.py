"""Programs: a network in a framework's own words."""
