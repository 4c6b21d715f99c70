"""Losses of class labels, integers: what is lost is -log of the probability of the class that is labelled.

The equations are those of the documentation of torch.nn.functional, under each name: classes are along axis 1, or along
the only axis of a single sample; samples labelled `ignore_index` lose nothing. A mean is over the labels' weights.
"""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import numpy as np

from gradproof.reference.operations.attributes import AtLeast, Indices
from gradproof.reference.operations.gathering import within
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.losses_by_entry import REDUCTIONS, Reduction
from gradproof.reference.operations.reductions import log_softmax, log_softmax_of_sum, softmax, through_log_softmax
from gradproof.reference.operations.regularisation import left
from gradproof.reference.operations.table import POSITIVE, Algorithm, Rule, Scenario, define

IGNORED = -100
"""The label that is ignored unless another is named."""

Smoothing = Annotated[float, AtLeast(0)]


class Labels(NamedTuple):
    """Where z (its shape) has the class that is labelled, and where a class of a sample that counts; and their axis."""

    hot: Array
    counted: Array
    axis: int

    def by_class(self, weight: Array) -> Array:
        """The weights of the classes (C,), so that they broadcast with z."""
        return np.reshape(weight, (-1, *(1,) * (self.hot.ndim - 1 - self.axis)))

    def total(self, terms: Array) -> Array:
        """The sums of terms, of the shape of z, over all samples of each class."""
        return np.sum(terms, axis=tuple(k for k in range(self.hot.ndim) if k != self.axis))


def labels(z: Array, t: Array, ignore_index: int) -> Labels:
    """The labels t (N, ...) of logits z (N, C, ...), or one label () of (C,).

    Raises ValueError or IndexError where they are none.
    """
    shape, axis = np.shape(z), min(1, np.ndim(z) - 1)
    if axis < 0 or shape[:axis] + shape[axis + 1 :] != t.shape:
        raise ValueError(f"labels of shape {t.shape} are none for classes along axis {axis} of {shape}")
    counted = np.expand_dims(t != ignore_index, axis)
    within(t[t != ignore_index], shape[axis])
    places = np.reshape(np.arange(shape[axis]), (-1, *(1,) * (len(shape) - 1 - axis)))
    return Labels(counted & (np.expand_dims(t, axis) == places), np.broadcast_to(counted, shape), axis)


def mixed(h: Array, at: Labels, terms: Array, label_smoothing: float) -> Array:
    """1 - label_smoothing of the terms of the classes that are labelled, and its rest spread evenly over all classes.

    `h` is any scalar of the number system.
    """
    labelled = np.where(at.hot, terms, 0)
    if label_smoothing == 0:
        return labelled
    spread = np.where(np.ones(np.shape(h), bool), label_smoothing, h) / at.hot.shape[at.axis]
    return left(h, label_smoothing) * labelled + spread * np.where(at.counted, terms, 0)


def divisor(at: Labels, weight: Array | None, reduction: str) -> Array:
    """The sum of the weights of the labels, or 1 for a sum. Raises ValueError for a reduction that there is not."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"there is no reduction {reduction!r}, but {', '.join(map(repr, REDUCTIONS))}")
    if reduction == "sum":
        return 1
    return int(np.sum(at.hot)) if weight is None else np.sum(np.where(at.hot, at.by_class(weight), 0))


def lost(logp: Array, at: Labels, weight: Array | None, label_smoothing: float, reduction: str) -> Array:
    """What all samples lose, given log-probabilities."""
    terms = -logp if weight is None else at.by_class(weight) * -logp
    count = divisor(at, weight, reduction)
    if label_smoothing == 0:
        return np.sum(np.where(at.hot, terms, 0)) / count
    labelled, all_classes = (np.sum(np.where(where, terms, 0)) for where in (at.hot, at.counted))
    spread = np.where(True, label_smoothing, labelled) / at.hot.shape[at.axis]
    return (left(labelled, label_smoothing) * labelled + spread * all_classes) / count


def share(g: Array, at: Labels, weight: Array | None, label_smoothing: float, reduction: str) -> Array:
    """g times the derivative by minus the log-probabilities, of their shape."""
    h = g / divisor(at, weight, reduction)
    return mixed(h, at, h if weight is None else at.by_class(weight) * h, label_smoothing)


def by_weight(
    g: Array, y: Array, logp: Array, at: Labels, weight: Array, label_smoothing: float, reduction: str
) -> Array:
    """g times the derivative by the weights: of the sum, and for a mean less y times that of the weights' sum."""
    terms = mixed(y, at, -logp, label_smoothing)
    terms = terms - np.where(at.hot, y, 0) if reduction == "mean" else terms
    return g / divisor(at, weight, reduction) * at.total(terms)


Back = Callable[[Array, Array, int], Array]
"""The derivative of log_softmax along an axis, transposed: of a cotangent and z."""


def of_logits(logs: Callable[..., Array], back: Back) -> tuple[Callable[..., Array], Rule, Rule]:
    """The loss of logits by a way to compute log_softmax, and its rules for logits and weights.

    The loss raises ValueError for labels, weights and attributes that do not fit, IndexError for a label of no class.
    """

    def forward(
        z: Array,
        t: Indices,
        weight: Array | None = None,
        *,
        ignore_index: int = IGNORED,
        label_smoothing: Smoothing = 0.0,
        reduction: Reduction = "mean",
    ) -> Array:
        """Minus log_softmax(z) of the class that is labelled, or with `label_smoothing` a part of all classes'.

        Szegedy et al. 2016, section 7. Raises ValueError for a `label_smoothing` above 1.
        """
        if label_smoothing > 1:
            raise ValueError("label_smoothing must be at most 1")
        at = labels(z, t, ignore_index)
        return lost(logs(z, axis=at.axis), at, checked(weight, at), label_smoothing, reduction)

    def rule(g: Array, y: Array, z: Array, t: Array, weight: Array | None = None, **told: Any) -> Array:
        at = labels(z, t, told.pop("ignore_index"))
        return -back(share(g, at, weight, **told), z, at.axis)

    def weight_rule(g: Array, y: Array, z: Array, t: Array, weight: Array, **told: Any) -> Array:
        at = labels(z, t, told.pop("ignore_index"))
        return by_weight(g, y, logs(z, axis=at.axis), at, weight, **told)

    return forward, rule, weight_rule


def checked(weight: Array | None, at: Labels) -> Array | None:
    """The weights, if there is one for each class. Raises ValueError for others."""
    if weight is not None and np.shape(weight) != (at.hot.shape[at.axis],):
        raise ValueError(f"weight must have shape ({at.hot.shape[at.axis]},), not {np.shape(weight)}")
    return weight


def nll_loss(
    logp: Array,
    t: Indices,
    weight: Array | None = None,
    *,
    ignore_index: int = IGNORED,
    reduction: Reduction = "mean",
) -> Array:
    """Minus logp of the class that is labelled."""
    at = labels(logp, t, ignore_index)
    return lost(logp, at, checked(weight, at), 0.0, reduction)


def nll_rule(g: Array, y: Array, logp: Array, t: Array, weight: Array | None = None, **told: Any) -> Array:
    """The rule of `nll_loss` for logp."""
    return -share(g, labels(logp, t, told["ignore_index"]), weight, 0.0, told["reduction"])


def nll_weight_rule(g: Array, y: Array, logp: Array, t: Array, weight: Array, **told: Any) -> Array:
    """The rule of `nll_loss` for weights."""
    return by_weight(g, y, logp, labels(logp, t, told["ignore_index"]), weight, 0.0, told["reduction"])


def scenarios(name: str, x: str, settings: tuple[str, ...]) -> tuple[Scenario, ...]:
    """What a loss is tried on: equal and ignored labels, one sample, weights, and each of the settings."""
    ways = tuple(f"{name}({x}, t{setting})" for setting in settings)
    weighed = tuple(f"{name}({x}, t, w{setting})" for setting in settings)
    few = Scenario(ways[0], {x: (3,)}, given={"t": 1})
    several = Scenario(f"{name}({x}, t, w, ignore_index=1)", {x: (2, 3, 2), "w": (3,)}, given={"t": [[1, 0], [2, 1]]})
    repeated = (Scenario(way, {x: (3, 4)}, given={"t": [2, 0, 2]}) for way in ways)
    with_weights = (Scenario(way, {x: (4, 3), "w": (3,)}, POSITIVE, {"t": [0, -100, 2, 0]}) for way in weighed)
    return (*repeated, few, several, *with_weights)


BY_SUM = "cross_entropy: log_softmax by the logarithm of a sum, {} sum(q) - q"

define("cross_entropy", *of_logits(log_softmax, through_log_softmax),
       unrounded=frozenset({"label_smoothing"}),
       algorithms={
           BY_SUM.format(said): Algorithm(forward, {0: rule, 2: weight_rule})
           for said, (forward, rule, weight_rule) in {
               "exp(y)": of_logits(log_softmax_of_sum, lambda q, z, axis: (
                   q - np.exp(log_softmax_of_sum(z, axis=axis)) * np.sum(q, axis=axis, keepdims=True))),
               "softmax(z)": of_logits(log_softmax_of_sum, lambda q, z, axis: (
                   q - softmax(z, axis=axis) * np.sum(q, axis=axis, keepdims=True))),
           }.items()
       },
       scenarios=scenarios("cross_entropy", "z", (
           "", ", reduction='sum'", ", label_smoothing=0.1", ", label_smoothing=0.3, reduction='sum'")))  # fmt: skip
define("nll_loss", nll_loss,
       nll_rule,
       nll_weight_rule,
       scenarios=scenarios("nll_loss", "logp", ("", ", reduction='sum'")))  # fmt: skip
