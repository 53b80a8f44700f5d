"""Checks that plimsoll-plan check refuses every wrong file with a message, and never crashes:
FOLDER."""
import copy
import json
import pathlib
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])
OP = {"name": "op", "alternatives": [{"workspaceBytes": 64, "workspaceAlignment": 64, "seconds": 1}],
      "inPlace": [], "overwrites": [], "after": [], "recomputable": True,
      "asSoonAsPossible": False, "resource": 0}
PROBLEM = {"version": 2, "name": "", "spaces": [{"name": "arena", "capacity": -1}],
           "resources": [{"name": "main", "space": 0, "routes": []}],
           "values": [{"name": n, "bytes": 64} for n in "abc"],
           "timelines": [{"name": "train", "weight": 1, "ops": [dict(OP, reads=[0], writes=[1]),
                                                   dict(OP, reads=[1], writes=[2])],
                          "liveAtStart": [0], "liveAtEnd": [2]}]}


def run_event(op):
    return {"kind": "run", "op": op, "alternative": 0, "value": -1, "space": -1, "waitsFor": -1,
            "instance": 0, "resource": 0, "reads": [0], "begin": op, "end": op + 1}


def placed(value, offset, begin, end):
    return {"value": value, "instance": 0, "space": 0, "offset": offset, "from": begin, "to": end}


PLAN = {"version": 2,
        "timelines": [{"events": [run_event(0), run_event(1)],
                       "placements": [placed(0, 0, 0, 1), placed(1, 64, 0, 2), placed(2, 0, 1, 2)],
                       "workspaces": [{"position": p, "offset": 128, "bytes": 64} for p in (0, 1)],
                       "arenaBytes": 192, "maxLive": 192, "peakPosition": 0, "cost": 2,
                       "baseCost": 2, "recomputed": 0}],
        "residents": [], "spaceBytes": [192], "arenaBytes": 192,
        "statistics": {"cost": 2, "baseCost": 2, "residentBytes": 0, "orderBound": 192,
                       "planBound": 0, "costBound": 0, "work": 0, "frontier": [], "policies": []}}


def check(problem, plan):
    (folder / "problem.json").write_text(json.dumps(problem))
    (folder / "plan.json").write_text(json.dumps(plan))
    return subprocess.run(["plimsoll-plan", "check", folder / "problem.json", folder / "plan.json"],
                          text=True, capture_output=True)


def numbers(node, path=()):
    """Yields the paths of all numbers in plain data."""
    if isinstance(node, bool):
        return
    if isinstance(node, int):
        yield path
    for key, child in node.items() if isinstance(node, dict) else enumerate(
            node if isinstance(node, list) else []):
        yield from numbers(child, path + (key,))


def with_number(node, path, number):
    node = copy.deepcopy(node)
    target = node
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = number
    return node


assert check(PROBLEM, PLAN).returncode == 0
refused = 0
for which, data in (("plan", PLAN), ("problem", PROBLEM)):
    for path in numbers(data):
        for number in (-7, 3, 1 << 31, (1 << 31) - 1, (1 << 62) + 64, -(1 << 63)):
            wrong = with_number(data, path, number)
            done = check(*((PROBLEM, wrong) if which == "plan" else (wrong, PLAN)))
            assert done.returncode in (0, 1), (which, path, number, done)
            if done.returncode == 1:
                refused += 1
                assert "plimsoll-plan: error: " in done.stderr, (which, path, number, done)
            isId = path[-1] in ("op", "value", "space") or set(path[-2:-1]) & {"reads", "writes"}
            unused = path[-1] in ("value", "space") and "events" in path
            narrowed = number == -(1 << 63)  # becomes 0 in an id of 32 bits
            if isId and not unused and not narrowed and not (which == "problem" and number == 3):
                assert done.returncode == 1, (which, path, number, done)
assert refused > 100, refused
done = check(PROBLEM, dict(PLAN, version=1))
assert done.returncode == 1 and "of version 1 of the format" in done.stderr, done
for text in ("", "[]", "{}", "null", '{"timelines": 3}', '{"timelines": [null]}'):
    (folder / "plan.json").write_text(text)
    done = subprocess.run(["plimsoll-plan", "check", folder / "problem.json",
                           folder / "plan.json"], text=True, capture_output=True)
    assert done.returncode == 1 and done.stderr.startswith("plimsoll-plan: error: "), (text, done)
