"""What a gradient should be, how far an honest program may be off, and how far one is."""
