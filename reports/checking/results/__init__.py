"""What was found: entries, results, findings, and the report that they add up to."""
