"""Verifying teaching material: every claim of a document judged, and the mistake behind a wrong one named."""
