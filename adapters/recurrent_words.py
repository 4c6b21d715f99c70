"""Recurrent layers in each framework: the functions that a program defines for them, by the name of the operation.

Operands are those of torch.nn: W_ih (kH, I) and W_hh (kH, H), gates i, f, g, o of an LSTM and r, z, n of a GRU.
"""

from collections.abc import Callable

from gradproof.adapters.framework import Applied, Definition

WEIGHTS = "W_ih, W_hh, b_ih, b_hh"


def torch_layer(name: str, states: str) -> Definition:
    """A layer of torch.nn with given weights; its states have a first axis for layers, of which there is one."""
    given, found = states.split(", "), [state[0] for state in states.split(", ")]
    start = f"{given[0]}[None]" if len(given) == 1 else f"({', '.join(f'{state}[None]' for state in given)})"
    last = found[0] if len(found) == 1 else f"({', '.join(found)})"
    return Definition(f"""\
def {name.lower()}(x, {states}, {WEIGHTS}):
    layer = torch.nn.{name}(W_ih.shape[1], W_hh.shape[1])
    weights = {{"weight_ih_l0": W_ih, "weight_hh_l0": W_hh, "bias_ih_l0": b_ih, "bias_hh_l0": b_hh}}
    y, {last} = torch.func.functional_call(layer, weights, (x, {start}))
    return y, {", ".join(f"{state}[0]" for state in found)}""")


def torch_cell(name: str, states: str) -> Definition:
    """A cell of torch.nn with given weights."""
    state = f"({states})" if "," in states else states
    return Definition(f"""\
def {name.lower()}_cell(x, {states}, {WEIGHTS}):
    cell = torch.nn.{name}Cell(W_ih.shape[1], W_hh.shape[1])
    weights = {{"weight_ih": W_ih, "weight_hh": W_hh, "bias_ih": b_ih, "bias_hh": b_hh}}
    return torch.func.functional_call(cell, weights, (x, {state}))""")


TORCH = {
    "rnn": torch_layer("RNN", "h0"),
    "gru": torch_layer("GRU", "h0"),
    "lstm": torch_layer("LSTM", "h0, c0"),
    "rnn_cell": torch_cell("RNN", "h0"),
    "gru_cell": torch_cell("GRU", "h0"),
    "lstm_cell": torch_cell("LSTM", "h0, c0"),
}

KERAS_LAYER = """\
@functools.cache
def keras_layer(kind, inputs, units, dtype):
    cell = kind.__name__.endswith("Cell")
    layer = kind(units, dtype=dtype, **({} if cell else {"return_sequences": True, "return_state": True}))
    layer.build((None, inputs) if cell else (None, None, inputs))
    return layer"""


def made(kind: str) -> Callable[[Applied], str]:
    """The lines that make a layer of Keras: its own variables, which weights stand in for, must be there in a graph."""
    return lambda applied: (
        'for dtype in ("float32", "float64"):\n'
        f"    keras_layer(tf.keras.layers.{kind}, {applied.shapes[0][-1]}, {applied.shapes[1][-1]}, dtype)"
    )


ZRH = """\
def zrh(gates):
    r, z, n = tf.split(gates, 3)
    return tf.concat([z, r, n], axis=0)"""

BOTH_BIASES = "[tf.transpose(W_ih), tf.transpose(W_hh), b_ih + b_hh]"
REORDERED = "[tf.transpose(zrh(W_ih)), tf.transpose(zrh(W_hh)), tf.stack([zrh(b_ih), zrh(b_hh)])]"


def keras(name: str, kind: str, states: str, weights: str) -> Definition:
    """A layer of Keras with given weights: samples come first, and a sequence without samples is one."""
    given, found = states.split(", "), ", ".join(state[0] for state in states.split(", "))
    as_rows = ", ".join(f"tf.reshape({state}, [-1, {state}.shape[-1]])" for state in given)
    back = ", ".join(f"tf.reshape({state[0]}, {state}.shape)" for state in given)
    return Definition(
        f"""\
def {name}(x, {states}, {WEIGHTS}):
    layer = keras_layer(tf.keras.layers.{kind}, x.shape[-1], h0.shape[-1], x.dtype.name)
    weights = {weights}
    samples = tf.transpose(tf.reshape(x, [x.shape[0], -1, x.shape[-1]]), [1, 0, 2])
    states = [{as_rows}]
    (y, {found}), _ = layer.stateless_call(weights, layer.non_trainable_variables, samples, initial_state=states)
    y = tf.reshape(tf.transpose(y, [1, 0, 2]), [x.shape[0], *h0.shape])
    return y, {back}""",
        before=(KERAS_LAYER, *([ZRH] if weights == REORDERED else [])),
        imports=("import functools",),
        prepared=made(kind),
    )


def keras_cell(name: str, kind: str, states: str, weights: str) -> Definition:
    """A cell of Keras with given weights."""
    given = states.split(", ")
    as_rows = ", ".join(f"tf.reshape({state}, [-1, {state}.shape[-1]])" for state in given)
    found = ", ".join(state[0] for state in given)
    back = ", ".join(f"tf.reshape({state[0]}, {state}.shape)" for state in given)
    return Definition(
        f"""\
def {name}_cell(x, {states}, {WEIGHTS}):
    layer = keras_layer(tf.keras.layers.{kind}Cell, x.shape[-1], h0.shape[-1], x.dtype.name)
    weights = {weights}
    sample = tf.reshape(x, [-1, x.shape[-1]])
    before = [{as_rows}]
    (_, [{found}]), _ = layer.stateless_call(weights, layer.non_trainable_variables, sample, before)
    return {back}""",
        before=(KERAS_LAYER, *([ZRH] if weights == REORDERED else [])),
        imports=("import functools",),
        prepared=made(f"{kind}Cell"),
    )


TENSORFLOW = {
    "rnn": keras("rnn", "SimpleRNN", "h0", BOTH_BIASES),
    "gru": keras("gru", "GRU", "h0", REORDERED),
    "lstm": keras("lstm", "LSTM", "h0, c0", BOTH_BIASES),
    "rnn_cell": keras_cell("rnn", "SimpleRNN", "h0", BOTH_BIASES),
    "gru_cell": keras_cell("gru", "GRU", "h0", REORDERED),
    "lstm_cell": keras_cell("lstm", "LSTM", "h0, c0", BOTH_BIASES),
}
TENSORFLOW_NAMES = ("functools", "keras_layer", "zrh")

JAX_RNN_CELL = f"""\
def rnn_cell(x, h0, {WEIGHTS}):
    return jnp.tanh(x @ W_ih.T + b_ih + h0 @ W_hh.T + b_hh)"""

JAX_GRU_CELL = f"""\
def gru_cell(x, h0, {WEIGHTS}):
    x_r, x_z, x_n = jnp.split(x @ W_ih.T + b_ih, 3, axis=-1)
    h_r, h_z, h_n = jnp.split(h0 @ W_hh.T + b_hh, 3, axis=-1)
    r, z = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
    return (1 - z) * jnp.tanh(x_n + r * h_n) + z * h0"""

JAX_LSTM_CELL = f"""\
def lstm_cell(x, h0, c0, {WEIGHTS}):
    i, f, g, o = jnp.split(x @ W_ih.T + b_ih + h0 @ W_hh.T + b_hh, 4, axis=-1)
    c = jax.nn.sigmoid(f) * c0 + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c"""


def scanned(name: str) -> str:
    """A layer of one state: its cell, scanned over the steps."""
    return f"""\
def {name}(x, h0, {WEIGHTS}):
    def step(h, x):
        h = {name}_cell(x, h, {WEIGHTS})
        return h, h

    h, y = jax.lax.scan(step, h0, x)
    return y, h"""


JAX_LSTM = f"""\
def lstm(x, h0, c0, {WEIGHTS}):
    def step(state, x):
        h, c = lstm_cell(x, *state, {WEIGHTS})
        return (h, c), h

    (h, c), y = jax.lax.scan(step, (h0, c0), x)
    return y, h, c"""

JAX = {
    "rnn": Definition(scanned("rnn"), before=(JAX_RNN_CELL,)),
    "gru": Definition(scanned("gru"), before=(JAX_GRU_CELL,)),
    "lstm": Definition(JAX_LSTM, before=(JAX_LSTM_CELL,)),
    "rnn_cell": Definition(JAX_RNN_CELL),
    "gru_cell": Definition(JAX_GRU_CELL),
    "lstm_cell": Definition(JAX_LSTM_CELL),
}
"""JAX has no recurrent layers of its own; these are the lines of Flax (flax/linen/recurrent.py)."""
