"""The slides: shapes when batched, the batch as a mean of single samples, and the sum over out-neighbours."""

import numpy as np

from gradproof.reference.documents import slides
from tests.reference.documents.test_closed_forms import ball_precision, differing, inputs, lesson

__all__ = ["ball_precision"]  # a fixture that every test here runs under


def test_shapes_are_those_of_the_slide_when_batched() -> None:
    x = lesson("slides_network_batched").inputs
    weights, biases = [x["W1"], x["W2"], x["W3"]], [x["b1"], x["b2"], x["b3"]]
    B = len(x["x"])
    sizes = [5, 2, 4, 3]  # N(0), ..., N(3)
    activations = slides.forward_batched(x["x"], weights, biases)
    assert [g.shape for g in activations] == [(B, size) for size in sizes]
    for i, (w, b, g) in enumerate(zip(weights, biases, activations[:-1], strict=True)):
        assert w.shape == (sizes[i + 1], sizes[i])
        assert (w @ g.T).shape == (sizes[i + 1], B)
        assert (w @ g.T).T.shape == (B, sizes[i + 1])
        assert b.shape == (sizes[i + 1],)


def test_a_batch_is_the_mean_of_its_samples() -> None:
    x = inputs(lesson("slides_network_batched"))
    weights, biases = [x["W1"], x["W2"], x["W3"]], [x["b1"], x["b2"], x["b3"]]
    batched = slides.backward_batched(slides.forward_batched(x["x"], weights, biases), x["y"], weights)
    B = x["x"].shape[0]
    single = [slides.backward(slides.forward(x["x"][i], weights, biases), x["y"][i], weights) for i in range(B)]
    for k in range(len(weights)):
        closed = {"W": batched.weights[k], "b": batched.biases[k]}
        means = {"W": sum(s.weights[k] for s in single) / B, "b": sum(s.biases[k] for s in single) / B}
        assert differing(closed, means) == []
    assert differing({"x": batched.x}, {"x": np.stack([s.x for s in single]) / B}) == []


def test_each_out_neighbour_is_needed() -> None:
    """Without the edge from s to one of its out-neighbours, the derivative by s, x and w is another."""
    x = inputs(lesson("slides_graph"))
    _, slopes = slides.graph_example(x["x"], x["w"])
    right = slides.graph_rule(slopes, slides.GRAPH_ORDER)
    for t in ("t1", "t2", "t3"):
        missing = {edge: slope for edge, slope in slopes.items() if edge != ("s", t)}
        assert differing(right, slides.graph_rule(missing, slides.GRAPH_ORDER)) == ["s", "w", "x"]
