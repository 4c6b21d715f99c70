r"""One printed number: which exact number its digits say, how fine they are, and how another number looks like it.

A number is read from its decimal digits into a `Fraction`, never through a float: `0.1` is 1/10. The notations are
those that authors paste: `0.30`, `.40`, `5.`, `-5.34e-08`, `1.6×10⁻³`, `1.6 \times 10^{-3}`, `1'234.5`, `12.3\,\%`,
`1/3`, `\frac{1}{3}`, `nan`, `-inf`; a minus may be typographic (U+2212) or an en dash.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import inf, nan
from sys import float_info

from gradproof.reference.errors import GradproofError

MAX_DIGITS = 1000
"""Digits of one number, far below where Python refuses to convert a decimal text at all."""
MAX_EXPONENT = 10_000
"""Powers of ten beyond it are refused: as exact numbers they take more memory than they say."""

FLOAT64 = Fraction(float_info.epsilon) / 2
"""How far, for its size, a number may be from the float64 that it is computed as."""

MINUSES = "-−–"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
TO_SUPERSCRIPTS = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")

# Quantifiers that may run long are possessive (`*+`), so that no text makes the matcher try again and again.
GAP = r"(?:\s|~|\\[,;:!>\ ])*+"
PATTERN = r"""
(?:(?P<sign>[+MINUSES])(?P<gap>GAP))?
(?: (?P<special>(?i:nan|infinity|inf)(?!\w)|∞|\\infty(?![A-Za-z]))
  | (?P<frac>\\[dt]?frac)\{(?P<over>[MINUSES]?[0-9]++)\}\{(?P<under>[0-9]++)\}
  | (?P<num>[0-9]++)(?P<slash>\ ?/\ ?)(?P<den>[0-9]++)
  | (?=[.]?[0-9])
    (?P<whole>[1-9][0-9]{0,2}(?P<sep>[\u2009\u202f'’_SEP]|\\,|\{,\})[0-9]{3}(?:(?P=sep)[0-9]{3})*+(?![0-9])|[0-9]*+)
    (?:(?!(?P=sep))(?P<point>[.]|(?:[POINT]|\{,\})(?=[0-9]))(?P<decimals>[0-9]*+))?
    (?:(?P<mark>[eE](?=[+MINUSES0-9])
         | GAP(?:[×x·⋅∙*]|\\times|\\cdot|\\ast|\{\\times\}|\{\\cdot\})GAP(?:10|\{10\})
           (?:(?=[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹])|(?:\^|\*\*)(?:(?P<brace>\{)GAP|(?P<paren>\())?))
       (?P<power>[+MINUSES]?[0-9]++|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]++)
       (?P<tail>(?(brace)GAP\})(?(paren)\))))?
    (?P<percent>GAP\\?%)?
)"""


def compiled(sep: str, point: str) -> re.Pattern[str]:
    """The pattern of a number, with more thousands separators and decimal points than are clear in every place."""
    pattern = PATTERN.replace("GAP", GAP).replace("MINUSES", "−–\\-").replace("SEP", sep)
    return re.compile(pattern.replace("[POINT]|", f"[{point}]|" if point else ""), re.VERBOSE)


IN_LIST = compiled("", "")
"""A number among others, where a comma or a no-break space stands between numbers."""
ALONE = compiled(",\u00a0", ",")
"""A number that is the whole text. `1,234` has a thousands separator; `0,5`, `12,5`, `1,23` have a decimal comma."""


@dataclass(frozen=True)
class Number:
    """A printed number: exact, with the size of one step in its last digit."""

    value: Fraction | float
    """Exact; a float only for nan, inf and -inf."""
    unit: Fraction
    """One unit of the last printed digit; 0 for an exact fraction such as 1/3, and for nan and inf."""
    text: str
    """As printed, stripped."""
    scale: Fraction = Fraction(1)
    """What the print-out multiplies all its numbers by (torch's common factor): the text says `value / scale`."""

    @property
    def digits(self) -> int:
        """How many significant digits are printed; of an exact fraction, all its digits; of nan and inf, none."""
        if not isinstance(self.value, Fraction):
            return 0
        if not self.unit:
            return sum(map(str.isdigit, self.text))
        return len(str(abs(self.value / self.unit)))

    def written(self, value: Fraction | float) -> str:
        """`value`, exact or else nan, inf or -inf, in the notation of this number.

        It is rounded to the last printed digit, half away from zero. Scientific notation keeps the number of digits,
        and therefore not the unit. A fraction stays one where its denominator has at most four digits; a larger one,
        and what takes the place of nan or inf, gets six digits.
        """
        if isinstance(value, float):
            return self.text if str(value) == str(self.value) else str(value)
        if value == self.value:
            return self.text
        match = ALONE.fullmatch(self.text)
        assert match  # the text was read by this pattern, or by a narrower one
        said = value / self.scale
        if match["special"]:
            return six_digits(said)
        if match["frac"] or match["slash"]:
            return fraction_like(match, said)
        if match["percent"]:
            said *= 100
        body = scientific_like(match, abs(said)) if match["mark"] else self.fixed_like(match, abs(said))
        return sign_like(match, said) + body + (match["percent"] or "")

    def fixed_like(self, match: re.Match[str], value: Fraction) -> str:
        """`value`, not negative, with the digits after the point that this number stands for; `match` is its own."""
        places = len(match["decimals"] or "")
        own = ten(-places - (2 if match["percent"] else 0)) * self.scale
        if own == self.unit:
            return mantissa_like(match, nearest(value / ten(-places)), places)
        # NumPy cut off zeros of this number, and would cut them off again.
        places += len(str(own / self.unit)) - 1
        return mantissa_like(match, nearest(value / ten(-places)), places).rstrip("0")


def read_number(match: re.Match[str]) -> Number:
    """The number that a match of `IN_LIST` or `ALONE` says.

    Raises GradproofError for a division by zero, more than `MAX_DIGITS` digits, and an exponent beyond `MAX_EXPONENT`.
    """
    text, sign = match[0], -1 if (match["sign"] or "+") in MINUSES else 1
    if match["special"]:
        return Number(nan if match["special"].lower() == "nan" else sign * inf, Fraction(0), text)
    if match["frac"] or match["slash"]:
        over, under = integer(match["over"] or match["num"]), integer(match["under"] or match["den"])
        if not under:
            raise GradproofError(f"{excerpt(text)} divides by zero")
        return Number(Fraction(sign * over, under), Fraction(0), text)
    decimals = match["decimals"] or ""
    whole = match["whole"].replace(match["sep"], "") if match["sep"] else match["whole"]
    unit = ten(exponent(match) - len(decimals) - (2 if match["percent"] else 0))
    return Number(sign * integer(whole + decimals) * unit, unit, text)


def exponent(match: re.Match[str]) -> int:
    """The power of ten that is printed; 0 where none is. Raises GradproofError for one beyond `MAX_EXPONENT`."""
    power = (match["power"] or "0").translate(SUPERSCRIPTS)
    size = power.lstrip("+0" + MINUSES) or "0"
    if len(size) > len(str(MAX_EXPONENT)) or int(size) > MAX_EXPONENT:
        raise GradproofError(f"{excerpt(match[0])} has an exponent beyond {MAX_EXPONENT}")
    return -int(size) if power[0] in MINUSES else int(size)


def integer(digits: str) -> int:
    """The integer that decimal digits say, perhaps after a minus. Raises GradproofError for more than `MAX_DIGITS`."""
    if len(digits) > MAX_DIGITS:
        raise GradproofError(f"{excerpt(digits)} has more than {MAX_DIGITS} digits")
    return -int(digits[1:]) if digits[0] in MINUSES else int(digits)


@lru_cache(maxsize=1024)
def ten(power: int) -> Fraction:
    """The power of ten with this exponent, exactly."""
    return Fraction(10**power) if power >= 0 else Fraction(1, 10**-power)


def nearest(value: Fraction) -> int:
    """The nearest integer to a number that is not negative; of two that are equally near, the larger."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def decade(value: Fraction) -> int:
    """The power of ten of the leading digit of a positive number."""
    guess = Decimal(value.numerator).adjusted() - Decimal(value.denominator).adjusted()
    return guess if value >= ten(guess) else guess - 1


def sign_like(match: re.Match[str], value: Fraction) -> str:
    """The sign of `value`, in the characters that the printed number uses."""
    sign, gap = match["sign"] or "", match["gap"] or ""
    if value < 0:
        return sign + gap if sign and sign in MINUSES else "-" + gap
    return sign + gap if sign == "+" else ""


def mantissa_like(match: re.Match[str], count: int, places: int) -> str:
    """`count` units of the last of `places` digits after the point, with the printed point and thousands separators."""
    digits = str(Decimal(count)).rjust(places + 1, "0")  # str(int) refuses long numbers, a Decimal does not
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :]
    if match["sep"]:
        first = len(whole) % 3 or 3
        whole = match["sep"].join([whole[:first], *(whole[i : i + 3] for i in range(first, len(whole), 3))])
    if not match["whole"] and whole == "0":
        whole = ""
    point = match["point"] or ""
    if "," in point and places == 3 and len(whole) <= 3 and whole != "0" and not match["sep"]:
        point = "."  # 0,500 has a decimal comma, but 1,500 would have a thousands separator
    return whole + point + decimals


def scientific_like(match: re.Match[str], value: Fraction) -> str:
    """`value`, not negative, with as many digits before and after the point as are printed; of zero, the same power."""
    decimals = match["decimals"] or ""
    significant = (match["whole"].replace(match["sep"] or " ", "") + decimals).lstrip("0")
    lead = len(significant or "0" + decimals) - len(decimals) - 1  # where the leading digit stands
    power = decade(value) - lead if value else exponent(match)
    count = nearest(value / ten(power - len(decimals)))
    if count >= 10 ** max(lead + len(decimals) + 1, 0):  # 9.96 became 10.0
        power += 1
        count = nearest(value / ten(power - len(decimals)))
    return mantissa_like(match, count, len(decimals)) + power_like(match, power)


def power_like(match: re.Match[str], power: int) -> str:
    """The power of ten, with the mark, the sign and the width that are printed."""
    printed, size = match["power"], str(abs(power))
    if match["mark"] in ("e", "E"):
        padded = printed.lstrip("+" + MINUSES)
        plus = "+" if printed[0] == "+" or (printed[0] in MINUSES and len(padded) > 1) else ""
        size = size.rjust(len(padded), "0")
    else:
        plus = "+" if printed[0] in "+⁺" else ""
    minus = printed[0] if printed[0] in MINUSES else "-"
    said = (minus if power < 0 else plus) + size
    if printed.translate(SUPERSCRIPTS) != printed:
        said = said.translate(TO_SUPERSCRIPTS)
    elif match["mark"].endswith("^") and "\\" in match["mark"] and len(said) > 1:
        said = f"{{{said}}}"  # in LaTeX, 10^-3 would raise the minus alone
    return match["mark"] + said + match["tail"]


def fraction_like(match: re.Match[str], value: Fraction) -> str:
    """`value` as a fraction, with the printed denominator where that is possible."""
    near = value.limit_denominator(9999)
    if abs(near - value) > abs(value) * FLOAT64:
        return six_digits(value)
    under = int(match["under"] or match["den"])
    if under % near.denominator:
        under = near.denominator
    over, sign = abs(near.numerator) * (under // near.denominator), sign_like(match, near)
    if under == 1:
        return f"{sign}{over}"
    return sign + (f"{match['frac']}{{{over}}}{{{under}}}" if match["frac"] else f"{over}{match['slash']}{under}")


def six_digits(value: Fraction) -> str:
    """`value` to six significant digits, where nothing says how it should look."""
    context = Context(prec=6, rounding=ROUND_HALF_UP)
    quotient = context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context)
    return f"{quotient:f}" if -5 <= quotient.adjusted() < 6 else f"{quotient:e}"


def excerpt(text: str) -> str:
    """A piece of what was printed, in quotes for a message of one line, cut off after 40 characters."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
