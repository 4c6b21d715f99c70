"""The tolerance analysis: how exact gradients are, and how well derived tolerances know it.

`measuring/` has a file for each subject: units of work, and what they add up to. `rendering/` makes tables, figures and
a page of it, pure functions of the measured JSON. `python -m gradproof.reports.analysis` measures.
"""
