"""Shape claims: symbolic sizes, equal names for equal sizes."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Shape
from gradproof.reports.teaching.claims.statuses import OK, WRONG, Diagnosis, Finding
from gradproof.reports.teaching.printed.printed_number import integer

SIZE = re.compile(r"\d+|[^\W\d]\w*(?:[\^_]?[({][^(){}]*[)}]|\^\w+|')*")

Size = int | str


def read_shape(text: str) -> tuple[Size, ...]:
    """The sizes in `(B, N1)`, `3 x 4` or `(n,)`: numbers as integers, names as text.

    Raises GradproofError for a text with a part that is neither a number nor the name of a size.
    """
    inner = text.strip()
    if inner[:1] in "([" and inner[-1:] in ")]":
        inner = inner[1:-1]
    for times in ("×", r"\times", " x "):
        inner = inner.replace(times, ",")
    parts = [part.strip() for part in split(inner)]
    if parts and not parts[-1]:
        parts.pop()
    for part in parts:
        if not SIZE.fullmatch(part):
            raise GradproofError(f"{text!r} is not a shape: {part!r} is neither a number nor the name of a size")
    return tuple(integer(part) if part.isdecimal() else part for part in parts)


def split(text: str) -> list[str]:
    """The parts between commas that stand in no bracket."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "({") - (character in ")}")
        if character == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def sizes(claims: Sequence[tuple[tuple[Size, ...], Shape]]) -> dict[str, int]:
    """What each name of a size stands for: what most of the claims say, the first on a tie.

    `claims` are pairs of the shape that a document gives a quantity and the one that it has.
    """
    votes: dict[str, Counter[int]] = {}
    for said, shape in claims:
        if len(said) == len(shape):
            for name, n in zip(said, shape, strict=True):
                if isinstance(name, str):
                    votes.setdefault(name, Counter())[n] += 1
    return {name: counts.most_common(1)[0][0] for name, counts in votes.items()}


LETTERS = re.compile(r"[^\W\d_]+")


def other_letters(said: tuple[Size, ...], before: Sequence[tuple[Size, ...]]) -> dict[str, str]:
    """Names that have another letter where the same quantity's shape was given `before`: M^(2) for N^(2)."""
    found: dict[str, str] = {}
    for earlier in before:
        for name, other in zip(said, earlier, strict=True) if len(said) == len(earlier) else ():
            if isinstance(name, str) and isinstance(other, str) and name != other:
                index = LETTERS.sub("", name, count=1)
                if re.search(r"\d", index) and index == LETTERS.sub("", other, count=1):
                    found.setdefault(name, other)
    return found


def judge_shape(
    text: str, said: tuple[Size, ...], shape: Shape, known: Mapping[str, int], before: Sequence[tuple[Size, ...]] = ()
) -> Finding:
    """Whether the shape `said`, written as `text`, is the quantity's, for the sizes `known`.

    `shape` is the one that the quantity has, `known` gives each name's size, and `before` are the shapes that the
    quantity was said to have earlier.
    """
    meant = tuple(known.get(n, -1) if isinstance(n, str) else n for n in said)
    if meant == shape:
        others = other_letters(said, before)
        if not others:
            return Finding(OK, computed=str(shape))
        message = ", ".join(f"{name} was {other} before" for name, other in others.items())
        right = shape_text(others.get(n, n) if isinstance(n, str) else n for n in said)
        sentence = "The size had another letter when this shape was given before."
        diagnosis = Diagnosis("another name", sentence, text, "", 0.0)
        return Finding(WRONG, message, str(shape), corrected=right, diagnosis=diagnosis)
    named = {n: name for name, n in known.items() if list(known.values()).count(n) == 1}
    right = shape_text(named.get(n, n) for n in shape)
    message = f"the shape is {right}" + (f", here {shape}" if right != str(shape) else "")
    if sorted(meant) == sorted(shape) and len(shape) > 1:
        message += "; the axes are in another order"
    return Finding(WRONG, message, str(shape), corrected=right)


def shape_text(sizes: Iterable[Size]) -> str:
    """A shape as it is written: (B, N1), (n,)."""
    names = [str(n) for n in sizes]
    return "(" + ", ".join(names) + ("," if len(names) == 1 else "") + ")"
