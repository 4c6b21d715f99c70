"""Recurrent layers: a cell that is applied to x step by step, each time to its own last state.

A cell reads the gates' a = W_ih x + b_ih of the input and b = W_hh h + b_hh of the state h before. W_ih is (kH, I),
W_hh (kH, H), and b_ih and b_hh (kH,), for k gates of H units: their order and the equations are those of torch.nn.RNN,
torch.nn.LSTM (i, f, g, o) and torch.nn.GRU (r, z, n).

A sequence x is (T, N, I), or (T, I) without samples, a state (N, H) or (H,). The results are the states h of all steps
y (T, N, H), and what each state is in the end; they are held as one array, the latter behind y.
"""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradproof.reference.operations.activations import sigmoid
from gradproof.reference.operations.axes import Shape, in_turn
from gradproof.reference.operations.elementary import sech_squared
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.products import swap
from gradproof.reference.operations.table import Algorithm, Rule, Scenario, define

State = tuple[Array, ...]
"""h, or h and c, each (N, H)."""

WEIGHTS = ("W_ih", "W_hh", "b_ih", "b_hh")

MOST = 1000
"""The most steps of a sequence, as a recurrent cell has that is written out (`gradproof.reference.language.sizes`)."""


class Cell(NamedTuple):
    """A cell as its equations.

    `step(a, b, state)` is the next state, its first array h, and what is kept of the step. `back(g, kept, state)` takes
    the cotangents of the next state, and gives those of a, of b, and of the state as far as it is read besides in b:
    None where h is not.
    """

    gates: int
    step: Callable[[Array, Array, State], tuple[State, Any]]
    back: Callable[[State, Any, State], tuple[Array, Array, State]]


class Slopes(NamedTuple):
    """The derivatives of sigmoid and tanh at x, where they are y."""

    sigmoid: Callable[[Array, Array], Array]
    tanh: Callable[[Array, Array], Array]


STABLE = Slopes(lambda y, x: y * sigmoid(-x), lambda y, x: sech_squared(x))
BY_SQUARE = Slopes(lambda y, x: y * (1 - y), lambda y, x: 1 - np.square(y))
BY_FACTORS = Slopes(lambda y, x: y * (1 - y), lambda y, x: (1 + y) * (1 - y))


def parts(a: Array, gates: int) -> list[Array]:
    """The gates of a (..., kH), each (..., H)."""
    units = np.shape(a)[-1] // gates
    return [a[..., k * units : (k + 1) * units] for k in range(gates)]


def elman(slopes: Slopes) -> Cell:
    """h' = tanh(a + b) (Elman 1990; torch.nn.RNN)."""

    def step(a: Array, b: Array, state: State) -> tuple[State, Any]:
        y = np.tanh(a + b)
        return (y,), (a + b, y)

    def back(g: State, kept: Any, state: State) -> tuple[Array, Array, State]:
        s, y = kept
        d = g[0] * slopes.tanh(y, s)
        return d, d, (None,)

    return Cell(1, step, back)


def long_short_term(slopes: Slopes) -> Cell:
    """c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c').

    Hochreiter and Schmidhuber 1997, the forget gate by Gers, Schmidhuber and Cummins 2000; torch.nn.LSTM.
    """

    def step(a: Array, b: Array, state: State) -> tuple[State, Any]:
        i, f, g, o = parts(a + b, 4)
        u, v, w, s = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = v * state[1] + u * w
        y = np.tanh(c)
        return (s * y, c), ((i, f, g, o), (u, v, w, s), c, y)

    def back(d: State, kept: Any, state: State) -> tuple[Array, Array, State]:
        (i, f, g, o), (u, v, w, s), c, y = kept
        of_c = d[1] + d[0] * s * slopes.tanh(y, c)
        found = [
            of_c * w * slopes.sigmoid(u, i),
            of_c * state[1] * slopes.sigmoid(v, f),
            of_c * u * slopes.tanh(w, g),
            d[0] * y * slopes.sigmoid(s, o),
        ]
        joined = np.concatenate(found, axis=-1)
        return joined, joined, (None, of_c * v)

    return Cell(4, step, back)


class Mixing(NamedTuple):
    """How a GRU mixes its state h with the new n by z = sigmoid(s): (1 - z) n + z h.

    `value(s, z, n, h)`, and `back(g, s, z, n, h)`, the cotangents of z and of n; that of h is g z.
    """

    value: Callable[[Array, Array, Array, Array], Array]
    back: Callable[[Array, Array, Array, Array, Array], tuple[Array, Array]]


SHARES = Mixing(
    lambda s, z, n, h: sigmoid(-s) * n + z * h,  # 1 - z = sigmoid(-s)
    lambda g, s, z, n, h: (g * (h - n), g * sigmoid(-s)),
)
REST = Mixing(
    lambda s, z, n, h: (1 - z) * n + z * h,
    lambda g, s, z, n, h: (g * h - g * n, g * (1 - z)),
)
DIFFERENCE = Mixing(
    lambda s, z, n, h: n + z * (h - n),
    lambda g, s, z, n, h: (g * (h - n), g - g * z),
)


def gated(slopes: Slopes, mixing: Mixing) -> Cell:
    """h' = (1 - z) n + z h with n = tanh(a_n + r b_n), r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z).

    Cho et al. 2014, eqs. 5 to 8, but that r multiplies the product W_hn h + b_hn instead of h (torch.nn.GRU).
    """

    def step(a: Array, b: Array, state: State) -> tuple[State, Any]:
        (a_r, a_z, a_n), (b_r, b_z, b_n) = parts(a, 3), parts(b, 3)
        p, s = a_r + b_r, a_z + b_z
        r, z = sigmoid(p), sigmoid(s)
        q = a_n + r * b_n
        n = np.tanh(q)
        return (mixing.value(s, z, n, state[0]),), (p, r, s, z, b_n, q, n)

    def back(g: State, kept: Any, state: State) -> tuple[Array, Array, State]:
        p, r, s, z, b_n, q, n = kept
        of_z, of_n = mixing.back(g[0], s, z, n, state[0])
        d = of_n * slopes.tanh(n, q)
        gates = [d * b_n * slopes.sigmoid(r, p), of_z * slopes.sigmoid(z, s)]
        of_a, of_b = (np.concatenate([*gates, part], axis=-1) for part in (d, d * r))
        return of_a, of_b, (g[0] * z,)

    return Cell(3, step, back)


def checked(cell: Cell, x: Array, start: Sequence[Array], weights: Sequence[Array], rank: int) -> None:
    """Raise ValueError for operands that do not fit each other; x has `rank` axes, or one less without samples."""
    shapes = [np.shape(each) for each in (x, *start, *weights)]
    if len(shapes[0]) not in (rank, rank - 1):
        axes = "steps, samples, inputs" if rank == 3 else "samples, inputs"
        raise ValueError(f"x has {rank} axes ({axes}), or {rank - 1} without samples, not shape {shapes[0]}")
    if rank == 3 and shapes[0][0] > MOST:
        raise ValueError(f"a sequence has at most {MOST} steps, not {shapes[0][0]:,}: cut it into several")
    samples, inputs, units = shapes[0][rank - 2 : -1], shapes[0][-1:], shapes[1][-1:]
    rows = (cell.gates * math.prod(units),)
    fitting = [*[(*samples, *units)] * len(start), (*rows, *inputs), (*rows, *units), rows, rows]
    names = (*("h0", "c0")[: len(start)], *WEIGHTS)
    for name, shape, fits in zip(names, shapes[1:], fitting, strict=True):
        if shape != fits:
            raise ValueError(f"{name} has shape {fits} for x of shape {shapes[0]} and {units[0]} units, not {shape}")


def run(cell: Cell, x: Array, start: State, weights: Sequence[Array]) -> tuple[list[State], list[Any]]:
    """The states before each step and in the end, and what is kept of each; all with samples."""
    W_ih, W_hh, b_ih, b_hh = weights
    a = x @ swap(W_ih) + b_ih
    states, kept = [start], []
    for t in range(np.shape(x)[0]):
        state, known = cell.step(a[t], states[-1][0] @ swap(W_hh) + b_hh, states[-1])
        states.append(state)
        kept.append(known)
    return states, kept


def with_samples(x: Array, start: Sequence[Array], rank: int) -> tuple[Array, State]:
    """x as (T, N, I) and states as (N, H): one step where `rank`, the most axes of x, says so, and one sample."""
    units = np.shape(start[0])[-1]
    steps = np.shape(x)[0] if rank == 3 else 1
    return np.reshape(x, (steps, -1, np.shape(x)[-1])), tuple(np.reshape(each, (-1, units)) for each in start)


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which computes nothing again for the very arguments that it was called with last.

    One sweep through a sequence gives the cotangents of all operands, whose rules are asked one after the other.
    """
    last: list[tuple[tuple[Array, ...], Any]] = []

    def called(*arguments: Array) -> Any:
        if last:
            known, result = last[0]
            if len(known) == len(arguments) and all(a is b for a, b in zip(known, arguments, strict=True)):
                return result
        last[:] = [(arguments, function(*arguments))]
        return last[0][1]

    return called


def layer(cell: Cell, states: int, rank: int) -> tuple[Callable[..., Array], tuple[Rule, ...]]:
    """The forward expression of a cell with so many states and its rules: of a sequence with rank 3, else of one step.

    The operands are x, the states, W_ih, W_hh, b_ih and b_hh.
    """

    def forward(x: Array, *others: Array) -> Array:
        start, weights = others[:states], others[states:]
        checked(cell, x, start, weights, rank)
        found, _ = run(cell, *with_samples(x, start, rank), weights)
        if rank == 2 and states == 1:
            return np.reshape(found[-1][0], np.shape(start[0]))
        joined = np.stack([*(state[0] for state in found[1:] if rank == 3), *found[-1]])
        return np.reshape(joined, (-1, *np.shape(start[0])))

    def sweep(g: Array, x: Array, *others: Array) -> tuple[Array, Array, Array, Array, State]:
        """The cotangents of a and of b, x and the h that they were computed of, by step; and those of the states."""
        x, start = with_samples(x, others[:states], rank)
        found, kept = run(cell, x, start, others[states:])
        g = np.reshape(g, (-1, *np.shape(start[0])))
        d = tuple(g[k + np.shape(g)[0] - states] for k in range(states))
        of_a, of_b = list[Array](), list[Array]()
        for t in reversed(range(len(kept))):
            d = (d[0] + g[t], *d[1:]) if rank == 3 else d
            one, two, besides = cell.back(d, kept[t], found[t])
            of_a.insert(0, one)
            of_b.insert(0, two)
            through = two @ others[states + 1]
            d = (through if besides[0] is None else besides[0] + through, *besides[1:])
        return np.stack(of_a), np.stack(of_b), x, np.stack([state[0] for state in found[:-1]]), d

    swept = once(sweep)

    def rule(operand: int) -> Rule:
        def of_operand(g: Array, y: Array, x: Array, *others: Array) -> Array:
            of_a, of_b, read, h, of_start = swept(g, x, *others)
            if operand == 0:
                return np.reshape(of_a @ others[states], np.shape(x))
            if operand <= states:
                return np.reshape(of_start[operand - 1], np.shape(others[operand - 1]))
            d, by = ((of_a, read), (of_b, h))[(operand - states - 1) % 2]
            d, by = (np.reshape(each, (-1, np.shape(each)[-1])) for each in (d, by))
            return swap(d) @ by if operand <= states + 2 else in_turn(d, axis=0)

        return of_operand

    return forward, tuple(map(rule, range(states + 5)))


def enter(name: str, states: int, cells: Mapping[str, Cell]) -> None:
    """Enter a layer `name` and its cell, `name`_cell: with so many states, by its algorithms, the stable one first."""
    (_, stable), *others = cells.items()
    letters = ("h", "c")[:states]
    operands = ("x", *(f"{letter}0" for letter in letters), *WEIGHTS)
    for rank, called in ((3, name), (2, f"{name}_cell")):
        forward, rules = layer(stable, states, rank)
        known = {k: inspect.Parameter(k, inspect.Parameter.POSITIONAL_OR_KEYWORD) for k in operands}
        setattr(forward, "__signature__", inspect.Signature([*known.values()]))  # noqa: B010
        define(called, forward, *rules,
               results=results(letters, rank),
               is_sequential=rank == 3,
               algorithms={f"{called}{way}": other(cell, states, rank) for way, cell in others},
               size=lambda x, *shapes, held=(states, rank): math.prod(shapes[0]) * held_states(x, *held),
               patches=lambda x, *shapes: math.prod(x[:-1]) * shapes[-1][0],
               products=lambda x, *shapes: math.prod(x[:-1]) * shapes[-1][0] * (x[-1] + shapes[-3][-1]),
               scenarios=scenarios(called, operands, stable.gates, states, rank))  # fmt: skip


def results(letters: tuple[str, ...], rank: int) -> Mapping[str, Any]:
    """Where each result is along the first axis; nothing for a cell with one."""
    last = {letter: (k - len(letters),) for k, letter in enumerate(letters)}
    return {"y": (slice(None, -len(letters)),), **last} if rank == 3 else last if len(letters) > 1 else {}


def held_states(x: Shape, states: int, rank: int) -> int:
    """How many states the result of a layer holds: those of all steps, and the last."""
    return states + (x[0] if rank == 3 else 0)


def other(cell: Cell, states: int, rank: int) -> Algorithm:
    """A layer by another algorithm of its cell."""
    forward, rules = layer(cell, states, rank)
    return Algorithm(forward, dict(enumerate(rules)))


def scenarios(name: str, operands: tuple[str, ...], gates: int, states: int, rank: int) -> list[Scenario]:
    """Two units that read three inputs: of two samples, or of one without its axis; in three steps, or in one."""
    found = []
    for samples in ((2,), ()):
        x, h = (*(3,) * (rank == 3), *samples, 3), (*samples, 2)
        weights = ((2 * gates, 3), (2 * gates, 2), (2 * gates,), (2 * gates,))
        shapes = dict(zip(operands, (x, *[h] * states, *weights), strict=True))
        found.append(Scenario(f"{name}({', '.join(operands)})", shapes))
    return found


enter("rnn", 1, {
    "": elman(STABLE),
    "': 1 - y^2": elman(BY_SQUARE),
    "': (1 + y) (1 - y)": elman(BY_FACTORS),
})  # fmt: skip
enter("lstm", 2, {
    "": long_short_term(STABLE),
    "': y (1 - y), 1 - y^2": long_short_term(BY_SQUARE),
    "': y (1 - y), (1 + y) (1 - y)": long_short_term(BY_FACTORS),
})  # fmt: skip
enter("gru", 1, {
    "": gated(STABLE, SHARES),
    ": (1 - z) n + z h, y (1 - y), 1 - y^2": gated(BY_SQUARE, REST),
    ": (1 - z) n + z h, y (1 - y), (1 + y) (1 - y)": gated(BY_FACTORS, REST),
    ": n + z (h - n), y (1 - y), 1 - y^2": gated(BY_SQUARE, DIFFERENCE),
})  # fmt: skip
