"""The documents' systems by the names of their lessons in `gradproof.reference.lessons`.

Each takes the lesson's inputs, in any number system, and gives what its document's formulas make of them:
values, and gradients of the loss, both by the names of the lesson.
"""

from collections.abc import Callable, Mapping

import numpy as np

from gradproof.reference.documents import (
    exponential_neuron,
    lecture,
    slides,
    tape,
    two_neurons,
    worked_example,
)
from gradproof.reference.operations.kernels import Array

Numbers = Mapping[str, Array]
System = Callable[[Numbers], tuple[Numbers, Numbers]]


def numbered(letter: str, arrays: list[Array]) -> Numbers:
    """The arrays under the names `letter`1, `letter`2, ..."""
    return {f"{letter}{k}": array for k, array in enumerate(arrays, 1)}


# 000_3bef3881ba988d2d.txt


def two_neurons_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The chain: forward table, and derivatives of the loss by weights, biases and a2."""
    parameters = two_neurons.Parameters(x["w1"], x["b1"], x["w2"], x["b2"])
    forward = two_neurons.forward(x["x"], x["y"], parameters)
    table = two_neurons.backward(x["y"], parameters, forward)._asdict()
    return forward._asdict(), {name: table[f"dLd{name}"] for name in ("w1", "b1", "w2", "b2", "a2")}


def layers_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """Two neurons per layer in matrices: each name of the lesson an array."""
    layers = two_neurons.Layers(x["wH"], x["bH"], x["wO"], x["bO"])
    forward = two_neurons.layers_forward(x["i"], x["y"], layers)
    return forward._asdict(), two_neurons.layers_backward(x["i"], x["y"], layers, forward)._asdict()


def neurons_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """Two neurons per layer, as `layers_system`, each name a scalar: wH12 is wH[0, 1]."""
    arrays = {name: np.stack([x[name + "1"], x[name + "2"]]) for name in ("i", "y", "bH", "bO")}
    for name in ("wH", "wO"):
        arrays[name] = np.stack([np.stack([x[f"{name}{j}1"], x[f"{name}{j}2"]]) for j in (1, 2)])
    values, slopes = layers_system(arrays)
    return entries(values), entries(slopes)


def entries(arrays: Numbers) -> Numbers:
    """Every entry under its array's name and its indices, counted from 1; a scalar keeps its name."""
    return {
        name + "".join(str(i + 1) for i in key): array[key]
        for name, array in arrays.items()
        for key in np.ndindex(array.shape)
    }


# 001_856bfbabee75bf37.txt


def neuron_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """One neuron; its activation stands for the loss."""
    f0, g0 = slides.neuron(x["x"], x["W0"], x["b0"])
    return {"f0": f0, "g0": g0}, slides.neuron_gradients(x["x"], x["W0"], g0)


def chosen_chain_rule_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """A function of three variables inside a sigmoid."""
    values = slides.chain_rule_example(**x)
    return values, slides.chain_rule_gradients(x["x"], values["a_f"], values["a_g"])


def layer_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """One layer with the mean of squares over its outputs."""
    activations = slides.forward(x["x"], [x["W"]], [x["b"]])
    slopes = slides.backward(activations, x["y"], [x["W"]])
    values = {"g": activations[-1], "L": slides.loss(activations[-1], x["y"])}
    return values, {"W": slopes.weights[0], "b": slopes.biases[0], "x": slopes.x}


def sigmoid_network_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """Two layers or three, one sample."""
    layers = [name[1:] for name in x if name[0] == "W"]
    weights, biases = [x[f"W{k}"] for k in layers], [x[f"b{k}"] for k in layers]
    g = slides.forward(x["x"], weights, biases)
    slopes = slides.backward(g, x["y"], weights)
    values = {**numbered("g", g[1:]), "L": slides.loss(g[-1], x["y"])}
    return values, {**numbered("W", slopes.weights), **numbered("b", slopes.biases), "x": slopes.x}


def batched_sigmoid_network_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """Three layers, a sample in each row."""
    weights, biases = [x["W1"], x["W2"], x["W3"]], [x["b1"], x["b2"], x["b3"]]
    g = slides.forward_batched(x["x"], weights, biases)
    slopes = slides.backward_batched(g, x["y"], weights)
    values = {**numbered("g", g[1:]), "L": slides.loss_batched(g[-1], x["y"])}
    return values, {**numbered("W", slopes.weights), **numbered("b", slopes.biases), "x": slopes.x}


def graph_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The rule for derivatives in a graph, at every node of the example."""
    L, slopes = slides.graph_example(x["x"], x["w"])
    return {"L": L}, slides.graph_rule(slopes, slides.GRAPH_ORDER)


# 002_bbaf01ac7e86d9bc.txt


def by_hand_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The 2-2-2 network on scalars, every partial derivative worked out."""
    weights = worked_example.Weights(*(x[name] for name in worked_example.Weights._fields))
    forward = worked_example.forward(x["x1"], x["x2"], weights)
    slopes = worked_example.backward(x["x1"], x["x2"], x["t1"], x["t2"], weights, forward)
    return {**forward._asdict(), "sse": worked_example.loss(forward, x["t1"], x["t2"])}, slopes


def tape_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The 2-2-2 network on the gradient tape, at every named node."""
    gt, nodes = tape.two_two_two(dict(x))
    gt.forward()
    gt.backward()
    return {name: n.value for name, n in nodes.items()}, {name: n.gradient for name, n in nodes.items()}


def matrices_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The 2-2-2 network in matrices, for any number of instances; the loss is summed over them."""
    H, Y = worked_example.matrix_forward(x["X"], x["W"], x["V"])
    L = worked_example.matrix_loss(Y, x["T"])
    slopes = worked_example.matrix_backward(x["X"], x["T"], x["W"], x["V"], H, Y)
    return {"H": H, "Y": Y, "L": L, "total": np.sum(L)}, slopes


def class_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The 2-2-2 network as the document's small class has it, for any number of instances."""
    net = worked_example.NeuralNetwork(x["W"], x["V"])
    Y = net.forward(x["X"])
    grad_W, grad_V = net.backward(x["T"])
    return {"H": net.H, "Y": Y, "loss": np.sum(net.L)}, {"W": grad_W, "V": grad_V}


def one_weight_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """One weight and one instance: the loss, and its derivative by the weight."""
    return {"L": worked_example.loss_1d(**x)}, {"w": worked_example.dLoss(**x)}


def analogy_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The accelerator pedal: the chain rule."""
    faster, co2, slope = worked_example.accelerator(**x)
    return {"faster": faster, "co2": co2}, {"pedal": slope}


def two_variables_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The partial derivatives of a function of two variables."""
    return {"f": worked_example.f(**x)}, {"x": worked_example.df_dx(**x), "y": worked_example.df_dy(**x)}


# 003_5e1432ecd98f1466.txt: what the lecture leaves open is chosen as in the lessons.

SIGMOID = lecture.Function(slides.sigmoid, lambda z: slides.sigmoid(z) * (1 - slides.sigmoid(z)))
TANH = lecture.Function(np.tanh, lambda z: 1 - np.tanh(z) ** 2)
IDENTITY = lecture.Function(lambda z: z, lambda z: 1)
SQUARED_ERROR = lecture.Function(lambda a, y: np.sum((a - y) ** 2), lambda a, y: 2 * (a - y))
HALF_SQUARED_ERROR = lecture.Function(lambda a, y: np.sum((a - y) ** 2) / 2, lambda a, y: a - y)
CROSS_ENTROPY = lecture.Function(  # of one sample, summed over outputs
    lambda a, y: -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)),
    lambda a, y: (1 - y) / (1 - a) - y / a,
)


def chain_rule_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The chain rule for k(x) = exp(tanh(x^2))."""
    square = lecture.Function(lambda x: x**2, lambda x: 2 * x)
    exp = lecture.Function(np.exp, np.exp)
    slope = lecture.chain_rule_of_three(x["x"], g=square, f=TANH, h=exp)
    return {"k": exp.value(TANH.value(square.value(x["x"])))}, {"x": slope}


def lecture_network(x: Numbers, activation: lecture.Function, loss: lecture.Function) -> lecture.Network:
    """The network with a lesson's weights W1, W2, ... and biases b1, b2, ...; a single layer has W and b."""
    layers = [""] if "W" in x else [name[1:] for name in x if name[0] == "W"]
    return lecture.Network([x[f"W{k}"] for k in layers], [x[f"b{k}"] for k in layers], activation, loss)


def delta_recursion(activation: lecture.Function, loss: lecture.Function) -> System:
    """The errors' recursion, and the cost as a mean over the samples in the rows of X and Y."""

    def system(x: Numbers) -> tuple[Numbers, Numbers]:
        network = lecture_network(x, activation, loss)
        slopes = lecture.cost_derivatives(network, x["X"], x["Y"])
        by_name = {**numbered("W", slopes.weights), **numbered("b", slopes.biases)}
        if "W" in x:
            by_name = {"W": by_name["W1"], "b": by_name["b1"]}
        return {"cost": lecture.cost(network, x["X"], x["Y"])}, by_name

    return system


def same_value_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """All weights w and all biases b: their derivatives add up."""
    weights, biases = lecture.constant_initialisation([2, 3, 4, 1], x["w"], x["b"])
    network = lecture.Network(weights, biases, TANH, HALF_SQUARED_ERROR)
    slopes = lecture.cost_derivatives(network, x["X"], x["Y"])
    summed = {"w": sum(map(np.sum, slopes.weights)), "b": sum(map(np.sum, slopes.biases))}
    return {"cost": lecture.cost(network, x["X"], x["Y"])}, summed


def three_hidden_layers_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The delta recursion for three hidden layers, with two samples that are given one by one, as x1, y1 and x2, y2."""
    samples = {"X": np.stack([x["x1"], x["x2"]]), "Y": np.stack([x["y1"], x["y2"]])}
    return delta_recursion(TANH, HALF_SQUARED_ERROR)({**x, **samples})


# 004_0baf4c8abb5817b8.txt


def exponential_neuron_system(x: Numbers) -> tuple[Numbers, Numbers]:
    """The exponential neuron: its values, and the derivatives of its loss."""
    forward = exponential_neuron.forward(**x)
    return forward._asdict(), exponential_neuron.backward(x["x"], x["y_star"], forward)


SYSTEMS: Mapping[str, System] = {
    "two_neurons": two_neurons_system,
    "two_neurons_per_layer": neurons_system,
    "two_neurons_per_layer_matrices": layers_system,
    "slides_neuron": neuron_system,
    "slides_chain_rule": chosen_chain_rule_system,
    "slides_layer": layer_system,
    "slides_forward_pass": sigmoid_network_system,
    "slides_network": sigmoid_network_system,
    "slides_network_batched": batched_sigmoid_network_system,
    "slides_graph": graph_system,
    "worked_example_scalars": by_hand_system,
    "worked_example_tape": tape_system,
    "worked_example_matrices": matrices_system,
    "worked_example_two_instances": matrices_system,
    "worked_example_network": class_system,
    "worked_example_difference_quotient": one_weight_system,
    "worked_example_partial_derivatives": two_variables_system,
    "worked_example_analogy": analogy_system,
    "lecture_chain_rule": chain_rule_system,
    "lecture_three_hidden_layers": three_hidden_layers_system,
    "lecture_cross_entropy": delta_recursion(SIGMOID, CROSS_ENTROPY),
    "lecture_gradient_descent": delta_recursion(IDENTITY, SQUARED_ERROR),
    "lecture_constant_initialisation": delta_recursion(TANH, HALF_SQUARED_ERROR),
    "lecture_same_value": same_value_system,
    "exponential_neuron": exponential_neuron_system,
}
