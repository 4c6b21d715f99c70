"""Losses of class labels where a framework has no word for all of them: the usual lines, in its names.

Labels that are ignored are replaced by 0, and what they lose by 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gradproof.adapters.framework import Applied


@dataclass(frozen=True)
class Words:
    """What a framework calls what the lines need, each a template.

    `where` `sum` `log_softmax` (along the last axis) `last` (classes moved there, from axis 1 of `{rank}`), `picked`
    (out of `{logp}`, along its last `{axis}`, the class `{t}`), `taken` (the weights of labels), `one_hot` (of
    `{classes}`) and `count` (how many are True, as `{x}` counts). `sparse` and `dense`, if they are there, give what
    each sample loses of logits.
    """

    where: str
    sum: str
    log_softmax: str
    last: Callable[[str, int], str]
    picked: str
    taken: str
    one_hot: str
    count: str
    sparse: str = ""
    dense: str = ""


def of_labels(name: str, words: Words) -> Callable[[Applied], str]:
    """The template of a loss of labels, of logits "z" or of log-probabilities "logp"."""

    def template(applied: Applied) -> str:
        rank, weighed = applied.ranks[0], len(applied.shapes) == 3
        valid = f"t != {applied['ignore_index']}"
        t = words.where.format(valid, "t", "0")
        x = words.last(name, rank) if rank > 2 else name
        smoothing = applied.attributes.get("label_smoothing", 0.0)
        logp = words.log_softmax.format(x) if name == "z" else x
        weight = words.taken.format(t=t)
        if smoothing:
            classes = applied.shapes[0][min(1, rank - 1)]
            q = f"({words.one_hot.format(t=t, classes=classes, x=name)} * {1 - smoothing} + {smoothing / classes})"
            if words.dense and not weighed:
                each = words.dense.format(q=q, x=x)
            else:
                each = words.sum.format(f"-{q}{' * weight' * weighed} * {logp}, axis=-1")
        else:
            lost = words.sparse if words.sparse and name == "z" else words.picked
            each = lost.format(x=x, logp=logp, t=t, axis=rank - 1)
            each += f" * {weight}" * weighed
        total = words.sum.format(words.where.format(valid, each, "0.0"))
        if applied["reduction"] == "sum":
            return total
        weights = words.sum.format(words.where.format(valid, weight, "0.0"))
        return f"{total} / {weights if weighed else words.count.format(valid, x=name)}"

    return template
