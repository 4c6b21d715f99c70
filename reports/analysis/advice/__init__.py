"""Fixed tolerances to take, from what was calibrated."""
