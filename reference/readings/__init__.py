"""The number systems in which the equations are read.

`plain`: value and truth in NumPy's floats. `balls`: truth with a certificate. `rounded`: the analytic tolerance.
`dual`: forward mode over any of them. `carrier` is what the last three have in common.
"""
