"""Low-rank adapters: training, saving and merging."""

import json
import re

import numpy as np

import running
import tensors
from exporting import NOISE
from harness import check, losses, metrics
from running import Model

LLAMA = Model("llama-nano")
REGEX = r"(q|v)_proj\.weight$"
RANK, ALPHA, STEPS = 4, 8, 12
LORA = f"--lora={REGEX},rank={RANK},alpha={ALPHA}"


def compile_adapters(tools, folder, *options):
    return tools.compile(LLAMA.path, folder / "program", LORA, "--optimizer=adamw,lr=3e-3",
                         "--keep-gradients", *options)


def smaller_budget(tools, arena):
    """Returns 0.85 of the arena, or the smallest plan if this machine's kernels need more."""
    budget = int(0.85 * arena)
    done = tools.plimsoll("plan", tools.models / LLAMA.path, "--threads=2", LORA,
                          "--optimizer=adamw,lr=3e-3", "--keep-gradients", f"--memory={budget}")
    smallest = re.search(r"smallest plan found: (\d+) bytes", done.err)
    budget = int(smallest[1]) if done.code == 3 else budget
    check(budget < arena, f"no plan is smaller than {arena} bytes: {done}")
    return budget


def train(tools, program, folder, *options):
    tools.expect([program, f"--data=safetensors:{tools.models}/gpt2-nano/data.safetensors",
                  f"--steps={STEPS}", f"--save={folder}/end.safetensors",
                  f"--metrics={folder}/metrics.jsonl",
                  f"--dump-gradients={folder}/gradients.safetensors", *options])
    return losses(folder / "metrics.jsonl")


def check_training(tools):
    """Only adapters have gradients, state and a place in the checkpoint; the loss falls; the bits
    are those of another budget."""
    folder = tools.folder("lora")
    program = compile_adapters(tools, folder, f"--report={folder}/report.json")
    initial, _ = tensors.read(f"{program}.safetensors")
    adapters = {name for name in initial if ".lora_" in name}
    check(len(adapters) == 2 * 2 * 4, f"expected A and B of q and v in 4 layers, got {adapters}")
    for name in adapters:
        array = initial[name]
        if name.endswith("lora_B.weight"):
            check(array.shape[1] == RANK and not array.any(), f"'{name}' does not start at zero")
        else:
            bound = 1 / np.sqrt(array.shape[1])
            check(array.shape[0] == RANK and 0.8 * bound < np.abs(array).max() <= bound,
                  f"'{name}' is not drawn within {bound}: {np.abs(array).max()}")
    got = train(tools, program, folder)
    check(got[-1] < got[0] - 0.1, f"the loss does not fall: {got}")
    saved, metadata = tensors.read(folder / "end.safetensors")
    state = {f"optimizer.{slot}.{name}" for slot in ("exp_avg", "exp_avg_sq") for name in adapters}
    check(set(saved) == adapters | state, f"the checkpoint holds {sorted(saved)}")
    check(float(metadata["lora_alpha"]) == ALPHA, f"the checkpoint's metadata is {metadata}")
    gradients, _ = tensors.read(folder / "gradients.safetensors")
    check(set(gradients) == adapters, f"gradients of {sorted(gradients)}")
    report = json.loads((folder / "report.json").read_text())
    numbers = sum(initial[name].size for name in adapters)
    check(report["adapter_count"] == numbers, f"the report counts {report['adapter_count']}")
    check(report["optimizer_bytes"] == 8 * numbers,
          f"{report['optimizer_bytes']} bytes of state for {numbers} numbers")
    full = 8 * sum(array.size for name, array in initial.items() if name not in adapters)
    check(report["full_training_optimizer_bytes"] == full,
          f"full training: {report['full_training_optimizer_bytes']}, expected {full}")
    check(report["saved_bytes"] == report["full_training_arena_bytes"] - report["arena_bytes"]
          and report["saved_bytes"] > 0.9 * (full - 8 * numbers),
          f"saved {report['saved_bytes']} bytes, the state alone is {full - 8 * numbers} smaller")
    small = tools.folder("lora-small")
    budget = smaller_budget(tools, report["arena_bytes"])
    other = compile_adapters(tools, small, f"--memory={budget}")
    check(train(tools, other, small) == got, "the losses of another budget have other bits")
    theirs, _ = tensors.read(small / "end.safetensors")
    check(all(theirs[name].tobytes() == saved[name].tobytes() for name in saved),
          "the adapters of another budget have other bits")
    return f"loss {got[0]:.3f} to {got[-1]:.3f}, {report['saved_bytes'] / 2**20:.1f} MiB saved"


def check_dropout(tools):
    """B starts at zero, so what A reads matters from the second step on; evaluation drops
    nothing."""
    folder = tools.folder("lora-dropout")
    data = f"safetensors:{tools.models}/gpt2-nano/data.safetensors"
    rows = {}
    for name, option in (("plain", LORA), ("dropped", f"{LORA},dropout=0.3")):
        program = tools.compile(LLAMA.path, folder / name, option, "--optimizer=adamw,lr=3e-3")
        log = folder / f"{name}.jsonl"
        tools.expect([program, f"--data={data}", "--steps=3", f"--metrics={log}",
                      f"--save={folder}/{name}-end.safetensors"])
        rows[name] = losses(log)
    check(rows["plain"][0] == rows["dropped"][0], f"the first losses differ: {rows}")
    check(all(a != b for a, b in zip(rows["plain"][2:], rows["dropped"][2:])),
          f"dropout changes nothing: {rows}")
    evaluated = {}
    for name in rows:
        log = folder / f"{name}-evaluated.jsonl"
        tools.expect([folder / name, f"--data={data}", "--steps=1", f"--eval-data={data},every=1",
                      f"--weights={folder}/dropped-end.safetensors", "--lr=0", f"--metrics={log}"])
        evaluated[name] = [row["eval_loss"] for row in metrics(log) if "eval_loss" in row]
    check(len(evaluated["plain"]) == 1 and evaluated["plain"] == evaluated["dropped"],
          f"evaluations of the same adapters differ: {evaluated}")
    return f"third losses {rows['plain'][2]:.5f} and {rows['dropped'][2]:.5f}"


def check_resume(tools):
    """A resumed run reads the base from the file beside the program, and gives the same bits."""
    folder = tools.folder("lora-resume")
    program = compile_adapters(tools, folder)
    whole = train(tools, program, folder)
    data = f"--data=safetensors:{tools.models}/gpt2-nano/data.safetensors"
    half = folder / "half.safetensors"
    tools.expect([program, data, f"--steps={STEPS // 2}", f"--save={half}"])
    tools.expect([program, data, f"--steps={STEPS}", f"--resume={half}",
                  f"--metrics={folder}/rest.jsonl"])
    check(losses(folder / "rest.jsonl") == whole[STEPS // 2:], "a resumed run has other losses")
    # A file of weights may hold only adapters or only the base.
    saved, _ = tensors.read(half)
    tensors.write(folder / "adapters.safetensors",
                  {"base_model.model." + name: array for name, array in saved.items()
                   if not name.startswith("optimizer.")})
    tools.expect([program, data, "--steps=1", f"--weights={folder}/adapters.safetensors",
                  f"--metrics={folder}/begun.jsonl"])
    initial, _ = tensors.read(f"{program}.safetensors")
    tensors.write(folder / "base.safetensors",
                  {name: array for name, array in initial.items() if ".lora_" not in name})
    tools.expect([program, data, "--steps=1", f"--weights={folder}/base.safetensors",
                  f"--metrics={folder}/base.jsonl"])
    check(losses(folder / "base.jsonl")[0] == whole[0], "the base alone begins with another loss")
    check(losses(folder / "begun.jsonl")[0] != whole[0], "the adapters alone change nothing")


def check_merge(tools):
    """The merged file has the program's loss, computed by the reference evaluator."""
    folder = tools.folder("lora-merge")
    program = compile_adapters(tools, folder)
    train(tools, program, folder)
    checkpoint, merged = folder / "end.safetensors", folder / "merged.onnx"
    batch = folder / "batch.safetensors"
    tensors.write(batch, {name: array[:4] for name, array in tensors.read(
        tools.models / "gpt2-nano" / "data.safetensors")[0].items()})
    rows, _ = tensors.read(batch)
    tools.expect([tools.build / "bin" / "plimsoll", "export", LLAMA.file(tools),
                  f"--lora={checkpoint}", "-o", merged])
    ours = running.evaluation(tools, program, batch, checkpoint, folder)
    loss, _ = running.cross_entropy(running.logits(merged, rows), rows["labels"])
    before, _ = running.cross_entropy(running.logits(LLAMA.file(tools), rows), rows["labels"])
    check(abs(loss - ours["evaluation"]) <= NOISE * loss < abs(before - loss),
          f"the merged file's loss is {loss:.9g}, the program's {ours['evaluation']:.9g}, that of "
          f"the base {before:.9g}")
    # If the base is a checkpoint too, the file is the same.
    base = tools.compile(LLAMA.path, folder / "base")
    tools.expect([tools.build / "bin" / "plimsoll", "export", LLAMA.file(tools),
                  f"--weights={base}.safetensors", f"--lora={checkpoint}", "-o",
                  folder / "both.onnx"])
    check((folder / "both.onnx").read_bytes() == merged.read_bytes(), "another base, another file")
    return f"loss {loss:.6f}, the program's {ours['evaluation']:.6f}; base {before:.4f}"


def check_wrong(tools):
    folder = tools.folder("lora-wrong")
    model, out = LLAMA.file(tools), folder / "out.onnx"
    arrays = {"model.layers.0.self_attn.q_proj.lora_A.weight": np.ones((4, 7), np.float32),
              "model.layers.0.self_attn.q_proj.lora_B.weight": np.ones((128, 4), np.float32),
              "nowhere.lora_A.weight": np.ones((4, 128), np.float32),
              "extra": np.ones(3, np.float32)}
    tensors.write(folder / "wrong.safetensors", arrays, {"lora_alpha": "8"})
    tensors.write(folder / "silent.safetensors", arrays)

    def refused(code, arguments, *texts):
        result = tools.plimsoll(*arguments)
        check(result.code == code, f"expected exit code {code}: {result}")
        for text in texts:
            check(text in result.err, f"expected '{text}': {result}")
        check(not out.exists(), "a refused command wrote a file")

    refused(1, ["export", model, f"--lora={folder}/wrong.safetensors", "-o", out],
            "expected A [rank, 128] and B", "'nowhere.lora_A.weight' is of no parameter",
            "'extra' is no adapter")
    refused(1, ["export", model, f"--lora={folder}/silent.safetensors", "-o", out],
            "does not say the alpha")
    refused(2, ["export", model, "-o", out], "--weights=FILE")
    for text, expected in (("x,rank=0", "rank=0"), ("x,rank=1.5", "whole number"),
                           ("x,alpha=", "alpha= needs a value"), ("x,rnk=4", "rnk=4"),
                           (",rank=4", "is missing"), ("(,rank=4", "--lora=(")):
        refused(2, ["compile", model, f"--lora={text}", "-o", out], expected)
    refused(1, ["compile", model, "--lora=embed_tokens", "-o", out], "embed_tokens.weight",
            "cannot be adapted")


def group(suite, tools, everything):
    suite.case("lora: training", check_training, tools)
    suite.case("lora: resume", check_resume, tools)
    suite.case("lora: dropout", check_dropout, tools)
    suite.case("lora: merge", check_merge, tools)
    suite.case("lora: what cannot be", check_wrong, tools)
