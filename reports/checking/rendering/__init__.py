"""A report in words: text, Markdown, JUnit, GitHub."""
