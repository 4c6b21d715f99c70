"""What stands around printed numbers: brackets, separators, calls, LaTeX; it says in which shape the numbers stand."""

import re
from fractions import Fraction
from math import prod

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.sizes import MAX_AXES
from gradproof.reports.teaching.printed.printed_number import ALONE, IN_LIST, Number, excerpt, read_number

MAX_NUMBERS = 1_000_000
"""A `...` between long rows stands for many."""
MAX_BITS = 400_000_000
"""Of all values and units of a text together: `1e9999` is short, and long as an exact number."""

NAMES = "array|Array|DeviceArray|tensor|Tensor|Parameter|asarray|matrix|constant|Variable|b?float[0-9]+|u?int[0-9]+"
ENVIRONMENTS = r"[bpBvV]?matrix\*?|[bp]?smallmatrix|array"
TOKEN = re.compile(
    rf"""
    (?P<row>;|\\\\(?:\[[0-9.]{{1,9}}(?:pt|em|ex|mm|cm)\])?)
  | (?P<keyword>,\s*+[a-z_]++=(?:<[^<>]{{0,200}}>|'[^']{{0,200}}'|\([^()]{{0,200}}\)|[A-Za-z_][\w.:]*+))
  | (?P<comma>[,&])
  | (?P<elision>\.\.\.|…|\\(?:[lcvd]?dots)(?![A-Za-z]))
  | (?P<blank>(?:\s|~|>>>|\\[,;:!>\ ]
      |\\(?:quad|qquad|left|right|[bB]igg?[lr]?|displaystyle|hline)(?![A-Za-z]))++)
  | (?P<scale>1(?:\.0*+)?[eE][+-]?[0-9]++(?=\s*+\*\s*+\[))\s*+\*
  | \\begin\{{(?P<begin>{ENVIRONMENTS})\}}(?:\[[a-z]?\])?(?:(?<=array\}})\{{[^{{}}]{{0,200}}\}})?
  | (?P<end>\\end\{{(?:{ENVIRONMENTS})\}})
  | (?P<macro>\\(?:math(?:bf|rm|it|sf|tt)|text(?:bf|rm|it)?|boldsymbol|bm|boxed|underline|num)\s?\{{)
  | (?P<call>(?:[A-Za-z_]\w*+\.)*+(?:{NAMES})\(|<tf\.\w++[^<>]{{0,300}}?\bnumpy=)
  | (?P<open>[\[({{]|\\\{{)
  | (?P<close>[\])}}>]|\\\}})
    """,
    re.VERBOSE,
)
PIECE = re.compile(r"[^\s,;\[\](){}]{1,40}|.", re.DOTALL)
CLOSING = {"[": "]", "(": ")", "{": "}", r"\{": r"\}"}


class Frame:
    """One pair of brackets while it is read: its rows, and the shape that all its elements have.

    `kind` is the opening bracket, or one of `top`, `call`, `macro` and `matrix`; `close` is the text that closes it.
    `width` is the number of elements in a row, `child` the shape of an element; either is None as long as it is not
    known.
    """

    def __init__(self, kind: str, close: str) -> None:
        self.kind, self.close = kind, close
        self.last = "nothing"  # or "item", "comma", "row": what was read last, blanks apart
        self.blank = self.elided = False  # whether blanks, or an elision, came last
        self.commas = self.blanks = 0  # how often each separates
        self.rows = self.items = 0  # items of the row that is not yet complete
        self.width: int | None = None
        self.child: tuple[int, ...] | None = None
        self.around_matrix = False

    def arrive(self, piece: str) -> None:
        """The next element begins, with `piece`. Raises GradproofError where nothing separates it from the last one."""
        if self.last == "item":
            if not self.blank or self.kind == "matrix":
                raise GradproofError(f"nothing separates {excerpt(piece)} from what is before it")
            self.blanks += 1
        self.last, self.blank, self.elided = "item", False, False
        self.items += 1

    def settle(self, shape: tuple[int, ...]) -> None:
        """The element is read and has this shape. Raises GradproofError if those before it have another one."""
        if self.child is not None and self.child != shape:
            raise GradproofError(f"its elements have different shapes, {self.child} and {shape}")
        self.child = shape

    def comma(self, mark: str) -> None:
        """A separator: `&` in a matrix, else a comma.

        Raises GradproofError for the other one of the two, and for a separator with no number before it.
        """
        if (mark == "&") != (self.kind == "matrix"):
            raise GradproofError(f"{mark!r} does not separate numbers here")
        if self.last != "item":
            raise GradproofError(f"there is no number before {mark!r}")
        self.commas += not self.elided  # older NumPy prints a comma after `...` alone
        self.last, self.blank = "comma", False

    def row(self, mark: str) -> None:
        r"""The end of a row: `\\` in a matrix, a semicolon in brackets, a line break where there are none.

        Raises GradproofError for a mark that ends no row in brackets of this kind, one with no number before it, and a
        row that is not as long as those above it.
        """
        if mark == "\n":
            if self.last != "item":
                return
        elif mark.startswith("\\") != (self.kind == "matrix") or self.kind not in ("matrix", "[", "top"):
            raise GradproofError(f"{mark!r} does not separate rows here")
        elif self.last != "item":
            raise GradproofError(f"there is no number before {mark!r}")
        if self.width not in (None, self.items):
            raise GradproofError(f"its rows differ in length, {self.width} and {self.items}")
        self.width, self.items, self.rows = self.items, 0, self.rows + 1
        self.last, self.blank = "row", False

    def shape(self) -> tuple[int, ...]:
        """The shape of all that was read, when the frame is complete.

        Raises GradproofError for brackets without a number, a separator at the end, numbers separated by commas and
        blanks in turn, rows of different lengths, and several numbers in the parentheses of a call.
        """
        if self.last == "comma" and self.kind in ("top", "matrix"):
            raise GradproofError("no number follows its last separator")
        if self.last == "nothing":
            raise GradproofError("there are brackets without a number" if self.kind != "top" else "there is no number")
        if self.commas and self.blanks:
            raise GradproofError("some of its numbers are separated by commas and some by blanks alone")
        if self.items:
            self.last = "item"
            self.row("\\\\" if self.kind == "matrix" else "\n")
        assert self.width is not None
        assert self.child is not None
        if self.kind == "matrix" or (self.rows > 1 and (self.width > 1 or self.kind == "[")):
            return (self.rows, self.width, *self.child)
        if self.rows > 1:  # lines of one number each
            return (self.rows, *self.child)
        if self.width > 1 and self.kind in ("call", "macro"):
            raise GradproofError("one of its parentheses should hold one number or array")
        if self.width == 1 and not self.commas and (self.kind != "[" or self.around_matrix):
            return self.child
        return (self.width, *self.child)


class Reader:
    """Reads the numbers of `text[start:stop]` from left to right, each character a bounded number of times.

    Afterwards `numbers` has them in row-major order, None for each that is not printed, and `starts` the position in
    the text at which each begins.
    """

    def __init__(self, text: str, start: int, stop: int) -> None:
        self.text, self.position, self.stop = text, start, stop
        self.frames = [Frame("top", "")]
        self.numbers: list[Number | None] = []
        self.starts: list[int] = []
        self.scale = Fraction(1)
        self.bits = 0
        self.bare = True  # whether there are no brackets

    def read(self) -> tuple[int, ...]:
        """Read everything, and give the shape in which the numbers stand.

        Raises GradproofError for what is neither a number nor layout, brackets that do not match, elements of different
        shapes, more than `MAX_AXES` brackets within each other, and more numbers or digits than are read.
        """
        while self.position < self.stop:
            token = TOKEN.match(self.text, self.position, self.stop)
            if token:
                self.position = token.end()
                self.layout(token)
            else:
                self.number()
        if len(self.frames) > 1:
            raise GradproofError(f"{self.frames[-1].close!r} is missing")
        return self.frames[0].shape()

    def layout(self, token: re.Match[str]) -> None:
        """Read a token that is no number: a separator, a bracket, an ellipsis, a keyword of a call, a common factor.

        Raises GradproofError for one that cannot stand here.
        """
        kind, text, frame = str(token.lastgroup), token[0], self.frames[-1]
        match kind:
            case "blank":
                frame.blank = True
                if frame.kind == "top" and "\n" in text:
                    frame.row("\n")
            case "comma":
                frame.comma(text)
            case "row":
                frame.row(text)
            case "keyword":
                if frame.kind != "call" or frame.last != "item":
                    raise GradproofError(f"{excerpt(text.lstrip(', '))} is not a number")
            case "elision":
                frame.arrive(text)
                frame.elided = True
                self.elide(frame)
            case "scale":
                if self.numbers or self.scale != 1:
                    raise GradproofError(f"{excerpt(text)} is not a number")
                factor = IN_LIST.fullmatch(token["scale"])
                assert factor
                self.scale = Fraction(read_number(factor).value)
            case "close" | "end":
                self.close(text)
            case _:
                self.open(kind, text, token)

    def open(self, kind: str, text: str, token: re.Match[str]) -> None:
        """An opening bracket, or what is one here: a matrix, a macro's argument, a call.

        Raises GradproofError for more than `MAX_AXES` brackets within each other, and where nothing separates it from
        what is before it.
        """
        if len(self.frames) > MAX_AXES:
            raise GradproofError(f"it nests deeper than {MAX_AXES} brackets, the most axes of an array")
        self.bare = False
        outer = self.frames[-1]
        outer.arrive(text)
        if kind == "begin":
            outer.around_matrix = True
            self.frames.append(Frame("matrix", f"\\end{{{token['begin']}}}"))
        elif kind == "macro":
            self.frames.append(Frame("macro", "}"))
            alone = ALONE.match(self.text, self.position, self.stop)
            if alone and self.text.startswith("}", alone.end()):
                self.accept(alone)
        elif kind == "call":
            self.frames.append(Frame("call", ")" if text.endswith("(") else ">"))
        else:
            self.frames.append(Frame(text, CLOSING[text]))

    def close(self, text: str) -> None:
        """The end of the innermost brackets. Raises GradproofError for `text` that does not close them."""
        if self.frames[-1].close != text:
            raise GradproofError(f"{excerpt(text)} closes what was not opened")
        shape = self.frames.pop().shape()
        self.frames[-1].settle(shape)

    def number(self) -> None:
        """A number, since nothing else is left.

        Raises GradproofError for what is none, and for arithmetic such as `1 - 2`.
        """
        match = IN_LIST.match(self.text, self.position, self.stop)
        if not match:
            piece = PIECE.match(self.text, self.position, self.stop)
            raise GradproofError(f"{excerpt(piece[0] if piece else '')} is not a number")
        if match["gap"] and self.frames[-1].last == "item":
            raise GradproofError(f"{excerpt(match[0])} looks like a subtraction or an addition")
        self.accept(match)

    def accept(self, match: re.Match[str]) -> None:
        """Keep the number of a match, and go on behind it.

        Raises GradproofError where nothing separates it from what is before it, where its digits or exponent are beyond
        what is read, and where all numbers together have more than `MAX_BITS` bits.
        """
        number = read_number(match)
        self.frames[-1].arrive(number.text)
        self.frames[-1].settle(())
        if isinstance(number.value, Fraction) and self.scale != 1:
            number = Number(number.value * self.scale, number.unit * self.scale, number.text, self.scale)
        self.bits += bits(number.value) + bits(number.unit)
        if self.bits > MAX_BITS:
            raise GradproofError("its exponents are too large for so many numbers")
        self.numbers.append(number)
        self.starts.append(match.start())
        self.position = match.end()

    def elide(self, frame: Frame) -> None:
        """An ellipsis: as many unknown numbers as an element of its brackets has.

        Raises GradproofError where the text would have more than `MAX_NUMBERS` numbers.
        """
        if frame.child is None:
            frame.child = ()
        many = prod(frame.child)
        if len(self.numbers) + many > MAX_NUMBERS:
            raise GradproofError(f"it stands for more than {MAX_NUMBERS} numbers")
        self.numbers += [None] * many
        self.starts += [self.position] * many


def bits(value: Fraction | float) -> int:
    """How many of the `MAX_BITS` a number takes: those of its numerator and of its denominator."""
    return value.numerator.bit_length() + value.denominator.bit_length() if isinstance(value, Fraction) else 0
