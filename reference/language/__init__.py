"""The language that networks are written in: parsed, built with its sizes, written again, kept in files."""
