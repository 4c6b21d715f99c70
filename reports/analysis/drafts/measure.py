"""What share of the claims of the built-in lessons a draft finds: run this module with the documents as arguments.

A number is found if the draft claims the same digits within a line of it, a formula if the draft says within a line of
it the same of the same quantity (compared at random numbers, whatever the loss is called).
"""

import hashlib
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from gradproof.reference.lessons import lessons
from gradproof.reference.readings.balls import Balls
from gradproof.reports.drafting.drafting import suggest
from gradproof.reports.drafting.meaning import exact_values
from gradproof.reports.drafting.meaning.exact_values import evaluate
from gradproof.reports.drafting.meaning.name_patterns import alike, is_loss
from gradproof.reports.teaching.claims.quantity import DERIVATIVE, UPDATED

DIGITS = re.compile(r"[-−+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w*\()")


def main(documents: list[str]) -> None:
    """Print the share for each document."""
    for document in documents:
        hand = [claim for claim, source in built_in() if source.startswith(Path(document).name)]
        drafted = tomllib.loads(suggest(document)).get("claim", [])
        found = {kind: [0, 0] for kind in ("printed", "formula", "shape")}
        for claim in hand:
            kind = next(kind for kind in found if kind in claim)
            found[kind][0] += is_found(claim, drafted)
            found[kind][1] += 1
        shares = ", ".join(f"{hit} of {count} {kind}" for kind, (hit, count) in found.items() if count)
        hits = sum(hit for hit, _ in found.values())
        print(f"{Path(document).name}: {hits} of {len(hand)} ({shares}); {len(drafted)} drafted")


def built_in() -> list[tuple[dict[str, Any], str]]:
    """The claims of the built-in lessons, each with what its lesson calls the loss, and its lesson's source."""
    result: list[tuple[dict[str, Any], str]] = []
    for path in lessons().values():
        toml = tomllib.loads(path.read_text(encoding="utf-8"))
        loss = {"loss": toml["network"].get("loss", "loss")}
        result += [(loss | claim, toml.get("source", "")) for claim in toml.get("claim", [])]
    return result


def with_loss(claim: dict[str, Any]) -> dict[str, Any]:
    """A claim with the name `loss` in place of what its lesson calls the loss."""
    said, loss = {key: claim[key] for key in ("quantity", "formula") if key in claim}, claim.get("loss", "loss")
    return claim | {key: re.sub(rf"(?<!\w)(d?){loss}(?!\w)", r"\1loss", text) for key, text in said.items()}


def is_found(claim: dict[str, Any], drafted: list[dict[str, Any]]) -> bool:
    """Whether a draft has a claim, whatever it calls the loss, or the numbers of a printed tuple one by one."""
    if any(same(claim, other) or same(with_loss(claim), other) for other in drafted):
        return True
    near = [digits(other["printed"]) for other in drafted if "printed" in other and other["line"] == claim.get("line")]
    singles = [found[0] for found in near if len(found) == 1]
    return (
        claim["quantity"].startswith("stack(")
        and "printed" in claim
        and not Counter(digits(claim["printed"])) - Counter(singles)
    )


def same(hand: dict[str, Any], draft: dict[str, Any]) -> bool:
    """Whether a drafted claim says what the hand-written one says."""
    if abs(hand.get("line", 0) - draft["line"]) > 1:
        return False
    if "printed" in hand and "printed" in draft:
        return digits(hand["printed"]) == digits(draft["printed"])
    if "shape" in hand and "shape" in draft:
        names = [re.sub(r"_line\d+b*", "", alike(claim["quantity"])) for claim in (hand, draft)]
        return names[0] == names[1] and hand["shape"] == draft["shape"]
    saying = [claim.get("formula") or claim.get("printed") for claim in (hand, draft)]
    if "formula" not in hand or None in saying:
        return False
    texts = [
        [re.sub(r"_line\d+|\s", "", claim[key]) for key in ("quantity", "formula") if key in claim]
        for claim in (hand, draft)
    ]
    if texts[0] == texts[1]:
        return True
    sides = [meaning(claim["quantity"]) for claim in (hand, draft)] + [meaning(str(text)) for text in saying]
    said = [side for side in sides if side is not None]
    return len(said) == 4 and exact_values.same(said[0], said[1]) and exact_values.same(said[2], said[3])


def digits(printed: str) -> list[float]:
    """All numbers that stand in a printed text, in order."""
    bare = re.sub(r"float\d+|\bdtype\S*", "", printed)
    return [float(found.replace("−", "-")) for found in DIGITS.findall(bare)]


def meaning(expression: str) -> Balls | None:
    """The value of an expression where every name has a number of its own, matrices being numbers as well."""
    bare = re.sub(r"_line\d+b*", "", expression).replace("@", "*").replace(".T", "")
    bare = DERIVATIVE.sub(lambda d: f"D_{lossless(d[1])}{index(d[2])}_{alike(d[3])}{index(d[4])}", bare)
    bare = UPDATED.sub(lambda u: f"N_{alike(u[1])}", bare)
    bare = re.sub(r"([A-Za-z_]\w*)\[([^\]]*)\]", lambda e: e[1] + index(f"[{e[2]}]"), bare)
    names = {found for found in NAME.findall(bare) if found not in ("axis", "keepdims", "True", "False", "layout")}
    return evaluate(f"sum({bare})", {name: number(name) for name in names if f"{name}(" not in bare})


def lossless(name: str) -> str:
    """A name, one for all losses."""
    return "loss" if is_loss(name) else alike(name)


def index(text: str) -> str:
    """An index as a part of a name."""
    return re.sub(r"\W", "_", text)


def number(name: str) -> Balls:
    """The number that stands for a name wherever it occurs, from 0.2 to 0.7, made from the letters of the name."""
    return exact_values.number(0.2 + int(hashlib.sha256(lossless(name).encode()).hexdigest()[:8], 16) / 2**33)


if __name__ == "__main__":
    main(sys.argv[1:])
