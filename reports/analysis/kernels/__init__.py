"""The adapters' kernel data as figures and tables."""
