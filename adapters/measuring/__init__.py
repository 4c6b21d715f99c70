"""How accurate a framework's kernels are: the largest error in ulp, over all inputs where they can all be tried.

`python -m gradproof.adapters.measuring` (or `nox -s accuracy`) measures the installed frameworks and writes the
adapters' data files, which the rounding model reads. A function of one float32, float16 or bfloat16 number is tried
on every number there is, on the vector and the compiled path: these figures are the true maxima. Short and strided
arrays, float64, powers, and the erf inside gelu are tried on a searched sample: lower bounds, and labelled so.

What IEEE 754 has exactly rounded (+, -, *, / and the conversions) is proved and not run: half an ulp by definition in
the dtype itself. Where a framework computes in float32 and rounds the result to float16 or bfloat16, it is rounded
twice, and that is harmless: for +, -, *, / and sqrt a wider format of q digits gives the same result as long as
q >= 2 p + 2 (Figueroa, When is double rounding innocuous?, 1995), and 24 >= 2 * 11 + 2.
"""
