"""The samples of PyTorch's OpInfos as networks; what cannot be said is counted, with the reason."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks import Seeded
from tests.reports.checking.opinfo.table import TABLE, Tensor

Unsaid = Counter[tuple[str, str]]
"""How many samples of an operation are no network, by operation and reason."""


def networks(unsaid: Unsaid) -> Iterator[tuple[str, Network]]:
    """Each sample that can be said, by operation and number; the loss is a sum of the result's entries with factors."""
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    for op in op_db:
        name = f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name
        if name not in TABLE:
            continue
        for number, sample in enumerate(samples(op, torch)):
            try:
                yield f"{name}-{number}", network(name, sample, torch)
            except UnsaidError as problem:
                unsaid[name, str(problem)] += 1


def samples(op: Any, torch: Any) -> Iterator[Any]:
    """The samples of an operation in float32, which both dtypes hold; those with gradients where others fail."""
    torch.manual_seed(0)
    for kind in (op.reference_inputs, op.sample_inputs):
        try:
            yield from list(kind("cpu", torch.float32, requires_grad=True))
        except ValueError:  # the reference inputs of some are of other dtypes, which have no gradient
            continue
        return


class UnsaidError(Exception):
    """A sample that is no network, and why."""


def network(name: str, sample: Any, torch: Any) -> Network:
    """The sample as a network. Raises UnsaidError."""
    inputs: dict[str, Any] = {}

    def said(item: Any) -> Any:
        if isinstance(item, list | tuple) and any(isinstance(each, torch.Tensor) for each in item):
            return type(item)(map(said, item))
        if not isinstance(item, torch.Tensor):
            return item
        if item.dtype not in (torch.float32, torch.float64):
            raise UnsaidError("no floats")
        if not item.numel():
            raise UnsaidError("empty")
        tensor = Tensor(f"x{len(inputs)}", item.shape)
        inputs[tensor] = item.detach().numpy().astype(np.float64)
        return tensor

    arguments = [said(item) for item in (sample.input, *sample.args)]
    settings = {key: said(item) for key, item in sample.kwargs.items()}
    try:
        text = TABLE[name](*arguments, **settings)
    except TypeError:
        text = None
    if text is None:
        raise UnsaidError("a setting without a word")
    return with_numbers(text, inputs, name)


def with_numbers(text: str, inputs: dict[str, Any], title: str) -> Network:
    """The network whose loss is sum(c * y), y = `text`, c between -1 and 1. Raises UnsaidError."""
    finite = {name: np.where(np.isfinite(array), array, 1.0) for name, array in inputs.items()}
    try:
        shape = build(f"y = {text}\nL = sum(y)", finite).nodes[-2].shape
        factors = {"c": Seeded(0).numbers(shape)}
        made = build(f"y = {text}\nL = sum(c * y)", finite | factors, parameters=list(inputs), title=title)
    except GradproofError as problem:
        raise UnsaidError(str(problem).split(": ")[-1]) from None
    return made.with_inputs(inputs)
