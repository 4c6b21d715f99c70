"""The teacher's own solution. The inputs of the lesson, np and sigmoid are there already."""

z = W1 @ x + b1
a = sigmoid(z)
p = w2 @ a + b2
L = (p - y) ** 2 / 2

dz = (p - y) * w2 * a * (1 - a)
dW1 = np.outer(dz, x)
W1_new = W1 - eta * dW1
