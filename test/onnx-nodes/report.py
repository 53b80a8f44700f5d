"""Verdicts on cases: the printed summary, refused.txt beside this file, the table of the docs."""

import collections
import dataclasses
import re

import cases

#: Verdicts that refused.txt lists.
LISTED = ("refused", "drawn")
HEADER = """\
# ONNX operators

Which node tests of the onnx wheel (opset 6 to 28; f32, f64, bool, integers) pass: forward
against the standard's own results, gradients in f64 against central differences. Written by
`test/onnx-nodes/run.py --update`; `test/onnx-nodes/refused.txt` has every case that is refused,
and why; cases that draw random numbers are there too: their statistics are compared, not their
values. `models` are the graphs that the wheel ships: nine image classifiers, and what PyTorch's
exporter wrote at opset 6 (`test/onnx-nodes/files.py`). The cases of If and Loop are those of
`test/onnx-nodes/flow.py`. Inputs that must be known at compile time (shapes, axes, pads) are
constants there.

"""


@dataclasses.dataclass
class Row:
    case: cases.Case
    verdict: str  # passed, refused, drawn (random, as it should be) or failed
    note: str = ""


def reason(message):
    """Returns a refusal in one line, without the file, the node's name and sizes of the case."""
    text = re.sub(r"\s+", " ", message).strip()
    text = re.sub(r"^\d+ problems? keeps? this model from being imported ", "", text)
    return text[:160]


def general(note):
    """Returns a reason without the names and sizes of one case."""
    return re.sub(r"tensor<[0-9x]*", "tensor<", re.sub(r"^(node '\w+': |\w+ \(\w+\): )", "", note))


def load(path):
    """Returns (kind, case) -> reason."""
    listed = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if line and not line.startswith("#"):
            kind, name, why = line.split(" ", 2)
            listed[kind, name] = why
    return listed


def lines(tables):
    for kind, rows in tables.items():
        for row in rows:
            if row.verdict in LISTED:
                yield f"{kind} {row.case.name} {row.note}"


def write(refused, docs, tables):
    text = "# Cases that the compiler refuses or whose values are random, and why. Written by run.py --update; review it.\n"
    refused.write_text(text + "".join(line + "\n" for line in lines(tables)))
    operators = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
    whys = collections.defaultdict(set)
    for kind, rows in tables.items():
        for row in rows:
            verdict = "refused" if row.verdict in LISTED else row.verdict
            operators[row.case.operator][kind][verdict] += 1
            if row.verdict in LISTED:
                whys[row.case.operator].add(general(row.note))
    table = ["| operator | forward | refused | gradient | refused | why |",
             "| --- | ---: | ---: | ---: | ---: | --- |"]
    for name in sorted(operators):
        counts = operators[name]
        cells = [counts[kind][verdict] or "" for kind in ("forward", "gradient")
                 for verdict in ("passed", "refused")]
        why = "; ".join(sorted(whys[name])).replace("|", "\\|")
        table.append(f"| {name} | " + " | ".join(map(str, cells)) + f" | {why} |")
    for kind, rows in tables.items():
        counts = collections.Counter(row.verdict for row in rows)
        random = f", {counts['drawn']} draw random numbers" if counts["drawn"] else ""
        table.append(f"\n{kind}: {counts['passed']} cases pass, {counts['refused']} are refused"
                     f"{random}.")
    docs.write_text(HEADER + "\n".join(table) + "\n")


def judge(refused, tables, rules, whole):
    """Prints problems and a summary; returns the exit code. `rules`: (name, problem, note)."""
    listed = load(refused)
    passed = failed = 0
    for name, problem, note in rules:
        passed, failed = passed + (not problem), failed + bool(problem)
        print(f"FAILED {name}: {problem}" if problem else f"ok     {name}  {note}")
    for kind, rows in tables.items():
        for row in rows:
            key = (kind, row.case.name)
            if row.verdict == "failed":
                problem = row.note
            elif row.verdict in LISTED and listed.get(key) != row.note:
                problem = f"{row.verdict}: {row.note}"
            elif row.verdict == "passed" and key in listed:
                problem = "passes, but refused.txt lists it: run with --update"
            else:
                passed += row.verdict == "passed"
                continue
            failed += 1
            print(f"FAILED {kind} {row.case.name}: {problem}")
    for kind, rows in tables.items():
        counts = collections.Counter(row.verdict for row in rows)
        print(f"{kind}: {counts['passed']} passed, {counts['drawn']} by statistics, "
              f"{counts['refused']} refused, {counts['failed']} failed")
    known = {(kind, row.case.name) for kind, rows in tables.items() for row in rows}
    for kind, name in sorted(set(listed) - known) if whole else []:
        failed += 1
        print(f"FAILED {kind} {name}: refused.txt lists it, there is no such case")
    print(f"{passed} passed, {failed} failed")
    return failed != 0
