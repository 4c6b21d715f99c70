"""The numbers that somebody picked: what each decides, and why it is this one.

Every other number that decides is derived where it stands. `tests/test_no_tolerances.py` finds comparisons with a
number that is neither.
"""

# Verdicts.

FALSE_ALARM = 1e-9
"""How likely a correct result is to be flagged, if errors are as the model has them: once in a thousand runs of a
million results. Lambda depends on it but little: for 1e-6 or 1e-12 it is an eighth smaller or larger."""

FIRST_DRAWS, ALL_DRAWS = 24, 64
"""How many draws are made for a result that the table alone would flag, and in all to confirm an alarm. Student's
quantile makes any number of them valid; of a thousand entries the tolerance is 1.8 and 1.2 times what infinitely many
draws would give, with 12 draws it would be 4 times that."""

AS_GIVEN = 4
"""Of so many draws one adds up operands as they are, and the others add them up scaled. What whole numbers lose in one
direction is in a quarter of the draws so, and the root mean square is half of it; of terms that are exact themselves
these are all alike, and if they lose nothing by chance it is 0.87 of what it would be."""

LEADING_BITS = 12
"""Mantissa bits of a kernel's result that decide how it errs in a draw: results that agree in them err alike, as they
do where they take the same entry of a table. From 6 to 20, the tests' verdicts are the same."""

ALIKE = 8
"""By which factor what rounding loses in float32 and in float64, each in its own u, may differ. Another constant in one
dtype, or a longer polynomial, is within it; the same error in both is 2^29, one that float64 does not have is without
bound."""

SETTLED, AT_LEAST_ROOT, ON_ITS_WAY = 2.0**-20, 2.0**-30, 2.0**20
"""When gradients at points 2^-60, 2^-120, 2^-240 (and 2^-480) away tell a limit. The last change is below 2^-20 of the
tolerance, which no verdict notices, and below 2^-30 of all change, as it is for every limit that is come to as fast as
the square root of the distance: x / log x' moves by halves. What grows 2^20 times or more a step, as one over the
cube root of the distance does, is on its way to infinity; what grows less, as its logarithm does, is not said to be."""

EVALUATIONS = 1024
"""How many evaluations of the gradients a search for sides of kinks may make: all assignments of nine open units, or
one change of each of a thousand. Whether some assignment explains a result is as hard to say as a subset sum, so any
number leaves something `undecided`, and says how long that takes."""

# Figures of kernels.

HALF_ULP = 0.5
"""The error of a correctly rounded result, in ulp (IEEE 754): no figure is below it."""

OFF_IN_FLOAT64 = 512
"""By how many ulp of its own a float64 result may be off that kernels are screened against: the tests find less than 8
beside balls. Errors that are reported are certified; a screen that is off by more than this is noticed."""

OFF_IN_LONG_DOUBLE = 8
"""By how many ulp of its own a long double result may be off that kernels are screened against."""

# Pages of the tolerance analysis: how they sort what was measured. No verdict depends on it.

OWN_SIGMAS = 5
"""How many sigma a framework's own rounding may take off the effect of a planted mistake that is to be caught: a normal
error exceeds them once in 1.7 million entries."""

FITTING_RMS = (0.3, 1.2)
"""Between which the root mean square of z is said to fit: 1 if errors are independent and uniform, somewhat less where
operands are exact or tolerances rounded up, more where errors correlate."""

# Drafts: which quantity a printed number of an unmarked document belongs to.

PLACED_DIGITS = 3
"""Significant digits that a number needs to be placed by its value alone. A document has about a hundred quantities
over some three decades: of 270 numbers of two digits a third is met by accident, of 2,700 of three digits one in 30."""

# Teaching: what is said of a wrong number.

MAX_TRAINED = 10_000
"""How many steps of training are computed, one mistake after another, in search of the one behind a number: a budget of
work, some seconds of it. Where trying is slow nothing more is tried once a match by accident is less likely than
`LIKELY` over this number."""

SLIPS = 12
"""In how many ways a person's slip changes one digit of a number: it is another one in nine ways, swapped with its
neighbour, left out, or written twice."""

SHARP = 2.0**-200
"""How wide a ball may be, for its size, that says what a printed number should be: half of the 400 bits that balls are
computed with are left, and no document prints sixty digits."""

SAID_ABOVE = 1e-4
"""Probabilities below are printed as "under 0.01 %": nobody decides otherwise for less."""

LIKELY = 0.1
"""Above this probability that some mistake meets the printed digits by accident none is named. A level of significance:
only a reader's patience says what it is, and one wrong name in ten is as much as anyone should have to put up with."""

NEAR = 0.5
"""How far around a printed number, relative to it, the values of mistakes are counted: their density there says how
often one is met by chance. Narrower has too few to count, wider has numbers of another size; with a quarter or the
whole in place of a half, no name that is given to a mutated claim of the lessons changes."""

# Grading.

THREADS, THREADS_EACH = 256, 8
"""How many threads a submission may have, and how many more for each processor. What teaches starts none, a framework a
few for each processor; a thread costs the kernel some 30 kB that are not in its limit on memory."""

LOOKED_EVERY = 0.05
"""Seconds between two looks at the clock and the folder of a running submission: by so much it may be over its limits,
and to look costs a thousandth of that."""

LEAST_DIGITS = 3
"""A student's number of fewer significant digits is not taken for a rounded one. A convention of teaching: of the
values that the catalogue's mistakes give in the lessons' gradients, 9 % are right to two digits, 3 % to three."""

# Epsilons that functions are defined with: attributes, whose defaults are those of torch.nn.functional. A statement may
# set others.

LEAST_NORM = 1e-12
"""`normalize` divides by this where a norm is smaller."""

LEAST_NORM_OF_TWO = 1e-8
"""`cosine_similarity` divides by this in place of each norm that is smaller."""

LEAST_VARIANCE = 1e-6
"""`gaussian_nll_loss` takes this for a variance that is smaller."""
