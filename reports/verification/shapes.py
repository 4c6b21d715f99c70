"""Shape claims: symbolic sizes, equal names for equal sizes."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from gradproof.reference.claims.claim import Claim
from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Shape
from gradproof.reports.verification.results import OK, WRONG, ClaimResult

SIZE = re.compile(r"\d+|[^\W\d]\w*(?:[\^_]?[({][^(){}]*[)}]|\^\w+|')*")

Size = int | str


def read_shape(text: str) -> tuple[Size, ...]:
    """The sizes in `(B, N1)`, `3 x 4` or `(n,)`. Raises GradproofError."""
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
    return tuple(int(part) if part.isdigit() else part for part in parts)


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
    """What each name of a size stands for: what most of the claims say, the first on a tie."""
    votes: dict[str, Counter[int]] = {}
    for said, shape in claims:
        if len(said) == len(shape):
            for name, n in zip(said, shape, strict=True):
                if isinstance(name, str):
                    votes.setdefault(name, Counter())[n] += 1
    return {name: counts.most_common(1)[0][0] for name, counts in votes.items()}


def judge_shape(claim: Claim, said: tuple[Size, ...], shape: Shape, known: Mapping[str, int]) -> ClaimResult:
    """Whether the shape is the quantity's, for these sizes."""
    meant = tuple(known.get(n, -1) if isinstance(n, str) else n for n in said)
    if meant == shape:
        return ClaimResult(claim, str(shape), OK)
    named = {n: name for name, n in known.items() if list(known.values()).count(n) == 1}
    right = "(" + ", ".join(str(named.get(n, n)) for n in shape) + ("," if len(shape) == 1 else "") + ")"
    message = f"the shape is {right}" + (f", here {shape}" if right != str(shape) else "")
    if sorted(meant) == sorted(shape) and len(shape) > 1:
        message += "; the axes are in another order"
    return ClaimResult(claim, str(shape), WRONG, message, corrected=right)
