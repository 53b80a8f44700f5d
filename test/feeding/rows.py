"""Rows that do not count: batches without labels, the last batch of an evaluation, heads that no
loss reads."""

import numpy as np

from small import Bench, check, draw, near, node, same, save, says


def classifier(path, batch, mixes=None):
    """x [batch, 5] times w, less its mean over the batch or as a softmax over it."""
    nodes = [node("MatMul", ["x", "w"], ["s" if mixes else "y"], name="fc")]
    constants = {"w": draw(1, 5, 3)}
    if mixes == "softmax":
        nodes += [node("Softmax", ["s"], ["y"], name="softmax", axis=0)]
    elif mixes:
        nodes += [node("ReduceMean", ["s", "axes"], ["m"], name="mean"),
                  node("Sub", ["s", "m"], ["y"], name="centred")]
        constants["axes"] = np.array([0], np.int64)
    return save(path, nodes, {"x": (batch, 5)}, {"y": (batch, 3)}, constants)


def empty(tools):
    """A batch without labels has the loss NaN and no gradient, as in PyTorch; a warning names its
    rows. With --skip-empty its step is skipped."""
    bench = Bench(tools, "empty")
    bench.compile(classifier(bench.folder / "m.onnx", 4))
    x, labels = draw(3, 12, 5), np.arange(12, dtype=np.int64) % 3
    labels[4:8] = -100
    data = bench.data(x=x, labels=labels)
    kept = [*range(4), *range(8, 12)]
    without = bench.run(bench.data("without.safetensors", x=x[kept], labels=labels[kept]), steps=2)
    run = bench.run(data)
    says(run.text, r"warning: step 2: all labels of the batch are ignored, row 4 of .* to row 7 of ")
    check(run.losses[2] is None or np.isnan(run.losses[2]), str(run.losses))
    check((run.losses[1], run.losses[3]) == (without.losses[1], without.losses[2]),
          f"{run.losses}, without those rows {without.losses}")
    same(run.parameters, without.parameters)
    skipped = bench.run(data, "--skip-empty")
    says(skipped.text, r"row 7 of .*: the step is passed over")
    check(sorted(skipped.losses) == [1, 3], str(skipped.losses))
    same(skipped.parameters, without.parameters)
    found = bench.run(data, "--find-nonfinite")
    same(found.parameters, without.parameters)


def empty_is_not_all(tools):
    """A loss that is not finite for another reason ends the run as before."""
    bench = Bench(tools, "nan")
    bench.compile(classifier(bench.folder / "m.onnx", 4))
    x, labels = draw(3, 12, 5), np.arange(12, dtype=np.int64) % 3
    x[5, 0] = np.nan
    run = bench.run(bench.data(x=x, labels=labels), fails=True)
    says(run.text, r"step 2: the loss is not finite \(nan\)")


def last_batch(tools, loss, mixes, batch, left):
    """Every row counts once: the loss of an evaluation is that of one batch of all rows."""
    bench = Bench(tools, "last batch")
    random = np.random.default_rng(7)
    x = draw(3, 10, 5)
    labels = random.integers(0, 3, 10) if loss == "cross-entropy" else \
        random.uniform(0, 1, (10, 3)).astype(np.float32)
    if loss == "cross-entropy":
        labels[9] = -100
    losses = []
    for size, name in ((batch, "small"), (10, "whole")):
        bench.compile(classifier(bench.folder / f"{name}.onnx", size, mixes), f"--loss={loss}",
                      name=name)
        data = bench.data(x=x, labels=labels)
        training = bench.data("more.safetensors", x=np.tile(x, (2, 1)),
                              labels=np.concatenate([labels, labels]))
        run = bench.run(training, "--lr=0", f"--eval-data={data}", steps=1, name=name)
        losses.append(run.evaluations[-1]["eval_loss"])
        if size == batch:
            says(run.text, left)
    if not mixes:
        near(losses[0], losses[1])
    return f"{losses[0]:.7g}, of one batch {losses[1]:.7g}"


def heads(tools):
    """Parameters that no gradient reaches do not change, as with --freeze; a warning names them."""
    bench = Bench(tools, "heads")
    nodes = [node("MatMul", ["x", "w"], ["h"], name="fc"), node("Relu", ["h"], ["r"], name="relu"),
             node("MatMul", ["r", "u"], ["y"], name="read"),
             node("MatMul", ["r", "v"], ["z"], name="unread")]
    model = save(bench.folder / "m.onnx", nodes, {"x": (4, 5)}, {"y": (4, 3), "z": (4, 2)},
                 {"w": draw(1, 5, 6), "u": draw(2, 6, 3), "v": draw(3, 6, 2)})
    data = bench.data(x=draw(4, 8, 5), labels=np.arange(8, dtype=np.int64) % 3)
    runs = []
    for name, options in (("free", []), ("frozen", ["--freeze=^v$", "--strict"])):
        bench.compile(model, "--loss=cross-entropy:y", *options, name=name)
        runs.append(bench.run(data, name=name))
    same(runs[0].losses, runs[1].losses)
    same(runs[0].parameters, runs[1].parameters)
    code, text = bench.plimsoll("compile", model, "--loss=cross-entropy:y", "--dry-run")
    check(code == 0, text)
    says(text, r"warning: no gradient of the loss reaches 1 parameter\b[^\n]*\n +v\n",
         r"v +6x2 +frozen .*no gradient of the loss reaches it")
    code, text = bench.plimsoll("plan", model, "--loss=cross-entropy:y", "--strict")
    check(code == 1, text)


def group(suite, tools, _):
    suite.case("rows / all labels ignored", empty, tools)
    suite.case("rows / not finite otherwise", empty_is_not_all, tools)
    for loss in ("cross-entropy", "mse", "bce-with-logits"):
        suite.case(f"rows / last batch, {loss}", last_batch, tools, loss, None, 4,
                   r"\(3 batches, the last one of 2 rows\)")
    for mixes in ("mean", "softmax"):
        suite.case(f"rows / last batch, {mixes}", last_batch, tools, "cross-entropy", mixes, 4,
                   r"\(2 batches; the last 2 rows fill none and are left out\)")
    suite.case("rows / heads that are not read", heads, tools)
