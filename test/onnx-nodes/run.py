#!/usr/bin/env python3
"""Runs the node tests of the onnx wheel with the compiler and the in-process executor.

    run.py --build=BUILD [--all] [--filter=REGEX] [--update]

Forward: every case is compiled as a forward pass, run, and compared with what the standard
expects. Gradients: the same cases with f64 in the place of f32; the gradient of `sum(y * r)` for
fixed random `r` is compared with central differences in random directions and at random
elements. A case that differs is a failure. refused.txt must list exactly the cases that the
compiler refuses, with their reasons, and those with random results, whose statistics are
compared. `--update` writes that file and the table in docs/onnx-operators.md again.
With --all, each gradient rule is scaled by 1.001 in turn, which must be noticed (scaled.py).
"""

import argparse
import os
import pathlib
import re
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cases  # noqa: E402
import drawn  # noqa: E402
import driver  # noqa: E402
import files  # noqa: E402
import flow  # noqa: E402
import gradients  # noqa: E402
import report  # noqa: E402
import scaled  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def write_forward(machine):
    def write(case):
        names = driver.graph_inputs(case)
        inputs = {name: np.ascontiguousarray(x).tobytes() for name, x in zip(names, case.inputs)}
        machine.write(case.name, case.model, {**inputs, "hyper": drawn.HYPER.tobytes()})
    return write


def compare(case, outcome):
    """Returns what differs from the expected outputs, or ""."""
    for value, expected in zip(case.model.graph.output, case.outputs):
        got = outcome.results[value.name][0] if outcome.results[value.name].size else \
            outcome.results[value.name].reshape(expected.shape)
        if got.dtype != expected.dtype or got.shape != expected.shape:
            return f"'{value.name}' is {got.dtype}{list(got.shape)}, expected " \
                   f"{expected.dtype}{list(expected.shape)}"
        if not np.allclose(got, expected, case.rtol, case.atol, equal_nan=True):
            wrong = ~np.isclose(got, expected, case.rtol, case.atol, equal_nan=True)
            at = tuple(map(int, np.argwhere(wrong)[0])) if got.ndim else ()
            return f"'{value.name}'{list(at)} is {got[at]}, expected {expected[at]} " \
                   f"({int(wrong.sum())} of {got.size} differ)"
    return ""


def forward(machine, chosen):
    outcomes = driver.run_bound(machine, chosen, "forward", write_forward(machine))
    rows = []
    for case in chosen:
        outcome = outcomes[case.name]
        if outcome.refusal:
            rows.append(report.Row(case, "refused", report.reason(outcome.refusal)))
            continue
        random = drawn.is_drawn(case)
        difference = drawn.compare(case, outcome) if random else compare(case, outcome)
        verdict = "failed" if difference else "drawn" if random else "passed"
        rows.append(report.Row(case, verdict, difference or (drawn.NOTE if random else "")))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build")
    parser.add_argument("--all", action="store_true", help="see that each gradient rule is needed")
    parser.add_argument("--filter", default="", help="regular expression of the cases to run")
    parser.add_argument("--update", action="store_true", help="write refused.txt and the docs")
    options = parser.parse_args()
    environment = dict(os.environ, OMP_WAIT_POLICY="PASSIVE")
    program = options.build.resolve() / "bin" / "plimsoll-test-nodes"
    with tempfile.TemporaryDirectory(prefix="plimsoll-nodes-") as scratch:
        machine = driver.Driver(program, scratch, environment)
        every = sorted(cases.collect() + flow.collect() + files.collect(), key=lambda case: case.name)
        chosen = [case for case in every if re.search(options.filter, case.name)]
        tables = {"forward": forward(machine, chosen)}
        probes = {}
        tables["gradient"] = gradients.check(machine, chosen, tables["forward"], probes)
        rules = scaled.check(machine, probes, options.build) if options.all else []
    if options.update:
        report.write(HERE / "refused.txt", HERE.parents[1] / "docs" / "onnx-operators.md", tables)
    return report.judge(HERE / "refused.txt", tables, rules,
                        whole=not options.filter)


if __name__ == "__main__":
    sys.exit(main())
