"""An interpreter of functions of the nn dialect, from their text, in f64. It shares no code with
the compiler."""

import json
import math
import re

import numpy as np

LAUNCH = re.compile(r"(%\w+)(?::(\d+))? = nn\.launch\(([^)]*)\)")
NAME = re.compile(r"%\w+(?:#\d+)?")
OP = re.compile(r"(%\w+) = nn\.(\w+) ([^:{]*?)\s*(?:\{(.*?)\})?\s*(?:: (.*))?$")
ERF = np.vectorize(math.erf)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


ELEMENTWISE = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "max": np.maximum,
    "min": np.minimum, "neg": np.negative, "tanh": np.tanh, "exp": np.exp, "abs": np.abs,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "softmax": softmax,
    "gelu": lambda x: x * (1 + ERF(x / math.sqrt(2))) / 2,
}


def numbers(attributes, key):
    found = re.search(key + r" = array<i64(?:: ([^>]*))?>", attributes or "")
    return [int(n) for n in (found[1] or "").split(",") if n.strip()] if found else []


def shape_of(types):
    """Returns the shape of the last type in an op's list."""
    return [int(n) for n in re.findall(r"(\d+)x", re.findall(r"tensor<([^>]*)>", types)[-1])]


def constant(text):
    value = re.search(r"dense<(.*)> : tensor", text)[1]
    # A single number is the value of all elements.
    return np.broadcast_to(np.array(json.loads(value), float), shape_of(text))


def matmul(a, b, attributes):
    flags = attributes or ""
    a = np.swapaxes(a, -1, -2) if "transpose_a" in flags else a
    b = np.swapaxes(b, -1, -2) if "transpose_b" in flags else b
    return a @ b


def apply(op, operands, attributes, types):
    if op in ELEMENTWISE:
        return ELEMENTWISE[op](*operands)
    x = operands[0]
    if op == "broadcast":
        return np.broadcast_to(x, shape_of(types))
    if op == "reshape":
        return x.reshape(shape_of(types))
    if op == "transpose":
        return x.transpose(numbers(attributes, "permutation"))
    if op == "reduce_sum":
        return x.sum(tuple(numbers(attributes, "axes")))
    if op == "concat":
        return np.concatenate(operands, int(re.search(r"axis = (\d+)", attributes)[1]))
    if op == "matmul":
        return matmul(*operands, attributes)
    raise ValueError(f"nn.{op} is not in the interpreter")


def run_block(lines, values, parameters):
    """Runs lines up to the one that ends the block; returns what it returns or yields."""
    for line in lines:
        if line.startswith(("return", "nn.yield")):
            return [values[name] for name in NAME.findall(line.split(":")[0])]
        if found := LAUNCH.match(line):
            operands = [values[name] for name in NAME.findall(found[3])]
            names = re.findall(r"(%\w+): tensor", next(lines))
            results = run_block(lines, dict(zip(names, operands)), parameters)
            made = [f"{found[1]}#{i}" for i in range(int(found[2]))] if found[2] else [found[1]]
            values.update(zip(made, results, strict=True))
            next(lines)  # the brace
        elif found := re.match(r"(%\w+) = nn\.load @(\w+)", line):
            values[found[1]] = parameters[found[2]]
        elif found := re.match(r"(%\w+) = nn\.constant", line):
            values[found[1]] = constant(line)
        elif found := OP.match(line):
            operands = [values[name] for name in NAME.findall(found[3])]
            values[found[1]] = apply(found[2], operands, found[4], found[5])
        elif line:
            raise ValueError(f"cannot read '{line}'")
    raise ValueError("no return")


def run(text, arguments, parameters):
    """Returns the results of @forward in `text`; `arguments` are in order, parameters by name."""
    first, *lines = text[text.index("func.func @forward"):].split("\n")
    names = re.findall(r"(%\w+): tensor", first.split("->")[0])
    return run_block((line.strip() for line in lines), dict(zip(names, arguments)), parameters)
