"""What names of losses, learning rates, weights, derivatives and updated values look like, and what spellings share."""

import re

LOSS_LETTERS = "LJCE"
"""Letters for a loss: loss, objective (Bishop, Ng), cost (Nielsen), error (Rumelhart)."""
LOSS = re.compile(
    rf"(?:total)?(?:[{LOSS_LETTERS}]|loss|cost|error|objective|mse|nll|bce|ce)(?:total)?\Z", re.IGNORECASE
)
"""A loss, underscores left out: by a letter, a word or, as frameworks call it, by its kind."""
RATES = frozenset({"eta", "lr", "alpha", "learningrate", "stepsize", "rate"})
"""Learning rates, in small letters and without underscores."""
WEIGHT = re.compile(r"[wWbBvVuU]|theta|weights?|bias(?:es)?")
"""Weights and biases: W and b, U and V beside them in recurrent networks, theta for all of them, or the words."""
EXPLICIT = re.compile(r"d_?(?P<of>[A-Za-z]\w*?)_?_?d_?(?P<by>[A-Za-z]\w*)\Z")
IMPLICIT = re.compile(
    r"(?:(?:grad|gradient|delta)_(?P<a>\w+)|grad(?P<b>[A-Z]\w*)|d_?(?P<c>\w+)|(?P<d>\w+)_(?:grad|gradient))\Z"
)
UPDATED = re.compile(r"(?:(?P<a>\w+?)_?(?:new|next|updated)|new_?(?P<b>\w+)|updated_(?P<c>\w+))\Z")
ACCENTS = ("hat", "tilde", "bar", "vec")
"""Accents that are part of a name, as LaTeX calls them: with and without one, a letter may mean two things."""


def alike(name: str) -> str:
    """The spelling that all spellings of one name come to: `y_hat_1`, `haty1` and `yhat1` are one."""
    bare = name.replace("_", "")
    for accent in ACCENTS:
        if accent in bare and bare != accent:
            bare = bare.replace(accent, "") + accent
    return bare


def is_loss(name: str) -> bool:
    """Whether the name is one that losses have: a letter or a word of LOSS."""
    return bool(LOSS.match(alike(name)))


def splits(spelled: str) -> list[tuple[str, str]]:
    """The ways to read `dz2dw2` as a derivative of one name by another."""
    body = spelled[1:]
    return [
        (body[:i].strip("_"), body[i + 1 :].strip("_"))
        for i in range(1, len(body) - 1)
        if body[i] == "d" and body[:i].strip("_") and body[i + 1 :].strip("_")
    ]
