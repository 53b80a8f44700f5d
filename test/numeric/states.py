"""Optimizer state in bf16 and in codes of 8 bits.

What a checkpoint holds after each step is compared with what numpy computes from the checkpoint before
and the step's gradients: the rule in f32, and bitsandbytes' table made from exact fractions. Bits must
not depend on the plan, nor on a stop; losses stay close to those of f32.
"""

import fractions
import json
import pathlib
import re

import ml_dtypes
import numpy as np

import tensors
from harness import check, metrics

MODEL = "mlp-digits/model.onnx"
BLOCK, LEAST = 256, 4096
F = np.float32


def table(signed):
    """create_dynamic_map(signed, max_exponent_bits=7, total_bits=8), rounded once."""
    values = [fractions.Fraction(0), fractions.Fraction(1)]
    for i in range(7):
        items = 2**i if signed else 2**(i + 1)
        bounds = [fractions.Fraction(1, 10) + fractions.Fraction(9, 10) * k / items
                  for k in range(items + 1)]
        means = [(a + b) / 2 / 10**(6 - i) for a, b in zip(bounds, bounds[1:])]
        values += means + ([-mean for mean in means] if signed else [])
    return np.array([float(value) for value in sorted(values)]).astype(F)


TABLES = {True: table(True), False: table(False)}


def adam(g, s, first, beta1=0.9, beta2=0.999):
    m, v = s
    return [m + F(1 - beta1) * (g - m), v * F(beta2) + F(1 - beta2) * g * g]


def sgd(g, s, first, momentum=0.9):
    return [g if first else s[0] * F(momentum) + g]


def lion(g, s, first, beta2=0.99):
    return [s[0] * F(beta2) + g * F(1 - beta2)]


def adagrad(g, s, first):
    return [s[0] + g * g]


def rmsprop(g, s, first, alpha=0.99):
    return [s[0] * F(alpha) + F(1 - alpha) * g * g]


def rmsprop_momentum(g, s, first, alpha=0.99, eps=1e-8, momentum=0.9):
    (v,) = rmsprop(g, s, first, alpha)
    return [v, s[1] * F(momentum) + g / (np.sqrt(v) + F(eps))]


#: --optimizer -> the rule's name, its states (True: they have a sign), and what becomes of them
OPTIMIZERS = {
    "adamw": ("adamw", {"exp_avg": True, "exp_avg_sq": False}, adam),
    "adam": ("adam", {"exp_avg": True, "exp_avg_sq": False}, adam),
    "sgd,momentum=0.9,weight-decay=0": ("sgd", {"momentum_buffer": True}, sgd),
    "lion": ("lion", {"exp_avg": True}, lion),
    "adagrad": ("adagrad", {"sum": False}, adagrad),
    "rmsprop": ("rmsprop", {"square_avg": False}, rmsprop),
    "rmsprop,momentum=0.9": ("rmsprop_momentum", {"square_avg": False, "momentum_buffer": True},
                             rmsprop_momentum),
}


def blocks(array):
    """Returns the numbers of an array in rows of one block, the last one filled up with zeros."""
    flat = array.reshape(-1)
    return np.pad(flat, (0, -len(flat) % BLOCK)).reshape(-1, BLOCK)


def decoded(arrays, name, parameter, signed):
    """Returns a state of a checkpoint as f32, in the parameter's shape."""
    stored = arrays[f"optimizer.{name}.{parameter}"]
    if stored.dtype != np.uint8:
        return stored.astype(F)
    scales = arrays[f"optimizer.{name}_scales.{parameter}"]
    rows = TABLES[signed][blocks(stored)] * scales[:, None]
    numbers = rows.reshape(-1)[:stored.size].reshape(stored.shape)
    return numbers if stored.shape == arrays[parameter].shape else numbers.T


def check_codes(what, arrays, name, parameter, signed, expected):
    stored = arrays[f"optimizer.{name}.{parameter}"]
    expected = expected if stored.shape == expected.shape else np.ascontiguousarray(expected.T)
    rows = blocks(expected)
    scales = np.abs(rows).max(1)
    found = arrays[f"optimizer.{name}_scales.{parameter}"]
    check(found.dtype == F and (found == scales).all(), f"{what}: other scales")
    shares = (rows / np.where(scales > 0, scales, 1)[:, None]).astype(np.float64)
    distance = np.abs(TABLES[signed].astype(np.float64)[None, None, :] - shares[:, :, None])
    least = distance.min(2).reshape(-1)[:stored.size]
    own = np.take_along_axis(distance, blocks(stored).astype(np.int64)[:, :, None],
                             2).reshape(-1)[:stored.size]
    wrong = own > least * (1 + 1e-5)
    check(not wrong.any(), f"{what}: {wrong.sum()} codes are not the nearest")


def check_state(what, arrays, name, parameter, kind, signed, expected):
    stored = arrays[f"optimizer.{name}.{parameter}"]
    if kind == "8bit" and stored.size >= LEAST:
        check(stored.dtype == np.uint8, f"{what} is {stored.dtype}")
        return check_codes(what, arrays, name, parameter, signed, expected)
    kept = ml_dtypes.bfloat16 if kind == "bf16" else F
    check(stored.dtype == kept, f"{what} is {stored.dtype}")
    check((stored == expected.astype(kept)).all(), f"{what} has other numbers")


def options(optimizer, kind):
    return [f"--optimizer={optimizer},state={kind}", "--allow=precision"]


def check_steps(tools, optimizer, kind):
    """Three steps, each a run of its own that goes on from the checkpoint before."""
    _, slots, rule = OPTIMIZERS[optimizer]
    folder = tools.folder(f"states {optimizer} {kind}")
    program = tools.compile(MODEL, folder / "program", "--keep-gradients", *options(optimizer, kind))
    before, coded = None, 0
    for step in (1, 2, 3):
        saved, gradients = folder / f"{step}.safetensors", folder / "gradients.safetensors"
        resume = [f"--resume={folder}/{step - 1}.safetensors"] if before else []
        tools.expect([program, f"--data=safetensors:{tools.models}/mlp-digits/data.safetensors",
                      f"--steps={step}", f"--save={saved}", f"--dump-gradients={gradients}", *resume])
        after, _ = tensors.read(saved)
        for parameter, g in tensors.read(gradients)[0].items():
            old = [decoded(before, name, parameter, signed) if before else np.zeros_like(g)
                   for name, signed in slots.items()]
            for (name, signed), new in zip(slots.items(), rule(g, old, before is None)):
                what = f"step {step}: {name} of {parameter}"
                check_state(what, after, name, parameter, kind, signed, new)
                coded += after[f"optimizer.{name}.{parameter}"].dtype == np.uint8
        before = after
    check((coded > 0) == (kind == "8bit"), f"{coded} tensors are codes")
    return f"{coded} tensors of codes"


def train(tools, folder, program, name, steps, *more):
    saved, log = folder / f"{name}-end.safetensors", folder / f"{name}.jsonl"
    result = tools.expect([program, f"--data=safetensors:{tools.models}/mlp-digits/data.safetensors",
                           f"--steps={steps}", f"--save={saved}", f"--metrics={log}", *more])
    return [line["loss"] for line in metrics(log)], saved.read_bytes(), result.err


def check_bits(tools, optimizer, kind):
    """Another plan, another number of threads and a stop change no bit."""
    folder = tools.folder(f"bits {optimizer} {kind}")
    free = tools.compile(MODEL, folder / "free", *options(optimizer, kind))
    weights = f"--weights={free}.safetensors"
    losses, checkpoint, _ = train(tools, folder, free, "free", 10, weights)
    plans = {"another plan": (["--checkpoint=every:2"], 2), "one thread": ([], 1)}
    for title, (more, threads) in plans.items():
        other = tools.compile(MODEL, folder / "other", *options(optimizer, kind), *more,
                              threads=threads)
        again, same, _ = train(tools, folder, other, "other", 10, weights)
        check(again == losses and same == checkpoint, f"{title}: other bits")
    train(tools, folder, free, "part", 4, weights)
    rest, same, said = train(tools, folder, free, "rest", 10, f"--resume={folder}/part-end.safetensors")
    check(rest == losses[4:] and same == checkpoint, "after a stop: other bits")
    check("converted" not in said, said)


def check_conversions(tools):
    """A run goes on in another type, with a remark."""
    folder = tools.folder("conversions")
    programs = {kind: tools.compile(MODEL, folder / kind, *options("adamw", kind))
                for kind in ("f32", "bf16", "8bit")}
    names = {"f32": "F32", "bf16": "BF16", "8bit": "U8"}
    losses, _, _ = train(tools, folder, programs["f32"], "whole", 12)
    for kind, program in programs.items():
        train(tools, folder, program, f"part-{kind}", 6)
    for of in programs:
        for to, program in programs.items():
            rest, _, said = train(tools, folder, program, "rest", 12,
                                  f"--resume={folder}/part-{of}-end.safetensors")
            wanted = re.search(rf"converted from .*{names[of]} to {names[to]}[,;]", said)
            check(bool(wanted) == (of != to), f"{of} to {to}: {said}")
            worst = max(abs(a - b) / b for a, b in zip(rest, losses[6:]))
            check(worst < 0.05, f"{of} to {to}: losses differ by {worst:.3g}")


def check_features(tools):
    """Groups, clipping, micro-batches, adapters, drawn weights and evaluation, all with codes."""
    folder = tools.folder("features")
    corpus, held_out = tools.models / "data" / "corpus.bin", folder / "held-out.bin"
    held_out.write_bytes(corpus.read_bytes()[:4096])
    variants = {
        "clipped": ["--clip=norm:0.5", "--accumulate=2", "--no-decay=attn", "--lr-scale=mlp=0.5"],
        "adapters": ["--lora=mlp,rank=8"],
        "drawn": ["--init=normal:0.02"],
    }
    for name, more in variants.items():
        program = tools.compile("gpt2-nano/model.onnx", folder / name, *options("adamw", "8bit"), *more)
        info = json.loads(tools.expect([program, "--info"]).out)
        check(info["optimizer_state"] == "8bit" and len(info["lossy"]) == 1, f"{name}: {info}")
        saved, log = folder / f"{name}-end.safetensors", folder / f"{name}.jsonl"
        tools.expect([program, f"--data=tokens:{corpus}", f"--eval-data=tokens:{held_out},every=6",
                      "--steps=6", f"--save={saved}", f"--metrics={log}"])
        arrays, _ = tensors.read(saved)
        coded = [array for array in arrays.values() if array.dtype == np.uint8]
        check(coded and all(array.size >= LEAST for array in coded), f"{name}: {len(coded)} are codes")
        losses = [line["loss"] for line in metrics(log) if "loss" in line]
        check(np.isfinite(losses).all() and losses[-1] < losses[0], f"{name}: {losses}")


def check_language_model(tools, steps, tolerance):
    """Losses of gpt2-nano with codes stay near those of f32; the state takes a quarter."""
    folder = tools.folder("language model")
    found, sizes = {}, {}
    for kind in ("f32", "bf16", "8bit"):
        program = tools.compile("gpt2-nano/model.onnx", folder / kind, *options("adamw", kind))
        sizes[kind] = json.loads(tools.expect([program, "--info"]).out)["optimizer_bytes"]
        log = folder / f"{kind}.jsonl"
        tools.expect([program, f"--data=tokens:{tools.models}/data/corpus.bin", f"--steps={steps}",
                      f"--metrics={log}", f"--weights={folder}/f32.safetensors"])
        found[kind] = np.array([line["loss"] for line in metrics(log)])
    check(sizes["bf16"] * 2 == sizes["f32"], f"{sizes}")
    check(sizes["8bit"] < 0.27 * sizes["f32"], f"{sizes}")
    mean = {kind: losses[-steps // 10:].mean() for kind, losses in found.items()}
    off = {kind: abs(mean[kind] / mean["f32"] - 1) for kind in ("bf16", "8bit")}
    check(max(off.values()) < tolerance, f"the last tenth of the losses is off by {off}")
    return f"8bit {off['8bit']:.1e}, bf16 {off['bf16']:.1e} of {tolerance:.0e} after {steps} steps"


def check_rules(tools):
    """Every rule that has states is here."""
    kinds = pathlib.Path(__file__).parents[2] / "dialects" / "support" / "OptimizerKinds.td"
    rules = set(re.findall(r'^def \w+Rule : \w+<"(\w+)">', kinds.read_text(), re.M))
    tested = {name for name, _, _ in OPTIMIZERS.values()}
    check(rules == tested | {"sgd_plain"}, f"not tested: {sorted(rules - tested)}")


def group(suite, tools, everything):
    suite.case("every rule with states has narrow ones", check_rules, tools)
    for optimizer in OPTIMIZERS:
        for kind in ("8bit", "bf16"):
            suite.case(f"states of {optimizer} in {kind}", check_steps, tools, optimizer, kind)
    pairs = [(o, k) for o in OPTIMIZERS for k in ("8bit", "bf16")]
    for optimizer, kind in pairs if everything else [("adamw", "8bit"), ("lion", "bf16")]:
        suite.case(f"states of {optimizer} in {kind}: bits", check_bits, tools, optimizer, kind)
    suite.case("states: going on in another type", check_conversions, tools)
    suite.case("states: groups, clipping, adapters", check_features, tools)
    suite.case("states: gpt2-nano", check_language_model, tools, 40, 0.01)
    if everything:
        suite.case("states: gpt2-nano, 300 steps", check_language_model, tools, 300, 0.01)
