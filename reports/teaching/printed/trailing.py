"""The printed number, or array, that a text ends with: what a mark `<!-- = QUANTITY -->` claims.

Texts are untrusted and may be long: nothing here looks further back than `WINDOW` characters, and markup is taken
off in at most `STEPS` steps.
"""

import re
from dataclasses import dataclass, replace

WINDOW, SCALAR, STEPS = 100_000, 300, 50
"""Characters searched for an array and for a number, and layers of markup around either."""

DIGITS = r"(?:[0-9]{1,3}(?:(?:,|\{,\}|\\,|[\u00a0\u2009\u202f'_])[0-9]{3})+(?![0-9])|[0-9]+)"
POWER = r"""(?:\^\s*\{\s*[-−+]?\s*[0-9]+\s*\} | \^\s*\(\s*[-−+]?[0-9]+\s*\) | \^\s*[-−+]?[0-9]+\^? |
    \*\*\s*\(?[-−+]?[0-9]+\)? | [⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+ | <sup>\s*[-−+]?[0-9]+\s*</sup>)"""
NUMBER = rf"""(?:
    (?: (?:{DIGITS}(?:\.[0-9]*|(?:,|\{{,\}})[0-9]+)? | \.[0-9]+)
        (?: [eEdD][-−+]?[0-9]+ | \s*(?:×|x|\*|·|⋅|\\times|\\cdot)\s*(?:\{{\}}|\\,)?\s*10\s*{POWER} )?
      | 10\s*{POWER} | nan | NaN | inf | Inf | Infinity | ∞ | \\infty
    ) (?:\s*\\?%)?)"""
"""A printed number without its sign."""

RELATION = r"(?:=|≈|≃|≅|≡|\\approx|\\simeq|\\cong|\\doteq|\\equiv)"
WORDS = ("approx", "simeq", "cong", "doteq", "equiv", "to", "rightarrow", "Rightarrow", "implies", "quad", "qquad")
"""LaTeX commands that a number may follow without a space."""

AFTER_WORD = "|".join(rf"(?<=\\{word})" for word in WORDS)
AT_END = re.compile(rf"(?:(?<![\w.\\])|(?<=\\\\)|{AFTER_WORD})(?<![0-9],){NUMBER}\Z", re.VERBOSE)
AT_END_OF_LIST = re.compile(r"(?<=[0-9],)[0-9]+(?:\.[0-9]*)?(?:[eE][-−+]?[0-9]+)?\Z")
ONLY = re.compile(rf"\s*[-−+]?\s*{NUMBER}\s*(?:,|\Z)", re.VERBOSE)
NUMBERS = re.compile(NUMBER, re.VERBOSE)
ARRAY = re.compile(r"[-−+\s,;\[\]()|]*\Z")
"""What is left of an array without its numbers."""

MATRIX = re.compile(
    r"\\end\{((?:[pbvBV]|small)?matrix\*?|array)\}(\s*\\right\s*(?:[\])|.]|\\\}))?"
    r"(\s*\^\s*\{?\s*(?:T|\\top|\\mathsf\{T\}|\\intercal)\s*\}?)?\Z"
)
MARKUP = re.compile(
    r"""(?: [\s`$"'”’»~!;:,&|\\]+ | \*+ | _+ | …|\.\.\.|\\l?dots
      | \\(?:quad|qquad|nonumber|notag|hfill|displaystyle) | \\right\s*(?:[\])|.]|\\\}) | \\[\])}]
      | \\(?:tag\*?|label|vphantom|hspace|vspace)\{[^{}]{0,200}\} | \\end\{[a-zA-Z*]{1,40}\} | \$\$\s*\([^()\s]{1,100}\)
      | :{3,} | </?[A-Za-z][^<>]{0,200}> | &nbsp; | \[\^[^][]{1,100}\] | (?<=\))>
      | (?<=[0-9])\. | (?<=[\]})*`$])\. )\Z""",
    re.VERBOSE,
)
BOX = re.compile(
    r"\\(?:boxed|fbox|framebox|mathbf|mathrm|mathit|mathsf|text|textbf|textit|textrm|texttt|underline|bm|boldsymbol"
    r"|bf|num|color|emph|mathcolor|textcolor|colorbox|cancel|underbrace|operatorname)\s*(?:\{[^{}]{0,100}\})?\Z"
)
WRAPPER = re.compile(r"(?:\b\w+\.)*(?:[tT]ensor|[aA]rray|DeviceArray|matrix|Variable|Parameter|float\d*|int\d*)\Z")
OPERATOR = re.compile(r"(?:[*/×·⋅÷±∓^_@]|\\(?:times|cdot|div|pm|mp|frac|sqrt|ast))\s*(?:\{\}|\\,|\{)?\s*\Z")
UNARY = re.compile(rf"(?:\A|[=(\[{{,:;&|<>≈~$`\"'→\n\\]|{RELATION}|\\(?:{'|'.join(WORDS)}|[,;!]|left\S))\s*\Z")


@dataclass(frozen=True)
class Printed:
    """What is printed, and the positions, counted from 0, at which it begins and ends in the text around it."""

    text: str
    start: int
    end: int


def number_before(text: str) -> str:
    """The number or array that `text` ends with, as it is printed there; empty if there is none."""
    found = find(text)
    return found.text if found else ""


def find(text: str) -> Printed | None:
    """The number or array that `text` ends with, or None; markup, brackets and punctuation may stand behind it.

    A number that is a part of arithmetic, such as the last of `2 * 3`, is none.
    """
    cut = max(0, len(text) - WINDOW)
    found = Search(text[cut:]).run()
    return found and replace(found, start=found.start + cut, end=found.end + cut)


class Search:
    """One search: goes back from the end of a text, one layer of markup at a time.

    `end` is the position before which everything is still to be read.
    """

    def __init__(self, text: str) -> None:
        self.text, self.end = text, len(text)
        self.emphasis = ""  # what was taken off last, and so may stand before the number as well
        self.array: Printed | None = None
        self.refused = False  # a part of arithmetic: what is further inside is none of the author's results
        self._partners: dict[int, int] | None = None

    def run(self) -> Printed | None:
        """The number or array that the text ends with, or None after `STEPS` layers of markup."""
        for _ in range(STEPS):
            found = self.matrix() or self.number()
            if found:
                return found
            if self.refused or not (self.strip() or self.bracket()):
                return None
            if self.array:
                return self.array
        return None

    def before(self, start: int, length: int = 40) -> str:
        """The text just before the position `start`, at most `length` characters of it."""
        return self.text[max(0, start - length) : start]

    def number(self) -> Printed | None:
        """The number that ends here, with its sign. One that is a part of arithmetic is none."""
        found = AT_END.search(self.text, max(0, self.end - SCALAR), self.end)
        found = found or AT_END_OF_LIST.search(self.text, max(0, self.end - SCALAR), self.end)
        if not found:
            return None
        start, left = found.start(), self.before(found.start())
        if self.emphasis and left.endswith(self.emphasis):
            left = left.removesuffix(self.emphasis)
        elif OPERATOR.search(left):
            self.refused = True
            return None
        bare = left.rstrip()
        if bare.endswith(("-", "−", "–", "+")):
            start = self.sign(start, bare, len(left) - len(bare))
            if self.refused:
                return None
        shown = self.text[start : self.end]
        return Printed(re.sub(r"\A([-−+])\s+", r"\1", shown), start, self.end)

    def sign(self, start: int, left: str, gap: int) -> int:
        """Where the number begins that has this sign, or dash, or operator, before it.

        `left` is the text up to the sign, `gap` the number of blanks between the sign and the digits at `start`.
        """
        operand = left[:-1]
        spaced = operand != operand.rstrip()
        if self.emphasis and operand.endswith(self.emphasis):
            return start - gap - 1
        if UNARY.search(operand) or (spaced and not gap and left[-1] != "–"):
            return start - gap - 1
        # What follows a word and a dash is `Loss - 0.25`; what follows a number is arithmetic, or a range.
        self.refused = not (spaced and gap and re.search(r"[^\W\d_]\s*\Z", operand))
        return start

    def matrix(self) -> Printed | None:
        r"""The LaTeX matrix that ends here, with its `\left` and `\right`; None if none does."""
        found = MATRIX.search(self.text, max(0, self.end - SCALAR), self.end)
        start = self.text.rfind(f"\\begin{{{found[1]}}}", 0, found.start()) if found else -1
        if not found or start < 0 or not NUMBERS.search(self.text, start, found.start()):
            return None
        if found[2]:
            left = re.search(r"\\left\s*(?:[\[(|.]|\\\{)\s*\Z", self.before(start))
            start -= len(left[0]) if left else 0
        return Printed(self.text[start : self.end], start, self.end)

    def strip(self) -> bool:
        """Take markup off that ends here, if there is any: whether there was."""
        tail = self.text[max(0, self.end - SCALAR) : self.end]
        if tail.endswith(">") and re.search(r"numpy=[^<>]*>\Z", tail):  # <tf.Tensor: ..., numpy=0.5> is no HTML tag
            self.end -= 1
            return True
        if tail.endswith(("]", "}", ")")) and self.partner(self.end - 1) is not None and self.list(self.end - 1):
            return False
        found = MARKUP.search(tail)
        if not found:
            return False
        if found[0][0] in "*_":
            self.emphasis = found[0]
        self.end -= len(found[0])
        return True

    def list(self, end: int) -> bool:
        r"""Whether the bracket at position `end` closes a list of numbers, or of `\left[ ... \right]`."""
        start = self.partner(end)
        return start is not None and self.text[end] == "]" and is_array(self.text[start : end + 1])

    def bracket(self) -> bool:
        """Go inside the brackets that end here, or see that they are an array; False if neither can be done."""
        end = self.end - 1
        start = self.partner(end) if end >= 0 and self.text[end] in ")]}" else None
        if start is None:
            return False
        inside, left = self.text[start + 1 : end], self.before(start).removesuffix("\\left")
        shown = self.text[start : end + 1]
        word = bool(re.search(r"[\w\])]\Z", left))
        if shown[0] == "{":
            self.end = end
            return bool(BOX.search(left)) or not re.search(r"[\w^_}\\]\s*\Z", left)
        if shown[0] == "(":
            return self.call(start, end, inside, left)
        if not is_array(shown):
            self.end = end
            return not word
        if not word:
            self.array = Printed(without_right(shown), start, end + 1)
        return not word

    def call(self, start: int, end: int, inside: str, left: str) -> bool:
        """Go inside round brackets: of a call that shows a tensor, a link, a tuple or a remark; False for others."""
        if WRAPPER.search(left):
            opening = re.match(r"\s*\[", inside)
            last = self.partner(start + opening.end()) if opening else None
            if opening and last is not None:
                self.end = last + 1
                return True
            only = ONLY.match(inside)
            if only:
                self.array = Printed(only[0].strip(" ,\n"), start + 1, end)
            return bool(only)
        if left.endswith("]"):
            self.end = start - 1
            return True
        if re.search(r"[\w)]\Z", left):
            return False
        if "," in inside and is_array(inside):
            self.array = Printed(self.text[start : end + 1], start, end + 1)
        self.end = end
        return True

    def partner(self, position: int) -> int | None:
        """The position of the bracket that belongs to the one at `position`, on either side; None if it has none."""
        if self._partners is None:
            self._partners = {}
            opened: list[int] = []
            for found in re.finditer(r"[][(){}]", self.text):
                if found[0] in "[({":
                    opened.append(found.start())
                elif opened and "[({"["])}".index(found[0])] == self.text[opened[-1]]:
                    self._partners[found.start()] = opened.pop()
                    self._partners[self._partners[found.start()]] = found.start()
        return self._partners.get(position)


def without_right(shown: str) -> str:
    r"""A list as it is printed, less the `\right` of its bracket."""
    return re.sub(r"\s*\\right(?=\s*[\])]\Z)", "", shown)


def is_array(shown: str) -> bool:
    """Whether this is brackets, numbers, and what separates them."""
    rest, numbers = NUMBERS.subn(" ", without_right(shown))
    return bool(numbers) and bool(ARRAY.match(rest.replace("...", " ")))
