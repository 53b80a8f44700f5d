#!/usr/bin/env python3
"""The text of a stage is all that the next one needs: plimsoll-opt makes of what `--emit` prints of
one stage what plimsoll itself prints of the next, byte for byte, plans included.

    python3 test/stages/run.py --build=build [--all] [--filter=REGEX]

Of some models of test/golden; with --all of all of them, and of every default export of test/zoo.
"""

import importlib.util
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "support"))
import harness  # noqa: E402
from harness import check  # noqa: E402

#: Run without --all: two targets, bf16, a convolution, two timelines that train.
QUICK = re.compile(r"mlp-digits|gpt2-nano, clipped and accumulated|llama-nano, bf16|resnet-nano")
STAGES = ("nn", "step", "kernels", "plan", "exec")
PASSES = {"step": "nn-to-step", "kernels": "step-to-kernels,choose-kernels{{{target}}}",
          "plan": "plan-memory{{{budget}}}", "exec": "lower-to-exec,exec.program(exec-verify)"}


def module_of(path):
    spec = importlib.util.spec_from_file_location(path.parent.name + "_run", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def smallest(tools, model, options):
    """A budget of the fewest bytes, in which most is repeated."""
    refused = tools.plimsoll("plan", model, "--memory=1", *options)
    return int(re.search(r"smallest plan found: (\d+) bytes", refused.err)[1])


def difference(mine, theirs):
    for number, lines in enumerate(zip(mine.splitlines(), theirs.splitlines()), 1):
        if lines[0] != lines[1]:
            return f"line {number}: {lines[0][:200]}\n    and not: {lines[1][:200]}"
    return "one ends before the other"


def chain(tools, model, target, precision, options, defaults):
    options = [f"--target={target}", "--threads=2", f"--precision={precision}", *options]
    budget = smallest(tools, model, options)
    folder = tools.folder("stages")
    fill = {"target": f"target={target} threads=2 precision={precision}",
            "budget": f"budget={budget}"}
    before = None
    for stage in STAGES:
        text = folder / f"{stage}.mlir"
        tools.expect([tools.build / "bin" / "plimsoll", "compile", model, f"--emit={stage}", "-o", text,
                      f"--memory={budget}", *options])
        # The pipeline from a model to its step is that of the command line's defaults.
        if before and (stage != "step" or defaults):
            passes = f"builtin.module({PASSES[stage].format(**fill)})"
            made = folder / f"{stage}.made.mlir"
            tools.expect([tools.build / "bin" / "plimsoll-opt", before, f"--pass-pipeline={passes}",
                          "--mlir-print-debuginfo", "--mlir-print-local-scope", "-o", made])
            check(made.read_bytes() == text.read_bytes(),
                  f"{stage}: {difference(made.read_text(), text.read_text())}")
        before = text
    return f"{budget} bytes"


def golden(suite, tools, everything):
    for name, case in module_of(ROOT / "test" / "golden" / "run.py").CASES.items():
        if not everything and not QUICK.fullmatch(name):
            continue
        precision = next((o.split("=")[1] for o in case.options if o.startswith("--precision=")), "f32")
        options = [o for o in case.options if not o.startswith("--precision=")]
        target = "cuda:emulator" if case.targets == ("emulator",) else "cpu:x86-64-v3"
        suite.case(name, chain, tools, ROOT / "models" / case.model, target, precision, options,
                   not case.options)
        if "emulator" in case.targets and target != "cuda:emulator":
            suite.case(f"{name}, emulator", chain, tools, ROOT / "models" / case.model,
                       "cuda:emulator", precision, options, not case.options)


def exports(suite, tools, everything):
    if not everything:
        return
    zoo = module_of(ROOT / "test" / "zoo" / "run.py")
    for path in sorted((ROOT / "test" / "zoo" / "models").glob("*/default.onnx")):
        _, options = zoo.recipe(path.parent, "default")
        suite.case(f"zoo/{path.parent.name}", chain, tools, path, "cpu:x86-64-v3", "f32", options,
                   False)


if __name__ == "__main__":
    sys.exit(harness.main(__doc__, golden, exports))
