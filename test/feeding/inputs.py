"""Inputs without rows: bound at compile time, read whole, or refused; weights that are inputs."""

import numpy as np
from onnx import TensorProto, helper

import tensors
from small import Bench, check, draw, node, same, save, says


def scalar(tools):
    """A scalar is reported by `plan`, refused by `compile`, bound by --input, read by --whole."""
    bench = Bench(tools, "scalar")
    nodes = [node("MatMul", ["x", "w"], ["h"], name="fc"),
             node("Div", ["h", "temperature"], ["y"], name="by")]
    inputs = {"x": (4, 5), "temperature": ()}
    model = save(bench.folder / "m.onnx", nodes, inputs, {"y": (4, 3)}, {"w": draw(1, 5, 3)})
    code, text = bench.plimsoll("plan", model)
    check(code == 0, text)
    says(text, r"warning: 1 input has no row", r"'temperature': is a scalar",
         r"--input=temperature=VALUE", r"--whole=temperature")
    code, text = bench.plimsoll("compile", model, "-o", "none")
    check(code == 1 and not (bench.folder / "none").exists(), text)
    says(text, r"error: 1 input has no row", r"--input=temperature=VALUE")
    code, text = bench.plimsoll("compile", model, "-o", "none", "--input=temperature=1,2")
    check(code == 1, text)
    says(text, r"'temperature': has 1 elements \(scalar\), --input gives 2")
    code, text = bench.plimsoll("compile", model, "-o", "none", "--input=temprature=1")
    says(text, r"--input=temprature: the model has no input of that name", r"'x', 'temperature'")
    code, text = bench.plimsoll("plan", model, "--whole=y")
    check(code == 1, text)
    says(text, r"--whole=y names no input; there are 'x', 'temperature', 'labels'")
    x, labels = draw(3, 8, 5), np.arange(8, dtype=np.int64) % 3
    bench.compile(model, "--input=temperature=2.5", name="bound")
    bound = bench.run(bench.data(x=x, labels=labels), name="bound")
    bench.compile(model, "--whole=temperature", name="whole")
    whole = bench.run(bench.data(x=x, labels=labels, temperature=np.float32(2.5)), name="whole")
    same(bound.losses, whole.losses)
    same(bound.parameters, whole.parameters)
    wrong = bench.run(bench.data(x=x, labels=labels, temperature=draw(1, 8)), name="whole",
                      fails=True)
    says(wrong.text, r"column 'temperature' has the shape \[8\], the whole \[\] is expected")


def state(tools):
    """A state [2, batch, 6] is not taken as two rows if the batch is two."""
    bench = Bench(tools, "state")
    nodes = [node("Split", ["h0"], ["first", "second"], name="parts", axis=0, num_outputs=2),
             node("Squeeze", ["first", "zero"], ["a"], name="a"),
             node("Squeeze", ["second", "zero"], ["b"], name="b"),
             node("MatMul", ["x", "w"], ["wx"], name="in"),
             node("Add", ["wx", "a"], ["s"], name="sum"), node("Tanh", ["s"], ["t"], name="tanh"),
             node("Mul", ["t", "b"], ["u"], name="gate"),
             node("Add", ["t", "u"], ["v"], name="out"), node("MatMul", ["v", "o"], ["y"], name="y")]
    weights = {"w": draw(1, 5, 6), "o": draw(2, 6, 3), "zero": np.array([0], np.int64)}
    for name, batch in (("two", 2), ("named", "batch")):
        model = save(bench.folder / f"{name}.onnx", nodes, {"x": (batch, 5), "h0": (2, batch, 6)},
                     {"y": (batch, 3)}, weights)
        shape = [] if batch == 2 else ["--shape=batch=2"]
        code, text = bench.plimsoll("compile", model, "-o", "none", *shape)
        check(code == 1, text)
        says(text, r"'h0' \(2x2x6\): has the batch of 2 in dimension 1", r"--input=h0=VALUE")
    data = bench.data(x=draw(3, 6, 5), labels=np.arange(6, dtype=np.int64) % 3)
    runs = []
    for name, value in (("zeros", "zeros"), ("list", ",".join(["0.0"] * 24))):
        bench.compile(bench.folder / "two.onnx", f"--input=h0={value}", name=name)
        runs.append(bench.run(data, name=name))
    same(runs[0].parameters, runs[1].parameters)
    # At another batch the fill follows.
    bench.compile(bench.folder / "two.onnx", "--input=h0=zeros", "--shape=x=3x5", name="three")
    bench.run(data, name="three")


def graph(tools):
    """The edges of a graph are no rows: the columns are read whole, one file in each step."""
    bench = Bench(tools, "graph")
    nodes = [node("Split", ["edges"], ["from2", "to2"], name="ends", axis=0, num_outputs=2),
             node("Squeeze", ["from2", "zero"], ["from"], name="from"),
             node("MatMul", ["x", "w"], ["h"], name="fc"),
             node("Gather", ["h", "from"], ["messages"], name="messages", axis=0),
             node("Transpose", ["to2"], ["to"], name="to", perm=[1, 0]),
             node("ScatterND", ["h", "to", "messages"], ["y"], name="add", reduction="add")]
    model = save(bench.folder / "m.onnx", nodes, {"x": (4, 5), "edges:i": (2, 6)}, {"y": (4, 3)},
                 {"w": draw(1, 5, 3), "zero": np.array([0], np.int64)})
    code, text = bench.plimsoll("compile", model, "-o", "none")
    check(code == 1, text)
    says(text, r"'edges' \(2x6\): begins with a dimension of 2, the others with the batch of 4")
    bench.compile(model, "--whole=x|edges|labels")
    random = np.random.default_rng(2)
    sources = []
    for i in range(2):
        sources.append(bench.data(f"g{i}.safetensors", x=draw(i, 4, 5),
                                  edges=random.integers(0, 4, (2, 6)),
                                  labels=random.integers(0, 3, 4)))
    run = bench.run(sources, f"--eval-data={sources[0]}", steps=4, )
    alone = bench.run(sources[0], steps=1)
    check(run.losses[1] == alone.losses[1] and run.losses[2] != run.losses[1], str(run.losses))
    check(run.evaluations[-1]["eval_batches"] == 1, str(run.evaluations))
    bench.compile(model, "--whole=edges", name="edges")
    rows = bench.run(sources[0], steps=1, name="edges")
    same({1: alone.losses[1]}, rows.losses)
    run = bench.run(sources, name="edges", fails=True)
    says(run.text, "read whole would be that of several files; give one file")


def decides(tools):
    """An input that decides an If is bound; without it the message says how."""
    bench = Bench(tools, "decides")

    def branch(name, weight):
        return helper.make_graph(
            [node("MatMul", ["x", weight], [f"{name}_y"], name=f"{name}_fc")], name, [],
            [helper.make_tensor_value_info(f"{name}_y", TensorProto.FLOAT, (4, 3))])

    nodes = [node("Equal", ["sr", "rate"], ["c"], name="is_16k"),
             node("If", ["c"], ["y"], name="choose", then_branch=branch("then", "w"),
                  else_branch=branch("else", "v"))]
    model = save(bench.folder / "m.onnx", nodes, {"x": (4, 5), "sr:i": ()}, {"y": (4, 3)},
                 {"w": draw(1, 5, 3), "v": draw(2, 5, 3), "rate": np.array(16000, np.int64)})
    code, text = bench.plimsoll("plan", model)
    check(code == 1, text)
    says(text, r"'c' is not known at compile time", r"--input=sr=VALUE")
    for value, kept, other in (("16000", "w", "v"), ("8000", "v", "w")):
        bench.compile(model, f"--input=sr={value}", name="train")
        run = bench.run(bench.data(x=draw(3, 8, 5), labels=np.arange(8, dtype=np.int64) % 3))
        check(kept in run.parameters and other not in run.parameters, str(list(run.parameters)))


def weights(tools):
    """Weights that are inputs give a message; with --weights the bits are those of a file that has
    them."""
    bench = Bench(tools, "weights")
    nodes = [node("Gemm", ["x", "1", "2"], ["y"], name="fc")]
    given = {"1": draw(1, 5, 3), "2": draw(2, 3)}
    model = save(bench.folder / "m.onnx", nodes, {"x": (4, 5), "1": (5, 3), "2": (3,)},
                 {"y": (4, 3)}, {})
    whole = save(bench.folder / "whole.onnx", nodes, {"x": (4, 5)}, {"y": (4, 3)}, given)
    code, text = bench.plimsoll("plan", model)
    check(code == 1, text)
    says(text, r"have no values in the file: '1', '2'; .*--weights=FILE.safetensors")
    tensors.write(bench.folder / "w.safetensors", given)
    bench.compile(model, f"--weights={bench.folder}/w.safetensors", name="given")
    bench.compile(whole, name="own")
    data = bench.data(x=draw(3, 8, 5), labels=np.arange(8, dtype=np.int64) % 3)
    runs = [bench.run(data, name=name) for name in ("given", "own")]
    same(runs[0].losses, runs[1].losses)
    same(runs[0].parameters, runs[1].parameters)
    tensors.write(bench.folder / "w.safetensors", {"1": draw(1, 3, 5)})
    code, text = bench.plimsoll("plan", model, f"--weights={bench.folder}/w.safetensors")
    check(code == 1, text)
    says(text, r"input '1': --weights has a tensor of this name of type F32 and shape 3x5")


def group(suite, tools, _):
    suite.case("inputs / scalar", scalar, tools)
    suite.case("inputs / state of two rows", state, tools)
    suite.case("inputs / graph", graph, tools)
    suite.case("inputs / decides an If", decides, tools)
    suite.case("inputs / weights", weights, tools)
