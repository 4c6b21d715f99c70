r"""The tokens of LaTeX, and the names that letters make with their accents, subscripts and primes."""

import ast
import re
from collections.abc import Sequence
from string import ascii_uppercase

from gradproof.reference.errors import GradproofError
from gradproof.reports.drafting.code.translation import CALLS
from gradproof.reports.drafting.meaning.name_patterns import ACCENTS, LOSS_LETTERS, is_loss
from gradproof.reports.drafting.meaning.version_expressions import STEP, call

GREEK = frozenset({
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu",
    "xi", "rho", "tau", "phi", "varphi", "psi", "omega",
})  # fmt: skip
ACCENTED = {"widehat": "hat", "widetilde": "tilde", "overline": "bar", **{accent: accent for accent in ACCENTS}}
"""Accents that are part of a name."""
STYLES = frozenset({
    "boldsymbol", "mathbf", "bm", "mathrm", "mathit", "mathcal", "mathsf", "operatorname", "text", "textbf",
    "textit", "textrm",
})  # fmt: skip
"""Commands around a letter that say what kind of thing it is, as bold type does of a vector, or nothing."""
APPLIED = frozenset(LOSS_LETTERS + "lfgh")
"""Letters that stand before brackets as functions, losses among them: what they depend on is not a factor."""
INDICES = frozenset("ijklmn")
INDEX = re.compile("[0-9,]*[ijklmn][ijklmn0-9,]*")
"""A subscript that counts."""
LAST = frozenset("LN")
"""Where indices of layers and samples end."""
MATRICES = frozenset(ascii_uppercase) - APPLIED - LAST
"""Capitals stand for matrices, but for those that are losses or numbers of things."""
UPDATES = frozenset({"new", "+"})
"""What stands above or below an updated value."""
SIGNS = {"*": "star", r"\star": "star", r"\ast": "star", r"\dagger": "dagger"}
"""Superscripts that are signs, as they are said."""
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]*)?|\.[0-9]+|[A-Za-z]|[^\s]", re.DOTALL)
DROPPED = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits|hfill|nonumber|notag|quad|qquad|Large|large|small)(?![A-Za-z])"
    r"|\\[,;:!> ]|~|\\(?:hspace|vspace|phantom|label|tag)\*?\{[^{}]*\}|\\color\{[^{}]*\}|[&$]|\{\s*\}"
)
TRANSPOSED = frozenset({"T", r"\top", r"\intercal"})
MAX_TOKENS, MAX_TOKEN = 600, 40
"""Tokens of a formula, and characters of each."""
MAX_DEPTH = 40


class Unclear(GradproofError):
    """A formula cannot be read, or only by guessing; the message says why."""


def tokens(latex: str) -> list[str]:
    """The tokens of a formula, without spacing, labels and styles. Raises Unclear if they are too many or too long."""
    latex = re.sub(r"\\underbrace\s*(?=\{)|\\boxed\s*(?=\{)", r"\\keep", latex)
    latex = re.sub(r"\\ell(?![A-Za-z])", " l ", latex)
    found = TOKEN.findall(DROPPED.sub(" ", latex))
    if len(found) > MAX_TOKENS or any(len(token) > MAX_TOKEN for token in found):
        raise Unclear("the formula is too long")
    return found


def without_subscripts(found: Sequence[str]) -> list[str]:
    """The tokens that are no subscript of one token."""
    return [token for before, token in zip(["", *found], found, strict=False) if before != "_"]


def script_text(group: Sequence[str]) -> str:
    r"""A subscript or superscript as text: `(\mathit{in})` is `(in)`."""
    return "".join(token for token in group if token not in ("{", "}") and token[1:] not in STYLES)


def superscript(text: str) -> str | None:
    """What a superscript adds to a name: a number in brackets, a word, a capital or a sign; None of an exponent.

    Raises Unclear for an index, which may stand for any number.
    """
    inside = re.fullmatch(r"\(([A-Za-z0-9]+)\)|\[([A-Za-z0-9]+)\]|([A-Z]|[A-Za-z]{2,})", text)
    if inside is None:
        return f"_{SIGNS[text]}" if text in SIGNS else None
    said = inside[inside.lastindex or 0]
    if said in INDICES | LAST:
        raise Unclear(f"the superscript {said!r} is an index")
    return said if said.isdigit() else f"_{said}"


def applied(letter: str) -> bool:
    """Whether brackets behind this letter hold what it depends on, as in `L(w)`, not a factor."""
    return letter in APPLIED or (len(letter) > 1 and is_loss(letter))


class Letters:
    """Reads names from a formula's tokens, from left to right, once."""

    def __init__(self, found: Sequence[str]) -> None:
        self.tokens, self.at = list(found), 0

    def rest(self) -> bool:
        """Whether any tokens are left to be read."""
        return self.at < len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The next token, or one further on."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def next(self) -> str:
        """The next token, which is then done with."""
        token = self.peek()
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        """Go over a token that has to stand here. Raises Unclear for any other."""
        if self.next() != token:
            raise Unclear(f"{token!r} is missing")

    def group(self) -> list[str]:
        """The tokens in braces, or the one token. Raises Unclear for a brace that is not closed."""
        if self.peek() != "{":
            return [self.next()] if self.rest() else []
        start = self.at + 1
        level = 0
        while self.rest():
            token = self.next()
            level += (token == "{") - (token == "}")
            if not level:
                return self.tokens[start : self.at - 1]
        raise Unclear("a brace is not closed")

    def base(self, depth: int) -> ast.expr:
        """A factor without its exponent: a number, a name, a call, a fraction, or something in brackets."""
        raise NotImplementedError

    def name(self, depth: int) -> ast.expr:
        """A letter with its accents, subscripts, superscripts and primes, and what it is said to depend on.

        Raises Unclear for a prime that is a derivative, a subscript that is no number or counts, and what is no letter.
        """
        letter, fresh = self.letter(depth)
        if self.peek() in ("(", "[") and letter.lower() in CALLS:
            return call(CALLS[letter.lower()], self.base(depth + 1))
        below = above = ""
        while self.peek() in ("_", "^", "'", r"\prime"):
            mark = self.peek()
            if mark in ("'", r"\prime") and applied(letter):
                raise Unclear(f"the prime of {letter} is a derivative, but by what?")
            if mark in ("'", r"\prime"):
                self.next()
                fresh = True
                continue
            start = self.at
            self.next()
            text = script_text(self.group())
            if text in UPDATES:
                fresh = True
            elif mark == "_":
                if below or not re.fullmatch(r"[A-Za-z0-9]+|[0-9,]+", text) or INDEX.fullmatch(text):
                    raise Unclear(f"the subscript {text!r} is not a number")
                below = text.replace(",", "")
            elif text not in TRANSPOSED and (added := superscript(text)) is not None:
                above = added
            else:
                self.at = start
                break
        if applied(letter) and self.peek() == "(":
            self.arguments(letter)
        result: ast.expr = ast.Name(letter + below + above, ast.Load())
        return call(STEP, result) if fresh else result

    def letter(self, depth: int) -> tuple[str, bool]:
        """The letter or the word of a name, and whether a prime says that it is a new value.

        Raises Unclear for a token that begins no name.
        """
        token = self.next()
        if re.fullmatch("[A-Za-z]", token):
            return token, False
        name = token[1:]
        if token[:1] == "\\" and name in GREEK:
            return name.removeprefix("var") if name != "lambda" else "lambda_", False
        if token[:1] == "\\" and (name in STYLES or name in ACCENTED) and depth <= MAX_DEPTH:
            group = self.group()
            word = "".join(group)
            if re.fullmatch("[A-Za-z]{2,}", word):
                return word, False
            parser = type(self)(group)
            inner = parser.name(depth + 1)
            if isinstance(inner, ast.Name) and not parser.rest():
                return f"{inner.id}_{ACCENTED[name]}" if name in ACCENTED else inner.id, False
        raise Unclear(f"{token!r} is not understood" if token else "it ends too early")

    def arguments(self, letter: str) -> None:
        """Skip what a function is said to depend on. At numbers, it is the function's value somewhere else.

        Raises Unclear for that, and for a function of another function.
        """
        end, level = self.at, 0
        while end < len(self.tokens):
            level += (self.tokens[end] == "(") - (self.tokens[end] == ")")
            end += 1
            if not level:
                break
        inside = self.tokens[self.at + 1 : end - 1]
        if "(" in inside:
            raise Unclear(f"{letter} of another function")
        if any(re.match(r"[0-9.+*/=−-]|\\(?:cdot|frac|times|Delta)", token) for token in without_subscripts(inside)):
            raise Unclear(f"{letter} at another point")
        self.at = end
