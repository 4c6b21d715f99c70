"""Which quantity of a lesson a student's name means: `dLda2` is dL/da2, `w1new` is w1_new, `grad_W` is dL/dW.

A name means something only if the lesson has what it names. A network's own name comes first; then names that are
spelled like a derivative or an update, underscores left out, capitals as they are; then the same whatever the capitals.
What could mean two quantities means the one that is graded, else none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradproof.reference.network import Network

LOSSES = ("L", "loss", "J", "C", "cost", "E", "error", "l")
"""What a loss is called, whatever the lesson calls it."""

SLOPES = ("d{}", "grad{}", "g{}", "{}grad", "gradient{}", "gradientof{}", "nabla{}", "partial{}", "{}bar", "D{}")
UPDATES = ("{}new", "new{}", "updated{}", "{}updated", "{}next", "next{}", "{}prime", "{}after", "{}upd")

GRADIENTS = ("grads", "grad", "gradients", "derivatives", "d", "g", "backward", "backprop", "dparams")
"""What holds gradients by the names of what they are gradients of."""
UPDATED = ("new", "updated", "update", "step", "train_step", "sgd_step", "new_params", "params_new", "updated_params")
"""What holds updated values by name."""
FORWARD = ("forward", "forward_pass", "feedforward", "predict", "loss", "cost", "compute_loss", "network", "model")
BACKWARD = (
    *("backward", "backward_pass", "backprop", "backpropagation", "backpropagate", "gradient", "gradients"),
    *("grad", "grads", "compute_gradients", "compute_grads", "get_gradients"),
)
STEP = ("update", "updated", "step", "train_step", "sgd_step", "update_parameters", "update_params", "update_weights")
SOLUTION = ("solution", "solve", "answer", "answers", "main", "run")
FUNCTIONS = (*FORWARD, *BACKWARD, *STEP, *SOLUTION)
"""The functions of a submission that are called, in this order."""

RATES = ("eta", "lr", "learning_rate", "alpha", "learningRate")
"""What a learning rate is called."""

OBJECT = "object"
"""The kind of a value that is an instance of a class of the submission's."""

WORDS = {"weights": ("W", "w"), "weight": ("W", "w"), "biases": ("b",), "bias": ("b",)}


@dataclass(frozen=True)
class Named:
    """A value of a submission, and the name that it is found under."""

    name: str
    value: Mapping[str, Any]
    instance: str = ""
    """The variable whose attribute it is."""


class Names:
    """The names that mean something in one lesson; `wanted` decides between meanings, `notes` is for the student."""

    def __init__(self, network: Network, wanted: Sequence[str] = ()) -> None:
        self.network, self.wanted = network, frozenset(wanted)
        self.notes: list[str] = []
        self.exact = {name: name for name in network.names}
        self.close: dict[str, set[str]] = {}
        self.loose: dict[str, set[str]] = {}
        for spelling, quantity in spellings(network, self.wanted):
            self.close.setdefault(undivided(spelling), set()).add(quantity)
            self.loose.setdefault(undivided(spelling).lower(), set()).add(quantity)
        for name in network.names:
            self.close.setdefault(undivided(name), set()).add(name)
            self.loose.setdefault(undivided(name).lower(), set()).add(name)

    def meant(self, name: str) -> str | None:
        """The quantity that `name` means, as text; None if there is none, or several."""
        if name in self.exact:
            return name
        for found in (self.close.get(undivided(name)), self.loose.get(undivided(name).lower())):
            if found:
                chosen = found if len(found) == 1 else found & self.wanted
                return next(iter(chosen)) if len(chosen) == 1 else None
        return None

    def gradient(self, name: str) -> str | None:
        """The quantity that `name` means among gradients."""
        own = f"d{self.network.loss}/d{name}"
        return own if name in self.exact and name != self.network.loss else self.meant(name)

    def updated(self, name: str) -> str | None:
        """The quantity that `name` means among updated values."""
        return f"{name}_new" if name in self.network.updated else self.meant(name)

    def assigned(self, variables: Mapping[str, Any], returned: Mapping[str, Any]) -> dict[str, Named]:
        """Every quantity that a submission has a value for: variables, what functions returned, attributes.

        Of several instances the one that was made last counts, with a note where they differ.
        """
        found: dict[str, Named] = {}
        everything = [(name, name, value) for name, value in variables.items() if value["kind"] != OBJECT]
        everything += [(f"{name}()", name, value) for name, value in returned.items()]
        everything.sort(key=lambda item: item[2]["kind"] in ("dict", "list", OBJECT))
        everything += [
            (name, name, value) for name, value in reversed(list(variables.items())) if value["kind"] == OBJECT
        ]
        for shown, name, value in everything:
            for quantity, named in self.within(shown, name, value):
                named = replace(named, instance=name if value["kind"] == OBJECT else "")
                before = found.get(quantity)
                if before is None or (before.value["kind"] != "array" and named.value["kind"] == "array"):
                    found[quantity] = named
                elif before.instance and named.instance and differ(before.value, named.value):
                    self.notes.append(f"{named.name} and {before.name} differ; {before.name}, made last, is taken")
        return found

    def within(self, shown: str, name: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Named]]:
        """The quantities that a variable, or what a function returned, holds."""
        if value["kind"] in ("dict", OBJECT):
            read = self.meant
            if undivided(name).lower() in {undivided(n).lower() for n in (*GRADIENTS, *BACKWARD)}:
                read = self.gradient
            elif undivided(name).lower() in {undivided(n).lower() for n in (*UPDATED, *STEP)}:
                read = self.updated
            for key, item in value["items"].items():
                if shown == f"{name}()" and key == name:  # the one value of a function has the function's name
                    yield from self.within(shown, name, item)
                elif value["kind"] == OBJECT and item["kind"] in ("dict", "list", OBJECT):
                    yield from self.within(f"{shown}.{key}", key, item)
                else:
                    quantity = read(key)
                    if quantity is None and value["kind"] == OBJECT:
                        quantity = self.meant(f"{name}_{key}") or self.meant(key + layer(name))
                    if quantity is not None:
                        at = f".{key}" if value["kind"] == OBJECT else f'["{key}"]'
                        yield quantity, Named(shown + at, item)
            quantity = self.meant(name) if value["kind"] == OBJECT else None
            if quantity is not None:
                yield quantity, Named(shown, value)
        elif value["kind"] == "list":
            quantity = self.meant(name)
            if quantity is not None:
                yield quantity, Named(shown, value)
            yield from self.listed(shown, name, value["items"])
            if all(item["kind"] == OBJECT for item in value["items"]):
                for key in dict.fromkeys(key for item in value["items"] for key in item["items"]):
                    yield from self.listed(shown, key, value["items"], key)
        else:
            quantity = self.meant(name)
            if quantity is not None:
                yield quantity, Named(shown, value)

    def listed(
        self, shown: str, name: str, items: Sequence[Mapping[str, Any]], attribute: str = ""
    ) -> Iterator[tuple[str, Named]]:
        """A list with one element for each layer: `dW[0]`, or the `attribute` in `layers[0].dW`, is dL/dW1."""
        bases = [name, name.removesuffix("s")]
        for word, letters in WORDS.items():
            if undivided(name).lower().endswith(word):
                bases += [undivided(name)[: -len(word)] + letter for letter in letters]
        for base in bases:
            for offset in (1, 0):
                needed = range(1 - offset, len(items))
                if not needed or not all(self.meant(f"{base}{i + offset}") for i in needed):
                    continue
                if self.meant(f"{base}{len(items) + offset}") is None:
                    for i, item in enumerate(items):
                        quantity = self.meant(f"{base}{i + offset}")
                        if quantity is not None and attribute:
                            held = item["items"].get(attribute, {"kind": "empty"})
                            yield quantity, Named(f"{shown}[{i}].{attribute}", held)
                        elif quantity is not None:
                            yield quantity, Named(f"{shown}[{i}]", item)
                    return


def layer(name: str) -> str:
    """The digits at the end of a name, as text: 1 in `layer1`."""
    return name[len(name.rstrip("0123456789")) :]


def differ(some: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two values, as the sandbox describes them, are different ones."""
    arrays = [value.get("array") for value in (some, other)]
    return arrays[0] is None or arrays[1] is None or not np.array_equal(arrays[0], arrays[1], equal_nan=True)


def undivided(name: str) -> str:
    """A name without the underscores and the like that people put between its parts."""
    return name.replace("_", "").replace("∂", "d").replace("/", "").replace("δ", "delta").replace("Δ", "Delta")


MOST_NAMES = 300
"""In a network of more names derivatives of one by another are looked for only where they are wanted: each pair has
names, and a chain of thousands has millions of pairs."""


def spellings(network: Network, wanted: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Pairs of a name that a student may use, and the quantity of the network that it means, for what is `wanted`."""
    loss, behind = network.index(network.loss), network.ancestors(network.loss)
    before = {name for name in network.names if network.index(name) in behind}
    losses = {network.loss, *(name for name in LOSSES if name in before or name not in network.names)}
    for name in losses - before:
        yield name, network.loss
    for name in before:
        if network.index(name) != loss:
            slope = f"d{network.loss}/d{name}"
            for each in losses:
                yield f"d{each}d{name}", slope
            for form in SLOPES:
                yield form.format(name), slope
            if name[0] in "zZ" and len(network.nodes[network.index(name)].shape) <= 1:
                yield f"delta{name[1:]}", slope
                yield f"delta{name}", slope
    many = len(network.names) > MOST_NAMES
    for of in network.names:
        if of == network.loss or of in network.inputs:
            continue
        for i in sorted(network.ancestors(of) - {network.index(of)}):
            to = network.nodes[i].name
            if to is not None and (not many or f"d{of}/d{to}" in wanted):
                yield f"d{of}d{to}", f"d{of}/d{to}"
    for name in network.updated if network.learning_rate is not None else ():
        for form in UPDATES:
            yield form.format(name), f"{name}_new"


def usual(quantity: str) -> str:
    """A name that a student may use for a quantity, to suggest one: `dL_dw1` for dL/dw1."""
    return quantity.replace("/", "_").replace("∂", "d").replace(" ", "")
