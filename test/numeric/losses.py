"""The losses of --loss in f64, and labels for them."""

import numpy as np


def parse(text):
    """Parses a --loss; returns, for example, ('huber', {'delta': '0.5'})."""
    kind, *options = text.split(",")
    return kind, dict(option.split("=") for option in options)


def log_softmax(x):
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def class_axis(options, rank):
    """Returns the dimension of the classes: that given, else the last of two or three, else 1."""
    return int(options.get("axis", 1 if rank > 3 else -1)) % rank


def cross_entropy(x, labels, options):
    x = np.moveaxis(x, class_axis(options, x.ndim), -1)
    classes = x.shape[-1]
    weights = np.array(options.get("weights", ":".join(["1"] * classes)).split(":"), float)
    share, ignored = float(options.get("label-smoothing", 0)), int(options.get("ignore-index", -100))
    scores = -log_softmax(x) * weights
    counted = labels != ignored
    safe = np.where(counted, labels, 0)
    picked = np.take_along_axis(scores, safe[..., None], -1)[..., 0]
    rows = (1 - share) * picked + share / classes * scores.sum(-1)
    return rows[counted].sum() / weights[safe][counted].sum()


def bce(x, y, options):
    return np.mean(np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x))))


def huber(x, y, options):
    delta, size = float(options.get("delta", 1)), np.abs(x - y)
    return np.mean(np.where(size <= delta, size**2 / 2, delta * (size - delta / 2)))


def kl(x, y, options):
    t = float(options.get("temperature", 1))
    axis = class_axis(options, x.ndim)
    x, y = np.moveaxis(x, axis, -1), np.moveaxis(y, axis, -1)
    return t**2 * np.sum(y * (np.log(y) - log_softmax(x / t))) / len(x)


LOSSES = {
    "mse": lambda x, y, options: np.mean((x - y) ** 2),
    "l1": lambda x, y, options: np.mean(np.abs(x - y)),
    "huber": huber,
    "bce-with-logits": bce,
    "kl": kl,
    "cross-entropy": cross_entropy,
}


def loss(text, output, labels):
    kind, options = parse(text)
    wide = labels if labels.dtype == np.int64 else labels.astype(np.float64)
    return LOSSES[kind](output, wide, options)


def labels(text, graph, shape):
    """Draws labels for an output of this shape, with the graph's random numbers."""
    kind, options = parse(text)
    if kind == "cross-entropy":
        axis = class_axis(options, len(shape))
        made = graph.random.integers(0, shape[axis], shape[:axis] + shape[axis + 1:])
        made.flat[1] = int(options.get("ignore-index", -100))  # a row that does not count
        return made
    if kind == "bce-with-logits":
        return graph.random.uniform(0, 1, shape).astype(np.float32)
    if kind == "kl":
        shares = graph.random.uniform(0.1, 1, shape)
        return (shares / shares.sum(class_axis(options, len(shape)), keepdims=True)).astype(
            np.float32)
    return graph.numbers(shape)
