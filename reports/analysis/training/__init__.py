"""How far training drifts."""
