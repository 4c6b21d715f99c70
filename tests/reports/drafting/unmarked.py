"""Small unmarked documents, as people write them."""

NEURONS = r"""# Two neurons

In [1]:
# the numbers
x = 0.05
y = 0.01
w1, b1 = 0.1, -0.1

w2 = 0.3
b2 = 0.3
z1 = ""

The forward pass is

$\begin{eqnarray}
z_1 &=& w_1 x + b_1\\
a_1 &=& \sigma(z_1) = \frac{1}{1+e^{-z_1}}\\
z_2 &=& w_2 a_1 + b_2\\
a_2 &=& \sigma(z_2)\\
L(w,b|x) &=& \frac{1}{2}\left(y-a_2\right)^2
\end{eqnarray}$

With $\eta = 0.05$ we get `a_1 = 0.476`, and a2 = 0.609.

$$\frac{\partial L}{\partial a_2} = a_2 - y = 0.609 - 0.01 = 0.599$$
$$w'_2 = w_2 - \eta \frac{\partial L}{\partial w_2} = 0.297$$
$$z_3 = \sum_i w_i$$

In [2]:
dLda2 = a2 - y
da2dz2 = a2 * (1-a2)
dz2dw2 = a2
w2new = w2 - dLda2 * da2dz2 * dz2dw2 * 0.05

$\frac{\partial L}{\partial a_2}$,$\frac{\partial a_2}{\partial z_2}$,$\eta$,$w'_2$
0.599,0.238,0.05,0.296
"""

WORKED = """# Worked

```python
import numpy as np

def sigmoid(z):
    return 1./(1+np.exp(-z))

X = np.array([[3., 1.]])
T = np.array([[1., 0.]])
W = np.array([[6., -3.], [-2., 5.]])
V = np.array([[1., -2.], [0.25, 2.]])
H = sigmoid(np.dot(X, W))
Y = sigmoid(np.dot(H, V))
print("output", Y)
>>> output [[0.73194171 0.12303186]]
```

```python
E = Y - T
L = np.sum(E**2, axis=1, keepdims=True)
print(L)
>>> [[0.08699208]]
grad_Y = 2*E
grad_Y_in = Y * (1-Y) * grad_Y
grad_V = np.dot(H.T, grad_Y_in)
print(grad_V)
>>> [[-0.10518769  0.02654905]
>>>  [-0.00189193  0.00047752]]
```

Later, with other weights,
```python
print(L)
>>> [[0.01234567]]
for i in range(3):
    V -= 0.5 * grad_V
print(V)
>>> [[1. 2.] [3. 4.]]
```
Again: the loss was 0.08699208.
```
0.4999
```
"""

DOCTEST = """
```
>>> w = 3.0
>>> x = 2.0
>>> y = w * x
>>> y
6.0
>>> L = (y - 1)**2
>>> print(L)
25.0
```
"""

RECORDED = """# Recorded

```python
class Value:
    def __init__(self, data):
        self.data, self.grad = data, 0.0
    def __add__(self, other):
        return Value(self.data + other.data)
    def __mul__(self, other):
        return Value(self.data * other.data)

graph = Graph()
w, b = Value(2), Value(-1)
x = Leaf(3.0, graph)
z = Add(Mul(w, x, graph), b, graph)
loss = Square(z, graph)
loss.backward()
print(w.grad)
layer = Dense(4, 3)
## 30.0
```
"""
