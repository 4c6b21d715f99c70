"""What portable settings change."""
