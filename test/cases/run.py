#!/usr/bin/env python3
"""Small models that are easily trained differently from PyTorch (README.md).

    python3 test/cases/run.py --build=build [--all] [--filter=REGEX]

The quick cases are those of QUICK, one or two of each kind.
"""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import comparing  # noqa: E402
import harness  # noqa: E402
import tensors  # noqa: E402

MODELS = pathlib.Path(__file__).resolve().parent / "models"
QUICK = re.compile((pathlib.Path(__file__).resolve().parent / "quick.txt").read_text()
                   .strip().replace("\n", "|"))


def named(path):
    """Returns the tensors of a file; a tied one is there under all of its names."""
    if not path.exists():
        return {}
    found, metadata = tensors.read(path)
    for kept, others in json.loads(metadata.get("aliases", "{}")).items():
        for name in others:
            if kept in found:
                found.setdefault(name, found[kept])
    return found


def absent(patterns, text):
    """Returns those of the regular expressions that match nothing in the text."""
    return [p for p in ([patterns] if isinstance(patterns, str) else patterns)
            if not re.search(p, text, re.I)]


def train(tools, folder, reference):
    """Returns (exit code, everything printed, metrics, gradients of step 1, last values)."""
    work = tools.folder("case")
    done = tools.plimsoll("compile", "model.onnx", "-o", work / "train", *reference["flags"],
                          cwd=folder)
    text = done.out + done.err
    if done.code or not (folder / "data.safetensors").exists():
        return done.code, text, [], {}, {}
    files = []
    if reference.get("grad_step0"):
        files.append(f"--dump-gradients={work}/gradients.safetensors")
    if reference.get("end"):
        files.append(f"--save={work}/end.safetensors")
    done = tools.run([work / "train", "--data=safetensors:data.safetensors",
                      f"--metrics={work}/metrics.jsonl", *files, *reference["run"]], cwd=folder)
    metrics = work / "metrics.jsonl"
    rows = harness.metrics(metrics) if metrics.exists() else []
    return (done.code, text + done.out + done.err, rows, named(work / "gradients.safetensors"),
            named(work / "end.safetensors"))


def evaluation(reference, rows):
    want = reference["evaluation"]["loss"]
    got = [row["eval_loss"] for row in rows if "eval_loss" in row]
    allowed = reference.get("tolerance", comparing.LEAST) * abs(want)
    if not got:
        return [("evaluation", "no evaluation")]
    if comparing.agrees(comparing.number(got[-1]), want, allowed):
        return []
    return [("evaluation", f"evaluation loss is {got[-1]:.6g}, PyTorch {want:.6g}")]


def compare(reference, rows, gradients, end, either):
    problems, worst = [], 0.0
    if "losses_f64" in reference:
        problems, worst = comparing.compare_losses(reference, rows, either)
    for part, found in (("grad_step0", gradients), ("end", end)):
        if reference.get(part) and (found or not either):
            problems += comparing.compare_tensors(part, found, reference[part], either)
    if "evaluation" in reference:
        problems += evaluation(reference, rows)
    return problems, worst


def case(tools, folder):
    reference = json.loads((folder / "reference.json").read_text())
    expect = reference["expect"]
    code, text, rows, gradients, end = train(tools, folder, reference)
    harness.check(0 <= code < 126, f"crashed: exit code {code}\n    {text[-500:]}")
    problems, worst = compare(reference, rows, gradients, end, expect == "either")
    refusal = reference["message_must_name"] if expect == "refused" else reference.get("or_refused")
    if code and refusal is not None:
        missing = absent(refusal, text)
        harness.check(not missing, f"refused, without naming {missing}:\n    {text[-800:]}")
        return "refused"
    if expect == "either":
        harness.check(not problems, "; ".join(what for _, what in problems))
        harness.check(not code or text.strip(), "ended without a message")
        return "PyTorch has no numbers"
    harness.check(not code, text[-800:])
    said = reference.get("or_said")
    if said and not absent(said["names"], text):
        problems = [p for p in problems if p[0] not in said["instead_of"]]
    harness.check(not problems, "; ".join(what for _, what in problems[:3]))
    harness.check(expect == "match" or "losses_f64" in reference, "accepted; a refusal is expected")
    return f"losses {worst:.0e}"


def group(suite, tools, everything):
    for path in sorted(MODELS.rglob("reference.json")):
        name = path.parent.relative_to(MODELS).as_posix()
        if everything or suite.pattern.pattern or QUICK.fullmatch(name):
            suite.case(name, case, tools, path.parent)


if __name__ == "__main__":
    sys.exit(harness.main(__doc__, group))
