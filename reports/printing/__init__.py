"""The ground that every report stands on: terminal, files, tables, stable JSON."""
