"""Compares the figures of a run with those of PyTorch in a case's reference.json."""

import math

import numpy as np

# The smallest tolerance of gradients, relative to a tensor's largest number; it is larger where
# PyTorch's f32 deviates more.
LEAST = 2e-5


def number(text):
    """Returns a number of a JSON file, in which NaN and infinities are text or null."""
    return math.nan if text is None else float(text)


def agrees(got, want, allowed):
    """True if the numbers are as near as `allowed`; NaN equals NaN alone, infinity itself alone."""
    if math.isfinite(want):
        return math.isfinite(got) and abs(got - want) <= allowed
    return got == want or math.isnan(got) and math.isnan(want)


def compare_losses(reference, rows, either):
    """Returns (problems, worst relative deviation). `either`: where PyTorch has no number, any
    number agrees."""
    tolerance = reference.get("tolerance", LEAST)
    got = [number(row["loss"]) for row in rows if "loss" in row]
    want = [number(x) for x in reference["losses_f64"]]
    single = [number(x) for x in reference["losses_f32"]]
    worst = 0.0
    for step, (ours, theirs, theirs32) in enumerate(zip(got, want, single), 1):
        if either and not (math.isfinite(theirs) and math.isfinite(theirs32)):
            continue
        size = max(abs(theirs), 1e-3)
        if math.isfinite(ours) and math.isfinite(theirs):
            worst = max(worst, abs(ours - theirs) / size)
        if not agrees(ours, theirs, tolerance * size):
            return [("losses_f64", f"loss of step {step} is {ours:.8g}, PyTorch {theirs:.8g}")], worst
    if len(got) != len(want) and not either:
        return [("losses_f64", f"{len(got)} losses of {len(want)}")], worst
    return [], worst


def compare_tensor(name, got, want, floor, either):
    """Returns what is wrong with one tensor, or None. The tolerance of elements that do not depend
    on each other (`values_f32`) is relative to each, that of others to the tensor's largest."""
    flat = np.asarray(got, np.float64).ravel()
    deviation = number(want["f32_dev"])
    relative = max(LEAST, 4 * deviation) if math.isfinite(deviation) else LEAST
    alone = [number(x) for x in want.get("values_f32", [])]
    for i, theirs in enumerate(map(number, want["values"])):
        ours = float(flat[i])
        if alone:
            allowed = max(LEAST * max(abs(theirs), 0.05), 4 * abs(alone[i] - theirs))
            known = math.isfinite(alone[i])
        else:
            allowed, known = relative * want["max"] + floor, math.isfinite(deviation)
        if either and not (known and math.isfinite(theirs)):
            continue
        if not agrees(ours, theirs, allowed):
            return f"{name}[{i}] is {ours:.6g}, PyTorch {theirs:.6g}"
    length, theirs = float(np.sqrt((flat * flat).sum())), number(want["l2"])
    allowed = 4 * relative * theirs + floor * math.sqrt(flat.size)
    if math.isfinite(theirs) and deviation < 0.1 and not agrees(length, theirs, allowed):
        return f"{name} has the length {length:.6g}, PyTorch {theirs:.6g}"
    return None


def compare_tensors(part, found, wanted, either):
    """Returns the problems of the first step's gradients ("grad_step0") or of the last values
    ("end")."""
    kind = {"grad_step0": "gradient", "end": "final value"}[part]
    largest = max([want["max"] for want in wanted.values()] or [0])
    floor = 1e-6 * largest if part == "grad_step0" else 1e-7
    problems = []
    for name, want in wanted.items():
        if name not in found:
            problems.append((part, f"no {kind} of {name}"))
        elif list(found[name].shape) != want["shape"]:
            problems.append((part, f"{kind} of {name} has the shape {list(found[name].shape)}, "
                                   f"PyTorch {want['shape']}"))
        elif wrong := compare_tensor(name, found[name], want, floor, either):
            problems.append((part, f"{kind} of {wrong}"))
    return problems
