#!/usr/bin/env python3
"""Values and gradients where formulas fail: at zeros, kinks, ties, extremes, infinities and NaN.

    run.py --build=BUILD [--all] [--filter=REGEX]

Every function of functions.py, in each form in which an exporter wrote it, is compiled and run in
the in-process executor; results and gradients are compared, element by element, with PyTorch's,
which record.py recorded. differs.txt must list exactly the differences, with reasons. Every
operation of nn and every operator of the importer's tables of elements and reductions must be used
by some function that passed, or be listed in unused.txt with a reason.
"""

import argparse
import fnmatch
import os
import pathlib
import re
import sys
import tempfile

import numpy as np
import onnx

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "onnx-nodes"), str(HERE.parent / "support")]
import driver  # noqa: E402
import points  # noqa: E402
import recorded  # noqa: E402

#: The relative and the absolute tolerance, for rounding in f32, and the multiple of the difference
#: between PyTorch's f32 and f64 results that is added to them.
TOLERANCE, ROUNDING, OWN = 4e-6, 3e-7, 4
#: The importer's tables whose every operator must be used.
TABLES = ["OpsActivation", "OpsElementwise", "OpsReduction", "OpsOrder"]


def entries(name):
    """Returns the fields of each line of a list."""
    lines = (HERE / name).read_text().splitlines()
    return [[field.strip() for field in line.split("|")] for line in lines
            if line.strip() and not line.startswith("#")]


class Case:
    """One form of one function at the inputs of one variant."""

    def __init__(self, name, variant, form, point):
        self.name, self.variant, self.form, self.point = name, variant, form, point
        self.label = f"{name}{variant} ({form})"
        self.folder = re.sub(r"\W+", "_", self.label)
        self.inputs = points.inputs(point.kind)[variant]

    def write(self, machine):
        model = onnx.load_from_string(self.point.forms[self.form])
        names = [value.name for value in model.graph.input]
        self.gradients = ["gradient:" + name for name in names]
        (result,) = [value.name for value in model.graph.output]
        weights = points.weights(self.point.single[0].shape)
        machine.write(self.folder, model, {
            **{name: x.tobytes() for name, x in zip(names, self.inputs)},
            "weight:" + result: weights.tobytes()})
        self.result = result

    def where(self, index):
        """Returns what element `index` of a flat array belongs to: its input, or its row."""
        if self.point.kind == "rows":
            rows = len(self.inputs[0])
            return f"row {index * rows // max(self.size, 1)}"
        index = index * self.inputs[0].size // max(self.size, 1)
        return "/".join(f"{float(x.ravel()[index]):.6g}" for x in self.inputs)

    def differences(self, outcome):
        """Yields (what, where, text) for each element that differs from PyTorch's."""
        arrays = zip(["value", *self.gradients], [self.result, *self.gradients],
                     self.point.single, self.point.double)
        for what, key, single, double in arrays:
            found = outcome.results.get(key)
            found = np.zeros(single.shape, np.float32) if found is None else found.reshape(single.shape)
            self.size = single.size
            for i in np.flatnonzero(~agree(found, single, double).ravel()):
                yield (what, self.where(int(i)), f"{found.ravel()[i]:.7g}, PyTorch "
                       f"{single.ravel()[i]:.7g} (f64 {double.ravel()[i]:.7g})")


def agree(found, single, double):
    """True for each element that agrees with PyTorch's f32 or f64 up to rounding; NaN agrees with
    NaN alone, infinity with itself alone."""
    with np.errstate(all="ignore"):
        found, single, double = (np.asarray(x, np.float64) for x in (found, single, double))
        own = np.where(np.isfinite(single) & np.isfinite(double), np.abs(single - double), 0)
        allowed = TOLERANCE * np.abs(single) + ROUNDING + OWN * own
        near = np.isfinite(found) & np.isfinite(single) & (np.abs(found - single) <= allowed)
        exact = (found == single) | (np.isnan(found) & np.isnan(single))
        better = np.isfinite(double) & (np.abs(found - double) <= TOLERANCE * np.abs(double) + ROUNDING)
    return near | exact | better


class Differences:
    """differs.txt: FUNCTION | value or gradient | where | reason, each but the last a pattern."""

    def __init__(self):
        self.entries = entries("differs.txt")
        self.used = set()

    def covers(self, case, what, where):
        matched = set()
        for i, (labels, kinds, places, _) in enumerate(self.entries):
            if any(fnmatch.fnmatchcase(case.label, p) for p in labels.split(", ")) and \
                    fnmatch.fnmatchcase(what, kinds) and \
                    any(fnmatch.fnmatchcase(where, place) for place in places.split(", ")):
                matched.add(i)
        self.used |= matched
        return bool(matched)


def operations():
    """Returns the operations of the dialect."""
    files = [*sorted((ROOT / "dialects" / "nn").glob("*.td")),
             ROOT / "dialects" / "support" / "OptimizerKinds.td"]
    text = "".join(file.read_text() for file in files)
    named = dict(re.findall(r"def (NN_\w+Op|\w+Rule)\s*:\s*\w+\s*<\s*\"(\w+)\"", text))
    rows = re.findall(r"def \w+\s*:\s*RowsRule<(\w+)", text)  # forms of rules
    return {"nn." + name for name in [*named.values(), *(named[rule] + "_rows" for rule in rows)]}


def operators(*tables):
    """Returns the ONNX operators of the importer's tables."""
    folder = ROOT / "compiler" / "onnx" / "ops"
    text = "".join(file.read_text() for table in tables for file in folder.glob(table + ".cpp"))
    return set(re.findall(r'table\["(\w+)"\]', text))


def unused(used):
    """Returns operations that are neither used nor listed, and listed ones that are used."""
    reasons = {name for name, _ in entries("unused.txt")}
    wanted = operations() | operators(*TABLES)
    for name in sorted(wanted - used - reasons):
        yield f"{name}: no function of functions.py uses it; add one, or a reason to unused.txt"
    for name in sorted(reasons & used):
        yield f"{name}: a function uses it; take it out of unused.txt"
    for name in sorted(reasons - wanted):
        yield f"{name}: stands in unused.txt and exists no more"


def run(machine, cases):
    """Returns (failures, operations used, differences). An operator that the importer does not
    support is no failure."""
    for case in cases:
        case.write(machine)
    outcomes = machine.run("gradients", [case.folder for case in cases])
    known, failures, used, imported = Differences(), [], set(), operators("Ops*")
    for case in cases:
        outcome = outcomes[case.folder]
        graph = onnx.load_from_string(case.point.forms[case.form]).graph
        case_operators = {node.op_type for node in graph.node}
        if outcome.refusal:
            if case_operators <= imported and not known.covers(case, "refused", outcome.refusal):
                failures.append(f"{case.label}: refused: {outcome.refusal}")
            continue
        used |= outcome.operations | case_operators
        wrong = [(what, where, text) for what, where, text in case.differences(outcome)
                 if not known.covers(case, what, where)]
        failures += [f"{case.label}: {what} at {where} is {text}" for what, where, text in wrong]
    return failures, used, known


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--all", action="store_true", help="the same: it is short")
    parser.add_argument("--filter", default="", help="regular expression of functions")
    options = parser.parse_args()
    program = options.build.resolve() / "bin" / "plimsoll-test-nodes"
    cases = [Case(name, variant, form, point)
             for (name, variant), point in recorded.read().points.items() for form in point.forms
             if re.search(options.filter, name + variant)]
    with tempfile.TemporaryDirectory(prefix="plimsoll-points-") as scratch:
        machine = driver.Driver(program, scratch, dict(os.environ, OMP_WAIT_POLICY="PASSIVE"))
        failures, used, known = run(machine, cases)
    if not options.filter:
        failures += unused(used)
        failures += [f"differs.txt: {' | '.join(entry)}: no longer differs, or no such function"
                     for i, entry in enumerate(known.entries) if i not in known.used]
    for failure in failures:
        print("FAIL", failure)
    wrong = len({failure.split(":")[0] for failure in failures})
    print(f"{len(cases) + 1 - wrong} passed, {wrong} failed")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
