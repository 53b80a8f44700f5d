"""An error of 0.1 % in any gradient rule is found.

Each rule of passes/autodiff/Gradients.td is scaled by 1.001 in turn. The gradients of some node
test must then differ from the central differences; where no node test needs the rule, the check
of its graphs in test/numeric must fail.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "numeric"))
import rules  # noqa: E402
from harness import Failed, Tools  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: Cases that are tried at once, the smallest first.
BATCH = 8


def size(probe):
    return sum(x.size for x in probe.inputs.values()) * (1 + 2 * len(probe.moves))


def noticed(machine, rule, probes):
    """Returns the name of a case whose gradients differ if `rule` is scaled, or ""."""
    users = [name for name, (_, operations) in probes.items() if rule in operations]
    users.sort(key=lambda name: (size(probes[name][0]), name))
    for first in range(0, len(users), BATCH):
        names = users[first:first + BATCH]
        outcomes = machine.run("gradients", names, f"--debug-scale-rule={rule}")
        for name in names:
            if outcomes[name].refusal:
                raise Failed(f"{name}: {outcomes[name].refusal}")
            if probes[name][0].check(outcomes[name])[0]:
                return name
    return ""


def check(machine, probes, build):
    """Returns (name, problem or "", note) for each rule. The folders of `probes` must exist."""
    results = []
    tools = Tools(build, ROOT / "models")
    try:
        for rule in rules.rules():
            note = problem = ""
            try:
                case = noticed(machine, rule, probes)
                note = f"seen by {case}" if case else rules.check_scaled(tools, rule)
            except (Failed, KeyError) as failure:
                problem = f"scaled by 1.001 it is seen by no node test and no graph: {failure}"
            results.append((f"rule {rule}: 0.1 % off", problem, note))
    finally:
        tools.remove()
    return results
