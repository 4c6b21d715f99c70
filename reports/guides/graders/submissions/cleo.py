a = sigmoid(W1 @ x + b1)
p = w2 @ a + b2
L = (p - y) ** 2 / 2
dz = (p - y) * w2 * a * (1 - a)
dW1 = np.outer(x, dz)
while abs(dW1).max() > 0:
    W1 = W1 - eta * dW1
