"""The tolerance analysis: how exact gradients are, and how well derived tolerances know it.

Each subject has a folder: `measure.py` has its units of work and what they add up to, `render.py` makes tables and
figures of it, pure functions of the measured JSON. `python -m gradproof.reports.analysis` measures.
"""
