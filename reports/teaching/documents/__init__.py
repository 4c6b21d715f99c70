"""What a document claims about a computation, and what its claims say.

`documents.read_document(path)` reads a network file, a Markdown document or a notebook.
"""
