a = sigmoid(W1 @ x + b1)
p = w2 @ a + b2
L = (p - y) ** 2 / 2
dz = (p - y) * w2
dW1 = np.outer(dz, x)
W1_new = W1 - eta * dW1
