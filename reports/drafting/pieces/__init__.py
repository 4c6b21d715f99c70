"""The pieces of a document, line by line, and what is said in them."""
