"""The dimension that holds the classes, and outputs that are probabilities already."""

import json

import numpy as np

from small import Bench, SGD, check, draw, near, node, same, save, says


def segmentation(path, shape, last=False):
    """Writes a model with scores of pixels from a convolution; classes are dimension 1 or (`last`)
    transposed to the last one."""
    batch, labels, height, width = shape
    nodes = [node("Conv", ["x", "w", "b"], ["c" if last else "y"], name="conv")]
    if last:
        nodes.append(node("Transpose", ["c"], ["y"], name="to_last", perm=[0, 2, 3, 1]))
    out = (batch, height, width, labels) if last else shape
    return save(path, nodes, {"x": (batch, 2, height, width)}, {"y": out},
                {"w": draw(1, labels, 2, 1, 1), "b": draw(2, labels)})


def pixels(tools, shape, options):
    """Dimension 1 of four holds the classes: the program has the bits of a model with a Transpose,
    and no more bytes, even if the labels' shape would fit classes in the last dimension too."""
    bench = Bench(tools, "pixels")
    batch, count, height, width = shape
    random = np.random.default_rng(5)
    labels = random.integers(0, count, (3 * batch, height, width))
    labels[:, 0, 0] = 255
    data = bench.data(x=draw(3, 3 * batch, 2, height, width), labels=labels)
    arenas = []
    runs = []
    loss = "--loss=cross-entropy,ignore-index=255" + options
    for last in (False, True):
        name = "last" if last else "first"
        model = segmentation(bench.folder / f"{name}.onnx", shape, last)
        bench.compile(model, loss + (",axis=-1" if last else ""), "--keep-gradients", name=name,
                      *[f"--report={bench.folder}/{name}.json"])
        arenas.append(json.loads(
            (bench.folder / f"{name}.json").read_text())["arena_bytes"])
        runs.append(bench.run(data, name=name))
    same(runs[0].losses, runs[1].losses)
    same(runs[0].parameters, runs[1].parameters)
    check(arenas[0] <= arenas[1], f"{arenas[0]} bytes, and transposed {arenas[1]}")
    return f"arena {arenas[0]} bytes, with a Transpose {arenas[1]}"


def summary(tools):
    """The summary says which dimension was taken; labels of the other shape name axis=."""
    bench = Bench(tools, "summary")
    model = segmentation(bench.folder / "m.onnx", (2, 3, 4, 5))
    code, text = bench.plimsoll("plan", model, "--threads=2")
    check(code == 0, text)
    says(text, r"classes +dimension 1 of output 'y' \(2x3x4x5\)")
    bench.compile(model, "--loss=cross-entropy,axis=3")
    data = bench.data(x=draw(3, 4, 2, 4, 5), labels=np.zeros((4, 4, 5), np.int64))
    run = bench.run(data, fails=True)
    says(run.text, r"'labels' has the shape \[4, 4, 5\], rows of \[3, 4\] are expected",
         r"the classes are dimension 3 of output 'y'", r"axis=N")


def head(path, last, kind=None):
    nodes = [node("MatMul", ["x", "w"], ["scores"], name="fc")]
    nodes.append(node(last, ["scores"], ["y"], name="last", **(kind or {})))
    return save(path, nodes, {"x": (4, 5)}, {"y": (4, 3)}, {"w": draw(1, 5, 3)})


def probabilities(tools):
    """Outputs that are probabilities give a warning, an error with --strict; the advice works."""
    bench = Bench(tools, "probabilities")
    model = head(bench.folder / "softmax.onnx", "Softmax")
    code, text = bench.plimsoll("plan", model, "--threads=2")
    check(code == 0, text)
    says(text, r"warning: output 'y' is the result of a Softmax already \(last",
         r"--loss=cross-entropy:fc")
    code, text = bench.plimsoll("compile", model, "-o", "strict", "--strict", "--threads=2")
    check(code == 1 and not (bench.folder / "strict").exists(), text)
    says(text, "--strict: 1 warning")
    code, text = bench.plimsoll("plan", model, "--strict", "--threads=2", "--loss=cross-entropy:fc")
    check(code == 0 and "warning" not in text, text)
    data = bench.data(x=draw(3, 8, 5), labels=np.arange(8, dtype=np.int64) % 3)
    bench.compile(model, "--loss=cross-entropy:fc", name="scores")
    plain = save(bench.folder / "plain.onnx", [node("MatMul", ["x", "w"], ["y"], name="fc")],
                 {"x": (4, 5)}, {"y": (4, 3)}, {"w": draw(1, 5, 3)})
    bench.compile(plain, name="plain")
    same(bench.run(data, name="scores").losses, bench.run(data, name="plain").losses)
    for last, loss in (("LogSoftmax", "cross-entropy"), ("Sigmoid", "mse"), ("Tanh", "cross-entropy")):
        right = head(bench.folder / "right.onnx", last)
        code, text = bench.plimsoll("plan", right, "--strict", f"--loss={loss}", "--threads=2")
        check(code == 0, text)


def group(suite, tools, _):
    suite.case("classes / as many as columns", pixels, tools, (2, 4, 4, 4), "")
    suite.case("classes / smoothed and weighted", pixels, tools, (2, 3, 4, 5),
               ",label-smoothing=0.1,weights=1:2:0.5")
    suite.case("classes / summary and messages", summary, tools)
    suite.case("classes / probabilities", probabilities, tools)
