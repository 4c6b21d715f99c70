"""Attention by several heads: a framework's word for it, or the lines of its layer, with given weights."""

from gradproof.adapters.framework import Applied, Definition

OPERANDS = "q, k, v, W_in, b_in, W_out, b_out, mask=None, num_heads=2"


def torch(applied: Applied) -> str:
    """The text of the function that torch.nn.MultiheadAttention calls."""
    return (
        f"F.multi_head_attention_forward(q, k, v, {applied.shapes[0][-1]}, {applied['num_heads']}, W_in, b_in, "
        "None, None, False, 0.0, W_out, b_out, attn_mask=mask)[0]"
    )


# keras.layers.MultiHeadAttention takes masks of booleans only: these are its lines
# (keras/src/layers/attention/multi_head_attention.py, call and _compute_attention), for steps before samples.
TENSORFLOW = Definition(f"""\
def multi_head_attention({OPERANDS}):
    shape, size = q.shape, q.shape[-1] // num_heads
    layers = zip((q, k, v), tf.split(W_in, 3), tf.split(b_in, 3))
    q, k, v = [tf.reshape(tf.matmul(x, W, transpose_b=True) + b, [len(x), -1, num_heads, size]) for x, W, b in layers]
    logits = tf.einsum("sbhe,lbhe->bhls", k, q * (1 / size**0.5))
    weights = tf.nn.softmax(logits if mask is None else logits + mask)
    found = tf.reshape(tf.einsum("bhls,sbhe->lbhe", weights, v), shape)
    return tf.matmul(found, W_out, transpose_b=True) + b_out""")

JAX = Definition(f"""\
def multi_head_attention({OPERANDS}):
    shape, size = q.shape, q.shape[-1] // num_heads
    layers = zip((q, k, v), jnp.split(W_in, 3), jnp.split(b_in, 3))
    q, k, v = [jnp.reshape(x @ W.T + b, (len(x), -1, num_heads, size)).swapaxes(0, 1) for x, W, b in layers]
    found = jax.nn.dot_product_attention(q, k, v, None if mask is None else mask[None, None])
    return jnp.reshape(found.swapaxes(0, 1), shape) @ W_out.T + b_out""")
