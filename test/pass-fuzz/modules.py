"""Random small modules of the nn dialect, as text. Broadcasts, dimensions of size 1 and tensors
of rank 0, which are rare in models, are frequent here."""

import random

ELEMENTWISE = ["add", "sub", "mul", "max", "min"]
UNARY = ["neg", "tanh", "exp", "sigmoid", "abs", "gelu"]


def tensor(shape):
    return "tensor<" + "".join(f"{size}x" for size in shape) + "f32>"


def array(numbers):
    return "array<i64" + (": " if numbers else "") + ", ".join(map(str, numbers)) + ">"


def joined(a, b):
    """Returns the shape of an elementwise result, or None if the operands do not broadcast."""
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    if any(x != y and 1 not in (x, y) for x, y in zip(a, b)):
        return None
    return tuple(y if x == 1 else x for x, y in zip(a, b))


class Module:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines, self.values, self.parameters = [], [], []
        self.width = self.random.choice([1, 2, 5])
        self.values.append(("%x", (4, self.width)))
        for i in range(self.random.randrange(1, 4)):
            shape = self.random.choice([(self.width,), (1, self.width), (self.width, 3), (1, 1, 2),
                                        (4, 1), (1,), (), (2, 1, 1, self.width)])
            self.parameters.append((f"p{i}", shape))
            self.value(shape, f"nn.load @p{i} : {tensor(shape)}")
        for number in (0.0, 1.0, 0.5):
            if self.random.random() < 0.4:
                self.value((), f"nn.constant dense<{number}> : tensor<f32>")
        for _ in range(self.random.randrange(3, 12)):
            self.grow()

    def value(self, shape, text):
        name = f"%v{len(self.values)}_"
        self.lines.append(f"  {name} = {text}")
        self.values.append((name, tuple(shape)))

    def pick(self):
        return self.random.choice(self.values[-6:] + self.values)

    def grow(self):
        kind = self.random.choice([self.binary, self.binary, self.unary, self.broadcast,
                                   self.broadcast, self.reshape, self.transpose, self.reduce,
                                   self.matmul, self.concat, self.softmax])
        kind(*self.pick())

    def binary(self, name, shape):
        other, its = self.pick()
        if (result := joined(shape, its)) is not None and len(result) <= 5:
            self.value(result, f"nn.{self.random.choice(ELEMENTWISE)} {name}, {other} : "
                               f"{tensor(shape)}, {tensor(its)}")

    def unary(self, name, shape):
        self.value(shape, f"nn.{self.random.choice(UNARY)} {name} : {tensor(shape)}")

    def broadcast(self, name, shape):
        result = tuple(self.random.choice([1, 1, 2, 3]) for _ in range(
            self.random.randrange(0, 5 - min(4, len(shape))))) + tuple(
            self.random.choice([1, 3]) if size == 1 else size for size in shape)
        if result != shape:
            self.value(result, f"nn.broadcast {name} : {tensor(shape)} to {tensor(result)}")
            if self.random.random() < 0.7:  # operands that kernels broadcast themselves
                self.binary(*self.values[-1])

    def reshape(self, name, shape):
        size = 1
        for extent in shape:
            size *= extent
        result = self.random.choice([(size,), (1, size), (size, 1), (1,) + shape, shape + (1,),
                                     tuple(x for x in shape if x != 1)])
        if result != shape:
            self.value(result, f"nn.reshape {name} : {tensor(shape)} to {tensor(result)}")

    def transpose(self, name, shape):
        order = list(range(len(shape)))
        self.random.shuffle(order)
        if len(shape) > 1:
            self.value([shape[d] for d in order], f"nn.transpose {name} {{permutation = "
                                                  f"{array(order)}}} : {tensor(shape)}")

    def reduce(self, name, shape):
        axes = [d for d in range(len(shape)) if self.random.random() < 0.4]
        if axes:
            self.value([x for d, x in enumerate(shape) if d not in axes],
                       f"nn.reduce_sum {name} {{axes = {array(axes)}}} : {tensor(shape)}")

    def matmul(self, name, shape):
        for other, its in self.values:
            if len(shape) == 2 and len(its) == 2 and shape[1] == its[0]:
                self.value((shape[0], its[1]), f"nn.matmul {name}, {other} : {tensor(shape)}, "
                                               f"{tensor(its)}")
                return

    def concat(self, name, shape):
        if shape:
            axis = self.random.randrange(len(shape))
            result = list(shape)
            result[axis] *= 2
            self.value(result, f"nn.concat {name}, {name} {{axis = {axis} : i64}} : "
                               f"{tensor(shape)}, {tensor(shape)}")

    def softmax(self, name, shape):
        if shape:
            self.value(shape, f"nn.softmax {name} : {tensor(shape)}")

    def text(self):
        """Returns the module's text; all values that nothing reads are added to the loss."""
        body = "\n".join(self.lines)
        total = None
        for name, shape in list(self.values):
            if body.count(name) > 1 or name == "%x" and name in body:
                continue
            if shape:
                self.value((), f"nn.reduce_sum {name} {{axes = {array(range(len(shape)))}}} : "
                               f"{tensor(shape)}")
                name = self.values[-1][0]
            if total:
                self.value((), f"nn.add {total}, {name} : tensor<f32>, tensor<f32>")
                name = self.values[-1][0]
            total = name
        parameters = "".join(f"nn.parameter @{name} : {tensor(shape)} {{trainable}}\n"
                             for name, shape in self.parameters)
        x = tensor((4, self.width))
        return (f"{parameters}func.func @forward(%x: {x} {{nn.name = \"x\", nn.role = \"input\"}})"
                f" -> (tensor<f32> {{nn.name = \"loss\"}}) {{\n" + "\n".join(self.lines) +
                f"\n  return {total} : tensor<f32>\n}}\n")
