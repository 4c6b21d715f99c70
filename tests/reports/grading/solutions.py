"""Correct solutions of the documents' exercises, as students write them, and slips made in them.

Each is for a built-in lesson, in one of the documents' layouts and notations. A slip replaces a piece of the text; with
it comes the mistake of the catalogue that it is.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Solution:
    """A correct program, the quantities that it gives, and the slips to make in it: (piece, other, mistake)."""

    lesson: str
    source: str
    quantities: tuple[str, ...] = ()
    slips: list[tuple[str, str, str]] = field(default_factory=list)


TWO_NEURONS = """
i1 = x
z1 = w1 * i1 + b1
a1 = sigma(z1)
z2 = w2 * a1 + b2
a2 = sigma(z2)
haty = a2
L = (y - haty)**2 / 2
dLda2 = a2 - y
da2dz2 = a2 * (1 - a2)
dz2dw2 = a1
dLdw2 = dLda2 * da2dz2 * dz2dw2
eta = 0.05
w2new = w2 - dLdw2 * eta
dz2da1 = w2
da1dz1 = a1 * (1 - a1)
dz1dw1 = i1
dLdw1 = dz1dw1 * da1dz1 * dz2da1 * da2dz2 * dLda2
w1new = w1 - eta * dLdw1
"""
FILLED_IN: tuple[str, ...] = (
    "z1",
    "a1",
    "z2",
    "a2",
    "L",
    "dL/da2",
    "da2/dz2",
    "dz2/dw2",
    "dL/dw2",
    "w2_new",
    "dz2/da1",
    "da1/dz1",
)
FILLED_IN += ("dz1/dw1", "dL/dw1", "w1_new")

MATRICES = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
H_in = X @ W
H = sigmoid(H_in)
Y_in = H @ V
Y = sigmoid(Y_in)
E = Y - T
grad_Y = 2 * E
grad_Y_in = Y * (1 - Y) * grad_Y
grad_V = H.T @ grad_Y_in
grad_H = grad_Y_in @ V.T
grad_H_in = (H * (1 - H)) * grad_H
grad_W = X.T @ grad_H_in
grad_X = grad_H_in @ W.T
W_new = W - 0.5 * grad_W
V_new = V - 0.5 * grad_V
"""
GRAD_X = "grad_X = grad_H_in @ W.T"

SLIDES = """
def sigmoid(f):
    return 1 / (1 + np.exp(-f))
def forward(x, weights, biases):
    g = x
    activations = [g]
    for b, w in zip(biases, weights):
        f = w @ g + b
        g = sigmoid(f)
        activations.append(g)
    return activations
weights, biases = [W1, W2, W3], [b1, b2, b3]
activations = forward(x, weights, biases)
grad_weights, grad_biases = [], []
grad_g = 2 * (activations[-1] - y) / len(y)
for w, g, before in zip(weights[::-1], activations[:0:-1], activations[-2::-1]):
    grad_f = grad_g * g * (1 - g)
    grad_weights.insert(0, np.outer(grad_f, before))
    grad_biases.insert(0, grad_f)
    grad_g = w.T @ grad_f
"""

SCALARS = """
from math import exp
def s(z): return 1 / (1 + exp(-z))
h1_in = w11 * x1 + w21 * x2
h2_in = w12 * x1 + w22 * x2
h1_out, h2_out = s(h1_in), s(h2_in)
y1_in = v11 * h1_out + v21 * h2_out
y2_in = v12 * h1_out + v22 * h2_out
y1_out, y2_out = s(y1_in), s(y2_in)
grad_y1_out = 2 * (y1_out - t1)
grad_y2_out = 2 * (y2_out - t2)
grad_y1_in = (y1_out * (1 - y1_out)) * grad_y1_out
grad_y2_in = (y2_out * (1 - y2_out)) * grad_y2_out
grad_v21 = grad_y1_in * h2_out
grad_v22 = grad_y2_in * h2_out
grad_v11 = grad_y1_in * h1_out
grad_v12 = grad_y2_in * h1_out
grad_h1_out = grad_y1_in * v11 + grad_y2_in * v12
grad_h2_out = grad_y1_in * v21 + grad_y2_in * v22
grad_h1_in = (h1_out * (1 - h1_out)) * grad_h1_out
grad_h2_in = (h2_out * (1 - h2_out)) * grad_h2_out
grad_w21 = grad_h1_in * x2
grad_w22 = grad_h2_in * x2
grad_w11 = grad_h1_in * x1
grad_w12 = grad_h2_in * x1
"""

LECTURE = """
def f(z): return np.tanh(z)
def backprop(x, y):
    z = [None]; a = [x]
    for W, b in ((W1, b1), (W2, b2), (W3, b3), (W4, b4)):
        z.append(W.T @ a[-1] + b)
        a.append(f(z[-1]))
    delta = (1 - a[4]**2) * (a[4] - y)
    slopes = {}
    for l, W in ((4, W4), (3, W3), (2, W2), (1, W1)):
        slopes[f"W{l}"] = np.outer(a[l-1], delta)
        slopes[f"b{l}"] = delta
        if l > 1:
            delta = (1 - a[l-1]**2) * (W @ delta)
    return slopes
one, two = backprop(x1, y1), backprop(x2, y2)
grads = {name: (one[name] + two[name]) / 2 for name in one}
"""

CROSS_ENTROPY = """
m = X.shape[0]
def forward_propagation(X):
    Z1 = X @ W1 + b1
    A1 = 1 / (1 + np.exp(-Z1))
    Z2 = A1 @ W2 + b2
    return Z1, A1, Z2, 1 / (1 + np.exp(-Z2))
Z1, A1, Z2, A2 = forward_propagation(X)
cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
dZ2 = (A2 - Y) / m
dW2 = A1.T @ dZ2
db2 = np.sum(dZ2, axis=0)
dZ1 = dZ2 @ W2.T * A1 * (1 - A1)
dW1 = X.T @ dZ1
db1 = dZ1.sum(axis=0, keepdims=True)
"""

EXPONENTIAL = """
u = w * x
v = u + b
y = np.exp(v)
dudw = x
dvdu = 1
dvdb = 1
dydv = y
dldy = 2 * (y - y_star)
dldw = dldy * dydv * dvdu * dudw
dldb = dldy * dydv * dvdb
"""

NET = """
class Net:
    def __init__(self, W, V):
        self.W, self.V = W, V
    def forward(self, X):
        self.X = X
        self.H = self.sigmoid(X @ self.W)
        self.Y = self.sigmoid(self.H @ self.V)
        return self.Y
    def backward(self, T):
        dY_in = 2 * (self.Y - T) * self.Y * (1 - self.Y)
        self.dV = self.H.T @ dY_in
        self.dH = dY_in @ self.V.T
        self.dW = self.X.T @ (self.dH * self.H * (1 - self.H))
    def step(self, rate):
        self.W = self.W - rate * self.dW
        self.V = self.V - rate * self.dV
    @staticmethod
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))
net = Net(W, V)
net.forward(X)
net.backward(T)
net.step(0.5)
"""

LAYERS = """
from dataclasses import dataclass
@dataclass
class Layer:
    W: np.ndarray
    b: np.ndarray
    def forward(self, x):
        self.x = x
        self.g = 1 / (1 + np.exp(-(self.W @ x + self.b)))
        return self.g
    def backward(self, grad):
        self.db = grad * self.g * (1 - self.g)
        self.dW = np.outer(self.db, self.x)
        return self.W.T @ self.db
class Network:
    def __init__(self, layers):
        self.layers = layers
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
network = Network([Layer(W1, b1), Layer(W2, b2), Layer(W3, b3)])
output = network.forward(x)
network.backward(2 * (output - y) / y.size)
"""

SOLUTIONS = {
    "the exercise's variables": Solution(
        "two_neurons",
        TWO_NEURONS,
        FILLED_IN,
        [
            ("dz2dw2 = a1", "dz2dw2 = a2", "another"),
            ("dLda2 = a2 - y", "dLda2 = y - a2", "sign"),
            ("dz2da1 = w2", "dz2da1 = w1", "another"),
            ("da1dz1 = a1 * (1 - a1)", "da1dz1 = z1 * (1 - z1)", "another value|derivative"),
            ("da2dz2 = a2 * (1 - a2)", "da2dz2 = a2 * a2", "derivative"),
            ("dz1dw1 = i1", "dz1dw1 = w1", "another"),
            ("w1new = w1 - eta", "w1new = w1 + eta", "sign"),
            ("w2new = w2 - dLdw2 * eta", "w2new = w2 - dLdw2", "learning rate"),
            ("w2new = w2 -", "w2new = w1 -", "another weight"),
            ("w1new = w1 - eta * dLdw1", "w1new = w1 - eta * dLdw2", "another gradient"),
            ("L = (y - haty)**2 / 2", "L = (y - haty) / 2", "not squared"),
            ("L = (y - haty)**2 / 2", "L = (y - haty)**2", "half left out"),
            ("z1 = w1 * i1 + b1", "z1 = w1 * i1", "term left out"),
            ("a2 = sigma(z2)", "a2 = np.tanh(z2)", "another activation"),
            ("dLdw1 = dz1dw1 * da1dz1 *", "dLdw1 = dz1dw1 *", "derivative left out"),
        ],
    ),
    "with numbers read off the tables": Solution(
        "two_neurons",
        "dLda2 = 0.599\nda2dz2 = 0.238\ndz2dw2 = 0.476\nw2new = 0.297\na1 = .476\nz2 = .443\na2 = 0.609\n",
        ("dL/da2", "da2/dz2", "dz2/dw2", "w2_new", "a1", "z2", "a2"),
    ),
    "carried on from rounded numbers": Solution(
        "two_neurons",
        "a1 = 0.476\na2 = 0.609\ndLda2 = a2 - y\nda2dz2 = a2*(1-a2)\ndLdw2 = dLda2*da2dz2*a1\n",
        ("a1", "a2", "dL/da2", "da2/dz2", "dL/dw2"),
    ),
    "in single precision": Solution(
        "two_neurons",
        "x, y, w1, b1, w2, b2 = map(np.float32, (x, y, w1, b1, w2, b2))\n" + TWO_NEURONS,
        FILLED_IN,
    ),
    "single precision on the way": Solution(
        "two_neurons", TWO_NEURONS.replace("a1 = sigma(z1)", "a1 = float(np.float32(sigma(z1)))"), FILLED_IN
    ),
    "updated in place": Solution(
        "two_neurons", TWO_NEURONS.replace("w1new =", "w1 =").replace("w2new =", "w2_old = w2; w2_upd ="), FILLED_IN
    ),
    "a function of the inputs": Solution(
        "two_neurons",
        "def gradients(x, y, w1, b1, w2, b2):\n    s = lambda z: 1 / (1 + np.exp(-z))\n    a1 = s(w1*x + b1)\n"
        "    a2 = s(w2*a1 + b2)\n    d2 = (a2 - y)*a2*(1 - a2)\n    d1 = d2*w2*a1*(1 - a1)\n"
        "    return {'w1': d1*x, 'b1': d1, 'w2': d2*a1, 'b2': d2}\n",
        slips=[("d1 = d2*w2*a1*(1 - a1)", "d1 = d2*w2", "derivative left out"), ("a2 - y", "y - a2", "sign")],
    ),
    "forward and backward": Solution(
        "two_neurons",
        "def forward(x, w1, b1, w2, b2):\n    a1 = sigma(w1*x + b1)\n    a2 = sigma(w2*a1 + b2)\n    return a1, a2\n"
        "def backward(x, y, w2, a1, a2):\n    dz2 = (a2 - y)*a2*(1 - a2)\n    dz1 = dz2*w2*a1*(1 - a1)\n"
        "    dw1, db1, dw2, db2 = dz1*x, dz1, dz2*a1, dz2\n    return dw1, db1, dw2, db2\n",
    ),
    "differences of the loss": Solution(
        "two_neurons",
        "def f(w1, b1, w2, b2): return (y - sigma(w2*sigma(w1*x + b1) + b2))**2 / 2\np = [w1, b1, w2, b2]\n"
        "def d(i, h=1e-4):\n    e = [h*(j == i) for j in range(4)]\n"
        "    return (8*(f(*[a+b for a, b in zip(p, e)]) - f(*[a-b for a, b in zip(p, e)]))"
        " - f(*[a+2*b for a, b in zip(p, e)]) + f(*[a-2*b for a, b in zip(p, e)])) / (12*h)\n"
        "dw1, db1, dw2, db2 = (d(i) for i in range(4))\n",
    ),
    "rows, as in the document": Solution(
        "worked_example_two_instances",
        MATRICES,
        ("H", "Y", "dtotal/dW", "dtotal/dV", "W_new", "V_new", "dtotal/dH_in", "dtotal/dY"),
        [
            ("H.T @ grad_Y_in", "(H.T @ grad_Y_in).T", "transposed"),
            ("grad_Y = 2 * E", "grad_Y = E", "two of the square left out"),
            ("grad_Y_in @ V.T", "grad_Y_in @ V", "not transposed"),
            ("grad_H_in = (H * (1 - H)) * grad_H", "grad_H_in = grad_H", "derivative left out"),
            ("E = Y - T", "E = T - Y", "sign"),
            ("W - 0.5 * grad_W", "W + 0.5 * grad_W", "sign"),
            ("H_in = X @ W", "H_in = X @ W.T", "weight transposed"),
            ("grad_V = H.T @ grad_Y_in", "grad_V = H.T @ grad_Y_in / 2", "averaged"),
            ("grad_W = X.T @ grad_H_in", "grad_W = X[:1].T @ grad_H_in[:1]", "one sample"),
            ("Y * (1 - Y) * grad_Y", "Y_in * (1 - Y_in) * grad_Y", "derivative|another value"),
        ],
    ),
    "a class": Solution(
        "worked_example_two_instances",
        NET,
        ("H", "Y", "dtotal/dW", "dtotal/dV", "W_new", "V_new", "dtotal/dH"),
        [
            ("self.X.T @ (self.dH * self.H * (1 - self.H))", "self.X.T @ self.dH", "derivative left out"),
            ("self.dV = self.H.T @ dY_in", "self.dV = (self.H.T @ dY_in).T; self.dV = self.dV", "transposed"),
            ("2 * (self.Y - T)", "2 * (T - self.Y)", "sign"),
            ("self.W - rate", "self.W + rate", "sign"),
            ("dY_in @ self.V.T", "dY_in @ self.V", "not transposed"),
        ],
    ),
    "a class with a dict of gradients": Solution(
        "worked_example_two_instances",
        NET.replace("self.dV =", "self.grads = {}; self.grads['V'] =")
        .replace("self.dW =", "self.grads['W'] =")
        .replace("self.dW", "self.grads['W']")
        .replace("self.dV", "self.grads['V']"),
        ("H", "Y", "dtotal/dW", "dtotal/dV", "W_new", "V_new", "dtotal/dH"),
        [("2 * (self.Y - T)", "(self.Y - T)", "two of the square left out")],
    ),
    "a class in columns": Solution(
        "worked_example_two_instances",
        "class Net:\n    def __init__(self):\n        self.W, self.V = W.T, V.T\n"
        "    def backprop(self, X, T):\n        self.H = sigma(self.W @ X)\n        self.Y = sigma(self.V @ self.H)\n"
        "        d = 2 * (self.Y - T) * self.Y * (1 - self.Y)\n        self.dV = d @ self.H.T\n"
        "        self.dW = (self.V.T @ d * self.H * (1 - self.H)) @ X.T\nnet = Net()\nnet.backprop(X.T, T.T)\n",
        ("H", "Y", "dtotal/dW", "dtotal/dV"),
        [("self.Y - T", "T - self.Y", "sign")],
    ),
    "a class for a layer": Solution(
        "slides_network",
        LAYERS,
        ("dL/dW1", "dL/dW2", "dL/dW3", "dL/db1", "dL/db2", "dL/db3"),
        [
            ("/ y.size", "", "sum for mean"),
            ("grad * self.g * (1 - self.g)", "grad", "derivative left out"),
            ("np.outer(self.db, self.x)", "np.outer(self.x, self.db)", "transposed"),
            ("output - y", "y - output", "sign"),
        ],
    ),
    "layers by their names": Solution(
        "slides_network",
        LAYERS.replace("network = Network([", "layer1, layer2, layer3 = layers = (")
        .replace("W3, b3)])", "W3, b3))")
        .replace("output = network.", "network = Network(layers)\noutput = network."),
        ("dL/dW1", "dL/dW2", "dL/dW3", "dL/db1", "dL/db2", "dL/db3"),
        [("output - y", "y - output", "sign")],
    ),
    "values that know their gradient": Solution(
        "two_neurons",
        "class Value:\n    def __init__(self, data):\n        self.data, self.grad = data, 0.0\n"
        + TWO_NEURONS
        + "weight1, w1 = w1, Value(w1)\nw1.grad = dLdw1\na1 = Value(a1)\na1.grad = dLda2 * da2dz2 * dz2da1\n"
        "del dLdw1, w1new\n",
        ("dL/dw1", "dL/da1"),
        [("dz2da1 = w2", "dz2da1 = 1", "another|left out"), ("dLda2 = a2 - y", "dLda2 = y - a2", "sign")],
    ),
    "one instance in a row": Solution(
        "worked_example_matrices",
        MATRICES,
        ("dtotal/dW", "dtotal/dV", "dtotal/dX", "W_new"),
        [("X.T @ grad_H_in", "(X.T @ grad_H_in).T", "transposed"), ("2 * E", "E", "two of the square left out")],
    ),
    "one instance in a column": Solution(
        "worked_example_matrices",
        "x, t = X.reshape(-1, 1), T.reshape(-1, 1)\nH = sigma(W.T @ x)\nY = sigma(V.T @ H)\n"
        "dY_in = 2 * (Y - t) * Y * (1 - Y)\ndV = H @ dY_in.T\ndH_in = (V @ dY_in) * H * (1 - H)\ndW = x @ dH_in.T\n",
        ("H", "Y", "dtotal/dW", "dtotal/dV", "dtotal/dH_in"),
        [("dW = x @ dH_in.T", "dW = dH_in @ x.T", "transposed")],
    ),
    "two instances in columns": Solution(
        "worked_example_two_instances",
        "X, T, W, V = X.T, T.T, W.T, V.T\nH = sigma(W @ X)\nY = sigma(V @ H)\ndY_in = 2 * (Y - T) * Y * (1 - Y)\n"
        "dV = dY_in @ H.T\ndH_in = (V.T @ dY_in) * H * (1 - H)\ndW = dH_in @ X.T\nW_new = W - 0.5 * dW\n",
        ("H", "Y", "dtotal/dW", "dtotal/dV", "dtotal/dH_in", "W_new"),
    ),
    "by hand on scalars": Solution(
        "worked_example_scalars",
        SCALARS,
        (),
        [
            ("grad_w21 = grad_h1_in * x2", "grad_w21 = grad_h1_in * x1", "another|exchanged"),
            (" + grad_y2_in * v12", "", "path forgotten|term left out"),
            ("grad_y1_out = 2 * (y1_out - t1)", "grad_y1_out = (y1_out - t1)", "two of the square left out"),
            ("grad_v22 = grad_y2_in * h2_out", "grad_v22 = grad_y1_in * h2_out", "another|exchanged"),
            ("(h1_out * (1 - h1_out)) * grad_h1_out", "grad_h1_out", "derivative left out"),
            ("grad_y2_out = 2 * (y2_out - t2)", "grad_y2_out = 2 * (t2 - y2_out)", "sign"),
        ],
    ),
    "partial derivatives as functions": Solution(
        "worked_example_partial_derivatives",
        "def df_dx(x, y):\n    return 6*x + 2*y\ndef df_dy(x, y):\n    return 2*x\n",
        ("df/dx", "df/dy"),
    ),
    "the slides' loop": Solution(
        "slides_network",
        SLIDES,
        ("dL/dW1", "dL/dW2", "dL/dW3", "dL/db1", "dL/db2", "dL/db3"),
        [
            ("/ len(y)", "", "sum for mean"),
            ("grad_g = 2 *", "grad_g =", "two of the square left out|half taken twice"),
            ("grad_f = grad_g * g * (1 - g)", "grad_f = grad_g", "derivative left out"),
            ("np.outer(grad_f, before)", "np.outer(before, grad_f)", "transposed"),
            ("f = w @ g + b", "f = w @ g", "term left out"),
            ("(activations[-1] - y)", "(y - activations[-1])", "sign"),
        ],
    ),
    "the slides, batched": Solution(
        "slides_network_batched",
        SLIDES.replace("f = w @ g + b", "f = (w @ g.T).T + b")
        .replace("len(y)", "y.size")
        .replace("np.outer(grad_f, before)", "grad_f.T @ before")
        .replace("insert(0, grad_f)", "insert(0, grad_f.sum(axis=0))")
        .replace("w.T @ grad_f", "grad_f @ w"),
        ("dL/dW1", "dL/dW2", "dL/dW3", "dL/db1", "dL/db2", "dL/db3"),
        [
            ("/ y.size", "/ len(y)", "mean over something else"),
            ("/ y.size", "", "sum for mean"),
            ("grad_f.sum(axis=0)", "grad_f.mean(axis=0)", "averaged"),
            ("grad_f.sum(axis=0)", "grad_f[0]", "one sample"),
            ("grad_f.sum(axis=0)", "0 * grad_f[0]", "bias gradient left out"),
        ],
    ),
    "the slides' layer": Solution(
        "slides_layer",
        "f = W @ x + b\ng = 1/(1+np.exp(-f))\ngrad_f = 2*(g-y)/2*g*(1-g)\ngrad_W = np.outer(grad_f, x)\n"
        "grad_b = grad_f\ngrad_x = W.T @ grad_f\n",
        slips=[("np.outer(grad_f, x)", "np.outer(x, grad_f)", "transposed")],
    ),
    "the lecture's recursion": Solution(
        "lecture_three_hidden_layers",
        LECTURE,
        tuple(f"dcost/d{p}{i}" for i in (1, 2, 3, 4) for p in "Wb"),
        [
            (") / 2 for name", ") for name", "sum for mean|half|factor"),
            ("(a[4] - y)", "(y - a[4])", "sign"),
            ("delta = (1 - a[l-1]**2) * (W @ delta)", "delta = W @ delta", "derivative left out"),
            ("np.outer(a[l-1], delta)", "np.outer(delta, a[l-1])", "transposed"),
        ],
    ),
    "the lecture's cross-entropy": Solution(
        "lecture_cross_entropy",
        CROSS_ENTROPY,
        ("A2", "cost", "dcost/dW1", "dcost/db1", "dcost/dW2", "dcost/db2"),
        [
            ("(A2 - Y) / m", "(A2 - Y)", "sum for mean"),
            ("(A2 - Y) / m", "(Y - A2) / m", "sign"),
            ("W2.T * A1 * (1 - A1)", "W2.T", "derivative left out"),
            ("dW1 = X.T @ dZ1", "dW1 = dZ1.T @ X", "transposed"),
        ],
    ),
    "one step of gradient descent": Solution(
        "lecture_gradient_descent",
        "m = len(X)\nZ = X @ W + b\ndZ = 2 * (Z - Y) / m\ndW = X.T @ dZ\ndb = dZ.sum(axis=0)\nW = W - alpha * dW\n"
        "b = b - alpha * db\n",
        ("dcost/dW", "dcost/db", "W_new", "b_new"),
        [("/ m", "", "sum for mean"), ("W - alpha", "W + alpha", "sign"), ("alpha * dW", "dW", "learning rate")],
    ),
    "the exponential neuron": Solution(
        "exponential_neuron",
        EXPONENTIAL,
        ("u", "v", "y", "du/dw", "dy/dv", "dloss/dw", "dloss/db"),
        [
            ("dldy = 2 *", "dldy =", "two of the square left out"),
            ("(y - y_star)", "(y_star - y)", "sign"),
            ("dydv = y", "dydv = v", "derivative|another"),
            ("dldy * dydv * dvdb", "dldy * dvdb", "derivative left out|another"),
        ],
    ),
}
