"""Recurrent layers in f64, which onnx's evaluator computes for some directions only."""

import numpy as np
from onnx.reference.op_run import OpRun


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Recurrent(OpRun):
    """A layer over [steps, batch, input]. Kinds of cells define `gates`, `states` and `step`."""

    op_domain = ""
    states = 1

    def _run(self, x, w, r, b=None, lengths=None, *initial, direction="forward", hidden_size=None,
             **attributes):
        assert lengths is None or lengths.size == 0
        steps, batch = x.shape[:2]
        size = r.shape[2]
        outputs = np.zeros((steps, w.shape[0], batch, size), x.dtype)
        last = np.zeros((self.states, w.shape[0], batch, size), x.dtype)
        for d in range(w.shape[0]):
            bias = np.zeros(2 * w.shape[1]) if b is None or b.size == 0 else b[d]
            state = [np.zeros((batch, size)) if i >= len(initial) or initial[i] is None else
                     initial[i][d] for i in range(self.states)]
            places = range(steps) if direction != "reverse" and d == 0 else reversed(range(steps))
            for t in places:
                state = self.step(x[t] @ w[d].T, r[d], bias[:w.shape[1]], bias[w.shape[1]:], state,
                                  attributes)
                outputs[t, d] = state[0]
            last[:, d] = state
        return (outputs, *last)


class LSTM(Recurrent):
    states = 2

    def step(self, x, r, w_bias, r_bias, state, attributes):
        h, c = state
        i, o, f, g = np.split(x + h @ r.T + w_bias + r_bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c


class GRU(Recurrent):
    def step(self, x, r, w_bias, r_bias, state, attributes):
        (h,), before = state, attributes.get("linear_before_reset", 0)
        (rz, rr, rn), (bz, br, bn) = np.split(r, 3), np.split(r_bias, 3)
        xz, xr, xn = np.split(x + w_bias, 3, axis=1)
        z, reset = sigmoid(xz + h @ rz.T + bz), sigmoid(xr + h @ rr.T + br)
        inner = reset * (h @ rn.T + bn) if before else (reset * h) @ rn.T + bn
        return ((1 - z) * np.tanh(xn + inner) + z * h,)


class RNN(Recurrent):
    def step(self, x, r, w_bias, r_bias, state, attributes):
        total = x + state[0] @ r.T + w_bias + r_bias
        relu = (attributes.get("activations") or ["Tanh"])[0] == "Relu"
        return (np.maximum(total, 0) if relu else np.tanh(total),)
