class Net:
    def __init__(self, W1, b1, w2, b2):
        self.W1, self.b1, self.w2, self.b2 = W1, b1, w2, b2

    def forward(self, x):
        self.x = x
        self.a = 1 / (1 + np.exp(-(self.W1 @ x + self.b1)))
        self.p = self.w2 @ self.a + self.b2

    def backward(self, y):
        self.L = (self.p - y) ** 2 / 2
        self.dz = (self.p - y) * self.w2 * self.a * (1 - self.a)
        self.dW1 = np.outer(self.dz, self.x)

    def step(self, eta):
        self.W1 = self.W1 - eta * self.dW1


net = Net(W1, b1, w2, b2)
net.forward(x)
net.backward(y)
net.step(0.5)
