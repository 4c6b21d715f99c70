"""Drafting a lesson from an unmarked document: a starting point to edit. Nothing in the document is executed."""
