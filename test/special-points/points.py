"""The points at which functions are evaluated."""

import numpy as np

INF, NAN = float("inf"), float("nan")

#: Zeros, tiny and large numbers, the kinks of common functions, infinities and NaN.
ELEMENTS = [0.0, -0.0, 1e-40, -1e-40, 1e-30, -1e-30, 1e-10, -1e-10, 1e-4, -1e-4, 0.25, -0.25, 0.5,
            -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0, 2.5, -2.5, 3.0, -3.0, 4.0, 6.0, -6.0, 7.0, 20.0,
            -20.0, 20.5, 30.0, -30.0, 88.8, -88.8, 104.0, -104.0, 200.0, -200.0, 1e4, -1e4, 1e10,
            -1e10, 1e20, -1e20, 3e38, -3e38, INF, -INF, NAN]
PAIRED = [0.0, -0.0, 1e-30, -1e-10, 0.5, 1.0, -1.0, 2.0, -3.0, 30.0, 100.0, -100.0, 1e20, -1e20,
          INF, -INF, NAN]
#: Rows of constants, ties, single numbers among zeros, extremes.
ROWS = [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.0, 0.0, -0.0, 0.0, -0.0, 0.0],
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [-7.3, -7.3, -7.3, -7.3, -7.3, -7.3],
        [1e-30, 1e-30, 1e-30, 1e-30, 1e-30, 1e-30], [1e6, 1e6, 1e6, 1e6, 1e6, 1e6],
        [1.0, 3.0, 3.0, 2.0, 3.0, 0.0], [-1.0, -3.0, -3.0, -2.0, -3.0, 0.0],
        [0.0, 0.0, 2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1e-30, 0.0, 0.0, 0.0],
        [0.0, 1.0, 2.0, 0.0, 3.0, -1.0], [0.5, -1.0, 2.0, 1.5, 3.0, -2.5],
        [100.0, 101.0, 99.0, -200.0, 0.0, 100.5], [1e10, -1e10, 1e10, 0.0, 1.0, -1e10],
        [1e20, 1.0, -1e20, 1e20, 0.0, 2.0], [3e38, 3e38, 3e38, -3e38, 0.0, 1.0],
        [INF, 0.0, 1.0, 2.0, 3.0, 4.0], [-INF, 0.0, 1.0, 2.0, 3.0, 4.0],
        [INF, INF, 1.0, 2.0, 3.0, 4.0], [INF, -INF, 1.0, 2.0, 3.0, 4.0],
        [-INF, -INF, -INF, -INF, -INF, -INF], [INF, INF, INF, INF, INF, INF],
        [NAN, 0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 0.0, NAN, 2.0, NAN, 4.0]]


def inputs(kind):
    """Returns name of a variant -> its inputs."""
    if kind == "element":
        return {"": [np.array(ELEMENTS, np.float32)]}
    if kind == "pair":
        a, b = np.meshgrid(np.array(PAIRED, np.float32), np.array(PAIRED, np.float32))
        return {"": [a.ravel(), b.ravel()]}
    rows = np.array(ROWS, np.float32)
    return {"": [rows], " of one": [rows[:, :1]], " of three": [rows[:, :3]],
            " of none": [rows[:4, :0]]}


def weights(shape):
    """Returns the gradient of the loss with respect to a result: no zeros, no ones."""
    count = int(np.prod(shape))
    return (0.5 + np.arange(count) % 5 / 4).astype(np.float32).reshape(shape)
