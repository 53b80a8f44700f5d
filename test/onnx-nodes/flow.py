"""Cases of If and Loop, which the wheel's node tests use only with sequences.

Expected results are computed with numpy: onnx's reference evaluator joins the collected values of
a loop along the wrong dimension.
"""

import numpy as np
import onnx
import onnx.parser

import cases


def if_of_a_shape(x, w):
    return np.tanh(x * w) * x


def if_else_passes_on(x):
    return x, np.sin(x)


def if_in_if(x, w):
    return (x * w + x) * w


def loop_trip_count(x, w):
    v, steps = x, []
    for i in range(3):
        v = np.tanh(v * w + i)
        steps.append(v * x)
    return v, np.stack(steps)


def loop_by_condition(x):
    v, steps = x, []
    for _ in range(4):
        v = np.sin(v)
        steps.append(np.exp(v))
    return v, np.int64(4), np.stack(steps)


def loop_in_loop(x, w):
    v = x
    for i in range(3):
        a = v
        for _ in range(i):
            a = a * w + v
        v = np.tanh(a)
    return v


def loop_that_never_runs(x):
    return x * x


def if_in_loop(x, w):
    v, steps = x, []
    for i in range(4):
        steps.append(v * w if i >= 2 else v + np.array([0.5, -1, 2], v.dtype))
        v = np.sin(steps[-1])
    return v, np.stack(steps)


#: name -> (operator, function of the expected results, graph in the syntax of onnx.parser)
GRAPHS = {
    # The condition comes from a shape; both branches call their values the same, the one that is
    # taken reads the outer scope, and its result is not named as that of the node.
    "flow_if_of_a_shape": ("If", if_of_a_shape, """
        (float[2,3] x, float[3] w) => (float[2,3] y) {
          six = Constant <value_int = 6> ()
          size = Size (x)
          same = Equal (size, six)
          h = If (same) <
            then_branch = taken () => (float[2,3] a) { b = Mul (x, w)  a = Tanh (b) },
            else_branch = other () => (float[2,3] a) { b = Add (x, w)  a = Exp (b) }>
          y = Mul (h, x)
        }"""),
    "flow_if_else_passes_on": ("If", if_else_passes_on, """
        (float[2,3] x) => (float[2,3] y, float[2,3] z) {
          no = Constant <value = bool {0}> ()
          y, z = If (no) <
            then_branch = taken () => (float[2,3] a, float[2,3] b) { a = Exp (x)  b = Neg (x) },
            else_branch = other () => (float[2,3] a, float[2,3] b) {
              a = Identity (x)  b = Sin (a) }>
        }"""),
    "flow_if_in_if": ("If", if_in_if, """
        (float[2,3] x, float[3] w) => (float[2,3] y) {
          yes = Constant <value = bool {1}> ()
          y = If (yes) <
            then_branch = taken () => (float[2,3] a) {
              m = Mul (x, w)
              no = Not (yes)
              a = If (no) <
                then_branch = t () => (float[2,3] c) { c = Exp (m) },
                else_branch = e () => (float[2,3] c) { n = Add (m, x)  c = Mul (n, w) }> },
            else_branch = other () => (float[2,3] a) { a = Neg (x) }>
        }"""),
    # Carried and scanned values, the number of the iteration, a weight of the outer scope.
    "flow_loop_trip_count": ("Loop", loop_trip_count, """
        (float[2,3] x, float[3] w) => (float[2,3] y, float[3,2,3] steps) {
          trips = Constant <value_int = 3> ()
          y, steps = Loop (trips, , x) <
            body = b (int64 i, bool go, float[2,3] v) => (bool on, float[2,3] u, float[2,3] s) {
              on = Identity (go)
              f = Cast <to = 1> (i)
              p = Mul (v, w)
              q = Add (p, f)
              u = Tanh (q)
              s = Mul (u, x) }>
        }"""),
    # The number of iterations depends on a carried counter.
    "flow_loop_by_condition": ("Loop", loop_by_condition, """
        (float[2,3] x) => (float[2,3] y, int64 count, float[4,2,3] steps) {
          zero = Constant <value_int = 0> ()
          yes = Constant <value = bool {1}> ()
          y, count, steps = Loop (, yes, x, zero) <
            body = b (int64 i, bool go, float[2,3] v, int64 c)
                => (bool on, float[2,3] u, int64 d, float[2,3] s) {
              one = Constant <value_int = 1> ()
              four = Constant <value_int = 4> ()
              d = Add (c, one)
              on = Less (d, four)
              u = Sin (v)
              s = Exp (u) }>
        }"""),
    # The trip count of the inner loop is the outer one's iteration number, and it reads a value
    # that the outer one carries.
    "flow_loop_in_loop": ("Loop", loop_in_loop, """
        (float[3] x, float[3] w) => (float[3] y) {
          trips = Constant <value_int = 3> ()
          yes = Constant <value = bool {1}> ()
          y = Loop (trips, yes, x) <
            body = outer (int64 i, bool go, float[3] v) => (bool on, float[3] u) {
              on = Constant <value = bool {1}> ()
              h = Loop (i, , v) <
                body = inner (int64 j, bool goes, float[3] a) => (bool still, float[3] b) {
                  still = Identity (goes)
                  c = Mul (a, w)
                  b = Add (c, v) }>
              u = Tanh (h) }>
        }"""),
    "flow_loop_that_never_runs": ("Loop", loop_that_never_runs, """
        (float[3] x) => (float[3] y) {
          trips = Constant <value_int = 5> ()
          no = Constant <value = bool {0}> ()
          h = Loop (trips, no, x) <
            body = b (int64 i, bool go, float[3] v) => (bool on, float[3] u) {
              on = Identity (go)
              u = Exp (v) }>
          y = Mul (h, x)
        }"""),
    "flow_if_in_loop": ("Loop", if_in_loop, """
        (float[3] x, float[3] w) => (float[3] y, float[4,3] steps) {
          trips = Constant <value_int = 4> ()
          y, steps = Loop (trips, , x) <
            body = b (int64 i, bool go, float[3] v) => (bool on, float[3] u, float[3] s)
                <float[3] k = {0.5, -1.0, 2.0}> {
              on = Identity (go)
              two = Constant <value_int = 2> ()
              late = GreaterOrEqual (i, two)
              h = If (late) <
                then_branch = t () => (float[3] a) { a = Mul (v, w) },
                else_branch = e () => (float[3] a) { a = Add (v, k) }>
              u = Sin (h)
              s = Identity (h) }>
        }"""),
}


def collect():
    """The cases, with random inputs."""
    result = []
    for name, (operator, expected, text) in GRAPHS.items():
        model = onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 21]> g ' + text)
        random = np.random.default_rng(len(result))
        inputs = [random.uniform(-1, 1, [d.dim_value for d in x.type.tensor_type.shape.dim])
                  .astype(np.float32) for x in model.graph.input]
        outputs = expected(*inputs)
        outputs = [np.asarray(y) for y in (outputs if isinstance(outputs, tuple) else [outputs])]
        result.append(cases.Case(name, operator, model, inputs, outputs, 1e-5, 1e-6))
    return result
