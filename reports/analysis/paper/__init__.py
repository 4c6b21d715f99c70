"""Sections, tables and figures, as Markdown, HTML, CSV and SVG."""
