"""How large networks may be; whoever meets larger ones raises GradproofError.

Nobody should have to wait for a small file: one of less than a megabyte takes at most 10 seconds and 2 GB, whatever it
says. So much and no more is what these limits leave room for.
"""

MAX_AXES = 32
"""The most axes of an array: NumPy has 64, and a framework fewer."""

BYTES_EACH = 256
"""What a number of a network takes while it is checked. Measured: 200 to 220 bytes, in the extended precision of the
reference, for the number, the variance of its error, where that came from, and the same on the way back."""

MAX_NUMBERS = 2**31 // BYTES_EACH
"""The most numbers in an array, and in all values of a network together: as many as 2 GB have room for. A hidden layer
of 512 units for 4,096 samples has a quarter of them."""

MAX_PRODUCTS = 2**29
"""The most products of numbers that a network's matrix products add up: they take some 6 seconds, there and back, in
both dtypes. 4,096 samples that go through 512 units to 256 have as many."""

MAX_STATEMENTS = 4_000
"""The most statements of a network, operations in them, and inputs: a recurrent cell of a thousand steps has as many.
"""

MAX_STEPS = 30_000
"""The most steps of a network: what its operations compute there and back, each call of NumPy's a step (see
`gradproof.reference.operations.steps`). Measured, a step takes up to 0.3 milliseconds to check in both dtypes, draws
included. A thousand steps of a recurrent cell with tanh take 18,000."""

FEW = 100
"""Networks of so few operations have too few steps to count, whatever they are."""
