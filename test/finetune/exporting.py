"""plimsoll export: the user's own graph with trained weights.

The logits of the exported file, computed by the onnx wheel's reference evaluator, give the loss
of the program's evaluation; the file compiled again trains and evaluates with the same bits; and
with untrained weights the exported file is the model's file byte for byte.
"""

import numpy as np
import onnx

import running
import tensors
from harness import check, metrics
from running import Model

STEPS = 12
#: Tolerance of the mean loss of logits that two programs compute in f32.
NOISE = 1e-5

MODELS = {
    "tied": Model("gpt2-nano"),
    "transposed": Model("llama-nano", rows="gpt2-nano"),
    "merged": Model("gpt2-nano-fresh", rows="gpt2-nano"),
    "with positions": Model("vit-nano", "model-noopt.onnx"),
    "running statistics": Model("resnet-nano", rows="vit-nano"),
}


def program_of(tools, model, folder):
    return tools.compile(model.path, folder / "program", *model.options)


def export(tools, model, weights, output, *options):
    return tools.expect([tools.build / "bin" / "plimsoll", "export", model.file(tools),
                         f"--weights={weights}", "-o", output, *options])


def same_structure(model, exported):
    """Nodes, metadata and names are the model's, besides operands that were separated."""
    before, after = (onnx.load(path, load_external_data=False) for path in (model, exported))
    check(len(before.graph.node) == len(after.graph.node), "the number of nodes changed")
    for old, new in zip(before.graph.node, after.graph.node):
        new.input[:] = old.input
        check(old == new, f"node '{old.name}' changed")
    for part in (before, after):
        part.graph.ClearField("node")
        part.graph.ClearField("initializer")
    check(before == after, "something besides nodes and initializers changed")


def check_export(tools, model):
    folder = tools.folder(f"export-{model.name}")
    program, batch = program_of(tools, model, folder), folder / "batch.safetensors"
    rows = model.batch(tools, batch)
    # What was never trained comes back as it was.
    export(tools, model, f"{program}.safetensors", folder / "same.onnx")
    check((folder / "same.onnx").read_bytes() == model.file(tools).read_bytes(),
          "untrained weights changed the file")
    checkpoint, exported = folder / "end.safetensors", folder / "trained.onnx"
    tools.expect([program, f"--data=safetensors:{model.data(tools)}", f"--steps={STEPS}",
                  f"--save={checkpoint}", f"--eval-data=safetensors:{batch}",
                  f"--metrics={folder}/trained.jsonl"])
    ours = metrics(folder / "trained.jsonl")[-1]
    export(tools, model, checkpoint, exported)
    same_structure(model.file(tools), exported)
    scores, ours_scores = running.logits(exported, rows), running.executed(tools, exported, rows)
    error = np.abs(scores - ours_scores).max() / np.abs(scores).max()
    check(error < 10 * NOISE, f"the executor's logits differ by {error:.3g}")
    loss, accuracy = running.cross_entropy(scores, rows["labels"])
    untrained = running.logits(model.file(tools), rows)
    before, _ = running.cross_entropy(untrained, rows["labels"])
    moved = np.abs(scores - untrained).max() / np.abs(scores).max()
    check(moved > 1e-2, f"{STEPS} steps moved the logits by {moved:.3g} only")
    check(abs(loss - ours["eval_loss"]) <= NOISE * abs(loss),
          f"the exported file's loss is {loss:.9g}, the program's {ours['eval_loss']:.9g}")
    check(abs(accuracy - ours["eval_accuracy"]) < 2 / rows["labels"].size,
          f"the exported file's accuracy is {accuracy}, the program's {ours['eval_accuracy']}")
    check_again(tools, model, folder, program, checkpoint, batch)
    return f"loss {loss:.6f}, the program's {ours['eval_loss']:.6f}; untrained {before:.4f}"


def check_again(tools, model, folder, program, checkpoint, batch):
    """The exported file has the checkpoint's parameters, and compiles to the same bits."""
    again = tools.compile(folder / "trained.onnx", folder / "again", *model.options)
    held, _ = tensors.read(f"{again}.safetensors")
    saved, metadata = tensors.read(checkpoint)
    saved = {name: array for name, array in saved.items() if not name.startswith("optimizer.")}
    check(set(held) == set(saved), f"parameters differ: {set(held) ^ set(saved)}")
    for name, array in saved.items():
        check(held[name].shape == array.shape and held[name].tobytes() == array.tobytes(),
              f"parameter '{name}' differs")
    ours = running.evaluation(tools, program, batch, checkpoint, folder)
    theirs = running.evaluation(tools, again, batch, f"{again}.safetensors", folder)
    check(theirs == ours, f"compiled again: {theirs}, expected the bits of {ours}")


def check_folded(tools, model, weight):
    """Batch normalisations that were recovered from folded weights are folded into them again."""
    folder = tools.folder("export-folded")

    def logits_of(path):
        # The reference evaluator does not support groups in a transposed convolution.
        if model.name.endswith("transposed-batch-norm"):
            return running.executed(tools, path, rows)
        return running.logits(path, rows)

    def loss_of(scores):
        scores = np.moveaxis(scores, 1, -1) if scores.ndim == 4 else scores
        return running.cross_entropy(scores, rows["labels"])[0]

    program, batch = program_of(tools, model, folder), folder / "batch.safetensors"
    rows = model.batch(tools, batch)
    export(tools, model, f"{program}.safetensors", folder / "same.onnx")
    before, after = (logits_of(path) for path in (model.file(tools), folder / "same.onnx"))
    check(np.abs(before - after).max() < NOISE * np.abs(before).max(),
          "untrained weights changed what the file computes")
    checkpoint, exported = folder / "end.safetensors", folder / "trained.onnx"
    tools.expect([program, f"--data=safetensors:{model.data(tools)}", f"--steps={STEPS}",
                  f"--save={checkpoint}", f"--eval-data=safetensors:{batch}",
                  f"--metrics={folder}/trained.jsonl"])
    ours = metrics(folder / "trained.jsonl")[-1]["eval_loss"]
    export(tools, model, checkpoint, exported)
    loss, untrained = loss_of(logits_of(exported)), loss_of(before)
    check(abs(loss - ours) <= NOISE * abs(loss),
          f"the exported file's loss is {loss:.9g}, the program's {ours:.9g}")
    check(abs(loss - untrained) > 100 * NOISE, f"{STEPS} steps moved the loss by {loss - untrained:.3g} only")
    held, _ = tensors.read(checkpoint)
    tensors.write(folder / "less.safetensors",
                  {name: array for name, array in held.items()
                   if name != weight and not name.startswith("optimizer.")})
    result = tools.plimsoll("export", model.file(tools), f"--weights={folder}/less.safetensors", "-o",
                            folder / "less.onnx", "--keep-missing")
    check(result.code == 1 and f"'{weight}' is missing" in result.err, str(result))
    return f"loss {loss:.6f}, the program's {ours:.6f}; untrained {untrained:.4f}"


def check_external(tools, model):
    """External data is written, read, and kept when the file is exported again."""
    folder = tools.folder("export-external")
    program = program_of(tools, model, folder)
    weights = f"{program}.safetensors"
    export(tools, model, weights, folder / "out.onnx", "--external-data")
    check((folder / "out.onnx.data").exists(), "no file of external data")
    inside, outside = onnx.load(model.file(tools)), onnx.load(folder / "out.onnx")
    for old, new in zip(inside.graph.initializer, outside.graph.initializer):
        check(np.array_equal(onnx.numpy_helper.to_array(old), onnx.numpy_helper.to_array(new)),
              f"initializer '{old.name}' differs")
    size = (folder / "out.onnx").stat().st_size
    check(size < model.file(tools).stat().st_size / 4, f"the ONNX file still has {size} bytes")
    tools.compile(folder / "out.onnx", folder / "again")
    check(open(f"{folder}/again.safetensors", "rb").read() == open(weights, "rb").read(),
          "the program of the external file starts with other weights")
    out = folder / "out.onnx"
    # The checkpoint has all tensors, so the old data need not exist.
    (folder / "out.onnx.data").rename(folder / "moved.data")
    tools.expect([tools.build / "bin" / "plimsoll", "export", out, f"--weights={weights}", "-o",
                  folder / "kept.onnx"])
    check((folder / "kept.onnx.data").read_bytes() == (folder / "moved.data").read_bytes(),
          "external data did not stay external")


def check_wrong(tools, model):
    """All tensors that do not fit are reported together, and nothing is written."""
    folder = tools.folder("export-wrong")
    program = program_of(tools, model, folder)
    held, _ = tensors.read(f"{program}.safetensors")
    names = list(held)
    wrong = dict(held)
    del wrong[names[0]]
    wrong[names[1]] = wrong[names[1]][:1]
    wrong["surplus"] = np.zeros(3, np.float32)
    tensors.write(folder / "wrong.safetensors", wrong)

    def refused(weights, *expected, code=1, options=()):
        out = folder / "out.onnx"
        result = tools.plimsoll("export", model.file(tools), f"--weights={weights}", "-o", out,
                                *options)
        check(result.code == code, f"expected exit code {code}: {result}")
        for text in expected:
            check(text in result.err, f"expected '{text}': {result}")
        check(not list(folder.glob("out.onnx*")), "a refused export left a file")

    refused(folder / "wrong.safetensors", f"'{names[0]}' is missing",
            f"'{names[1]}' has the shape", "'surplus' is no parameter of the model")
    whole = (folder / "program.safetensors").read_bytes()
    (folder / "short.safetensors").write_bytes(whole[:len(whole) // 2])
    refused(folder / "short.safetensors", "is truncated")
    (folder / "none.safetensors").write_bytes(b"hello, world")
    refused(folder / "none.safetensors", "is not a safetensors file")
    refused(folder / "absent.safetensors", "cannot open")
    refused(f"{program}.safetensors", "--external-data", code=2, options=["--external"])
    (folder / "cut.onnx").write_bytes(model.file(tools).read_bytes()[:1000])
    result = tools.plimsoll("export", folder / "cut.onnx", f"--weights={program}.safetensors", "-o",
                            folder / "out.onnx")
    check(result.code == 1 and "a part of it is missing" in result.err, str(result))
    # Tensors that the checkpoint lacks may stay as they are.
    del wrong["surplus"]
    wrong[names[1]] = held[names[1]]
    tensors.write(folder / "less.safetensors", wrong)
    refused(folder / "less.safetensors", f"'{names[0]}' is missing")
    export(tools, model, folder / "less.safetensors", folder / "kept.onnx", "--keep-missing")
    check((folder / "kept.onnx").read_bytes() == model.file(tools).read_bytes(),
          "--keep-missing changed the file")


def group(suite, tools, everything):
    for title, model in MODELS.items():
        suite.case(f"export {model.name}: {title}", check_export, tools, model)
    for name, weight in {"conv": "a.weight", "linear": "0.weight", "transposed": "0.weight"}.items():
        suite.case(f"export of folded batch normalisations: {name}", check_folded, tools,
                   Model(f"../test/zoo/models/{name}-batch-norm", "default.onnx"), weight)
    small = Model("mlp-digits")
    suite.case("export with external data", check_external, tools, small)
    suite.case("export of what does not fit", check_wrong, tools, small)
