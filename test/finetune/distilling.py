"""Distillation: a wider teacher, trained and exported by the program itself.

The student sees few labelled rows. With its teacher's scores on the same rows, it ends at a
lower loss on rows that neither saw than with the labels alone, after as many steps.
"""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import running
import tensors
from harness import check, losses, metrics
from running import Model

STUDENT = Model("mlp-digits")
BATCH, FEATURES, CLASSES, WIDTH = 64, 64, 10, 1024
TRAINED, STEPS = 1280, 400
OPTIMIZER = "--optimizer=adamw,lr=1e-3,weight-decay=0"


def wide_model(path, width=WIDTH, classes=CLASSES, seed=3):
    """Two linear layers; the weights are drawn as PyTorch draws them."""
    random = np.random.default_rng(seed)
    arrays, sizes = {}, [(FEATURES, width), (width, classes)]
    for i, (inputs, outputs) in enumerate(sizes):
        bound = 1 / np.sqrt(inputs)
        arrays[f"fc{i}.weight"] = random.uniform(-bound, bound, (outputs, inputs))
        arrays[f"fc{i}.bias"] = random.uniform(-bound, bound, outputs)
    nodes = [helper.make_node("Gemm", ["x", "fc0.weight", "fc0.bias"], ["h"], transB=1),
             helper.make_node("Relu", ["h"], ["r"]),
             helper.make_node("Gemm", ["r", "fc1.weight", "fc1.bias"], ["scores"], transB=1)]
    graph = helper.make_graph(
        nodes, "wide", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", FEATURES))],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ("n", classes))],
        [numpy_helper.from_array(a.astype(np.float32), name) for name, a in arrays.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    onnx.save(model, path)


def rows_of(tools, folder):
    """Writes files with the rows for training, with few of them, and with those for evaluation."""
    arrays, _ = tensors.read(tools.models / "mlp-digits" / "data.safetensors")
    files = {}
    for name, part in (("many", slice(0, TRAINED)), ("few", slice(0, 2 * BATCH)),
                       ("held", slice(TRAINED, None))):
        files[name] = folder / f"{name}.safetensors"
        tensors.write(files[name], {key: array[part] for key, array in arrays.items()})
    return files


def make_teacher(tools, folder, files):
    wide_model(folder / "wide.onnx")
    program = tools.compile(folder / "wide.onnx", folder / "wide", OPTIMIZER,
                            f"--shape=n={BATCH}")
    tools.expect([program, f"--data=safetensors:{files['many']}", f"--steps={STEPS}",
                  f"--save={folder}/wide-end.safetensors"])
    teacher = folder / "teachers" / "teacher.onnx"
    teacher.parent.mkdir()
    tools.expect([tools.build / "bin" / "plimsoll", "export", folder / "wide.onnx",
                  f"--weights={folder}/wide-end.safetensors", "-o", teacher])
    return teacher


def train(tools, program, files, checkpoint):
    tools.expect([program, f"--data=safetensors:{files['few']}", f"--steps={STEPS}",
                  f"--save={checkpoint}", f"--metrics={checkpoint}.jsonl"])
    return losses(f"{checkpoint}.jsonl")


def held_out_loss(tools, program, files, weights):
    """Returns the loss on all rows that no training saw, in whole batches."""
    path = f"{weights}.held.jsonl"
    tools.expect([program, f"--data=safetensors:{files['few']}", "--steps=1", "--lr=0",
                  "--weight-decay=0", f"--weights={weights}", f"--metrics={path}",
                  f"--eval-data=safetensors:{files['held']}"])
    return [line["eval_loss"] for line in metrics(path) if "eval_loss" in line][0]


def check_distillation(tools):
    folder = tools.folder("distillation")
    files = rows_of(tools, folder)
    teacher = make_teacher(tools, folder, files)
    alone = tools.compile(STUDENT.path, folder / "alone", OPTIMIZER)
    taught = tools.compile(STUDENT.path, folder / "taught", OPTIMIZER,
                           f"--teacher={teacher},weight=0.9,temperature=2")
    train(tools, alone, files, folder / "alone-end.safetensors")
    mixed = train(tools, taught, files, folder / "taught-end.safetensors")
    saved, _ = tensors.read(folder / "taught-end.safetensors")
    reference, _ = tensors.read(folder / "alone-end.safetensors")
    check(set(saved) == set(reference), f"the checkpoints differ: {set(saved) ^ set(reference)}")
    # Both are evaluated by the program without a teacher: plain cross entropy.
    one = held_out_loss(tools, alone, files, folder / "alone-end.safetensors")
    two = held_out_loss(tools, alone, files, folder / "taught-end.safetensors")
    own = held_out_loss(tools, taught, files, folder / "taught-end.safetensors")
    check(own == two, f"evaluation of the taught program tells {own}, the student's loss is {two}")
    check(two < 0.95 * one, f"with a teacher {two:.4f}, alone {one:.4f}")
    check_mixture(tools, folder, files, teacher, taught, mixed[0])
    return f"held-out loss {one:.4f} alone, {two:.4f} with a teacher"


def check_mixture(tools, folder, files, teacher, taught, first):
    """The first step's loss is the mixture that numpy computes from both files."""
    rows = {name: array[:BATCH] for name, array in tensors.read(files["few"])[0].items()}
    ours = running.logits(STUDENT.file(tools), rows).astype(np.float64)
    theirs = running.logits(teacher, rows).astype(np.float64)

    def log_softmax(scores):
        high = scores.max(axis=1, keepdims=True)
        return scores - high - np.log(np.exp(scores - high).sum(axis=1, keepdims=True))

    p, q = log_softmax(theirs / 2), log_softmax(ours / 2)
    divergence = 4 * (np.exp(p) * (p - q)).sum() / BATCH
    own, _ = running.cross_entropy(ours, rows["labels"])
    expected = 0.1 * own + 0.9 * divergence
    check(abs(first - expected) < 1e-5 * expected,
          f"the first loss is {first:.8g}, the mixture {expected:.8g}")


def check_budgets(tools):
    """The same bits at a smaller budget; the teacher is in no checkpoint and gets no state."""
    folder = tools.folder("distillation-budgets")
    wide_model(folder / "wide.onnx", width=32)
    arenas, ends = [], []
    # With many rows and a narrow teacher the student has the largest values; synthetic ones, as the
    # files have fewer.
    shape = "--shape=x=2048x64"
    for name in ("free", "small"):
        options = [f"--memory={int(0.95 * arenas[0])}"] if arenas else []
        report = folder / f"{name}.json"
        program = tools.compile(STUDENT.path, folder / name, f"--report={report}",
                                f"--teacher={folder}/wide.onnx", shape, *options)
        tools.expect([program, "--data=synthetic", "--steps=5", f"--save={folder}/{name}-end.safetensors"])
        arenas.append(json.loads(report.read_text())["arena_bytes"])
        ends.append((folder / f"{name}-end.safetensors").read_bytes())
    held, _ = tensors.read(folder / "free-end.safetensors")
    check(not any("teacher" in name for name in held), f"the checkpoint holds {sorted(held)}")
    check(ends[0] == ends[1], f"checkpoints differ between arenas of {arenas} bytes")
    check(arenas[1] < arenas[0], f"arenas of {arenas} bytes")
    return f"arenas of {arenas} bytes"


def check_vocabulary(tools):
    """Scores of many classes exist for some rows at a time, the student's and the teacher's, and give
    what whole ones give, within rounding."""
    folder = tools.folder("distillation-vocabulary")
    classes, rows = 8192, 1024
    scores = 4 * classes * rows
    for name, seed in (("student", 3), ("teacher", 4)):
        wide_model(folder / f"{name}.onnx", width=32, classes=classes, seed=seed)

    def train(name, *options):
        report = folder / f"{name}.json"
        program = tools.compile(folder / "student.onnx", folder / name, f"--report={report}", OPTIMIZER,
                                f"--teacher={folder}/teacher.onnx,weight=0.7,temperature=2",
                                f"--shape=n={rows}", *options)
        tools.expect([program, "--data=synthetic", "--steps=4", f"--metrics={folder}/{name}.jsonl"])
        return json.loads(report.read_text())["arena_bytes"], losses(folder / f"{name}.jsonl")

    whole, expected = train("whole", "--fuse=none")
    chunks, found = train("chunks")
    check(whole > 3 * scores and chunks < scores,
          f"arenas of {whole} and {chunks} bytes with scores of {scores}")
    check(np.allclose(found, expected, rtol=1e-5, atol=0), f"losses {found}, of whole scores {expected}")
    return f"arenas of {whole} and {chunks} bytes, scores of {scores}"


def check_wrong(tools):
    folder = tools.folder("distillation-wrong")
    out = folder / "out"
    wide_model(folder / "wide.onnx")
    whole = (folder / "wide.onnx").read_bytes()
    (folder / "cut.onnx").write_bytes(whole[:len(whole) // 2])
    other = onnx.load(folder / "wide.onnx")
    other.graph.input[0].name = "z"
    other.graph.node[0].input[0] = "z"
    onnx.save(other, folder / "renamed.onnx")
    for text, code, expected in (
            ("wide.onnx,weight=2", 2, "weight=2"), ("wide.onnx,temperature=0", 2, "temperature=0"),
            ("wide.onnx,heat=2", 2, "heat=2"), (",weight=0.5", 2, "is missing"),
            ("none.onnx", 1, "none.onnx"), ("cut.onnx", 1, "a part of it is missing"),
            ("renamed.onnx", 1, "no such inputs")):
        name = text if text.startswith(",") else f"{folder}/{text}"
        result = tools.plimsoll("compile", STUDENT.file(tools), f"--teacher={name}", "-o", out)
        check(result.code == code and expected in result.err, f"expected '{expected}': {result}")
        check(not out.exists(), "a refused command wrote a program")


def group(suite, tools, everything):
    suite.case("distillation of mlp-digits", check_distillation, tools)
    suite.case("distillation: budgets", check_budgets, tools)
    suite.case("distillation: large vocabularies", check_vocabulary, tools)
    suite.case("distillation: what cannot be", check_wrong, tools)
