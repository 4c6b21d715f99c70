"""What names of losses, learning rates, weights, derivatives and updated values look like."""

import re

LOSSES = (
    "loss",
    "l",
    "cost",
    "totalloss",
    "j",
    "sse",
    "mse",
    "error",
    "totalerror",
    "etotal",
    "ltotal",
    "nll",
    "bce",
    "ce",
    "c",
)
"""What losses are called, in small letters and without underscores."""
RATES = frozenset({"eta", "lr", "alpha", "learningrate", "stepsize", "rate"})
WEIGHT = re.compile(r"[wWbBvVuU]|theta|weights?|bias(?:es)?")
EXPLICIT = re.compile(r"d_?(?P<of>[A-Za-z]\w*?)_?_?d_?(?P<by>[A-Za-z]\w*)\Z")
IMPLICIT = re.compile(
    r"(?:(?:grad|gradient|delta|g)_(?P<a>\w+)|grad(?P<b>[A-Z]\w*)|d_?(?P<c>\w+)|(?P<d>\w+)_(?:grad|gradient))\Z"
)
UPDATED = re.compile(r"(?:(?P<a>\w+?)_?(?:new|next|updated)|new_?(?P<b>\w+)|updated_(?P<c>\w+))\Z")


def splits(spelled: str) -> list[tuple[str, str]]:
    """The ways to read `dz2dw2` as a derivative of one name by another."""
    body = spelled[1:]
    return [
        (body[:i].strip("_"), body[i + 1 :].strip("_"))
        for i in range(1, len(body) - 1)
        if body[i] == "d" and body[:i].strip("_") and body[i + 1 :].strip("_")
    ]
