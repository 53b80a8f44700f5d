"""Dropout in training programs: the masks of every step, evaluation without masks, --dropout."""

import json

import numpy as np
import onnx

import evaluator
import philox
import tensors
from harness import check, losses, metrics

STEPS, SEED, P, SHAPE = 4, 0x123456789, 0.3, (300, 70)
TOLERANCE = 1e-6
DROPPED, EVALUATED = "mlp-dropout/model-train.onnx", "mlp-dropout/model.onnx"


def check_steps(tools, micro):
    """The weights do not change, so that only the masks change the loss; also after a resume, and
    in each of `micro` micro-batches of a step."""
    graph = evaluator.Graph()
    x = graph.input("x", SHAPE)
    first = graph.op("Dropout", x, graph.constant(P, np.float32), graph.constant(True))
    hidden = graph.op("Mul", first, graph.parameter("w", SHAPE[1:]))
    graph.op("Dropout", hidden, graph.constant(0.5, np.float32), graph.constant(True))
    folder = tools.folder("dropout-steps")
    labels = graph.numbers(SHAPE)
    onnx.save(graph.model(double=False), folder / "model.onnx")
    tensors.write(folder / "data.safetensors", {**graph.inputs, "labels": labels})
    programs = [tools.compile(folder / "model.onnx", folder / f"program-{threads}", "--loss=mse",
                              "--trainable=^w$", "--optimizer=sgd,lr=0,weight-decay=0",
                              f"--accumulate={micro}",
                              threads=threads)
                for threads in (2, 1)]
    data = f"--data=safetensors:{folder}/data.safetensors"
    end, log = folder / "end.safetensors", folder / "metrics.jsonl"
    tools.expect([programs[0], data, "--steps=2", f"--seed={SEED}", f"--save={end}",
                  f"--metrics={log}"])
    tools.expect([programs[0], data, f"--steps={STEPS}", f"--resume={end}", f"--metrics={log}"])
    tools.expect([programs[1], data, f"--steps={STEPS}", f"--seed={SEED}",
                  f"--metrics={folder}/one.jsonl"])
    check(losses(log) == losses(folder / "one.jsonl"), "one thread gives other bits than two")
    x, w = (values.astype(np.float64) for values in (graph.inputs["x"], graph.parameters["w"]))
    worst = 0

    def loss_of(draw):
        kept = [philox.kept(SHAPE, p, SEED, draw, stream) for stream, p in enumerate((P, 0.5))]
        y = np.where(kept[1], np.where(kept[0], x / (1 - P), 0) * w / 0.5, 0)
        return np.mean((y - labels.astype(np.float64)) ** 2)

    for step, row in enumerate(metrics(log), 1):
        loss = np.mean([loss_of((step - 1) * micro + i + 1) for i in range(micro)])
        worst = max(worst, abs(row["loss"] - loss) / loss)
        check(worst <= TOLERANCE, f"step {step}: loss {row['loss']:.9g}, expected {loss:.9g}")
    check(step == STEPS, f"{step} steps were written")
    return f"worst {worst:.1e} of {TOLERANCE:.0e}"


def check_evaluation(tools):
    """Evaluation is that of PyTorch's model in evaluation mode, on the rows of its first batch."""
    folder = tools.folder("dropout-evaluation")
    columns, _ = tensors.read(tools.models / "mlp-digits" / "data.safetensors")
    tensors.write(folder / "rows.safetensors", {name: rows[:64] for name, rows in columns.items()})
    program = tools.compile(DROPPED, folder / "program", "--optimizer=sgd,lr=0,weight-decay=0")
    rows = f"safetensors:{folder}/rows.safetensors"
    tools.expect([program, f"--data={rows}", f"--eval-data={rows},every=1", "--steps=2",
                  f"--metrics={folder}/metrics.jsonl"])
    reference = json.loads((tools.models / "mlp-dropout" / "reference.json").read_text())
    expected, lines = reference["loss_step0_eval"], metrics(folder / "metrics.jsonl")
    found = [line["eval_loss"] for line in lines if "eval_loss" in line]
    check(len(found) == 2, f"{len(found)} evaluations were written")
    error = max(abs(loss - expected) / expected for loss in found)
    check(error <= TOLERANCE, f"evaluation loss {found}, PyTorch has {expected}")
    trained = {line["loss"] for line in lines if "loss" in line}
    check(len(trained) == 2 and expected not in trained, f"training losses are {trained}")
    return f"deviation {error:.1e} of {TOLERANCE:.0e}"


def check_inserted(tools):
    """A model without its dropout gets it back with --dropout, and has the bits of the one that
    kept it."""
    folder = tools.folder("dropout-inserted")
    data = f"--data=safetensors:{tools.models}/mlp-digits/data.safetensors"
    checkpoints = []
    for name, program in (
            ("kept", tools.compile(DROPPED, folder / "kept")),
            ("lost", tools.compile(EVALUATED, folder / "lost", "--dropout=[14]=0.1")),
            ("without", tools.compile(EVALUATED, folder / "without"))):
        path = folder / f"{name}.end.safetensors"
        tools.expect([program, data, "--steps=20", f"--save={path}"])
        found, _ = tensors.read(path)
        checkpoints.append({key: values.tobytes() for key, values in found.items()})
    check(checkpoints[1] == checkpoints[0], "--dropout gives other bits than the exported dropout")
    check(checkpoints[2] != checkpoints[0], "dropout changes nothing")


def group(suite, tools, everything):
    suite.case("dropout: the masks of each step", check_steps, tools, 1)
    suite.case("dropout: the masks of each micro-batch", check_steps, tools, 3)
    suite.case("dropout: none in evaluation", check_evaluation, tools)
    suite.case("dropout: put back by --dropout", check_inserted, tools)
