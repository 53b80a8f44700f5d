"""Runs folders with plimsoll-test-nodes, and reads the results."""

import dataclasses
import pathlib
import re
import shutil
import subprocess

import numpy as np
import onnx

NUMPY = {"f32": np.float32, "f64": np.float64, "i64": np.int64, "i32": np.int32, "ui8": np.uint8,
         "i1": np.bool_}
LIMIT_SECONDS = 600
#: The message of a node that needs an operand at compile time.
WANTS = re.compile(r"its input '([^']*)' must be known at compile time")


@dataclasses.dataclass
class Outcome:
    refusal: str = ""  # why it was not run
    results: dict = dataclasses.field(default_factory=dict)  # name -> array, one set after another
    order: list = dataclasses.field(default_factory=list)
    operations: set = dataclasses.field(default_factory=set)  # nn.add, ...


class Driver:
    def __init__(self, program, scratch, environment):
        self.program, self.scratch = program, pathlib.Path(scratch)
        self.environment = environment

    def folder(self, name):
        return self.scratch / name

    def write(self, name, model, inputs):
        """Writes a folder for the driver. `inputs`: name -> bytes of all sets."""
        folder = self.folder(name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        onnx.save(model, folder / "model.onnx")
        (folder / "inputs.txt").write_text("".join(key + "\n" for key in inputs))
        for index, data in enumerate(inputs.values()):
            (folder / f"input_{index}.bin").write_bytes(data)

    def run(self, kind, names, *options):
        """Returns the outcome of each name. A case that ends the program counts as refused."""
        outcomes, pending = {}, list(names)
        while pending:
            text = "".join(f"{kind} {self.folder(name)}\n" for name in pending)
            done = subprocess.run([self.program, *options], input=text, text=True, capture_output=True,
                                  env=self.environment, timeout=LIMIT_SECONDS, errors="replace")
            started = self.read(done.stdout, outcomes)
            finished = [name for name in pending if name in outcomes]
            if started and started not in outcomes:
                last = (done.stderr.strip().splitlines() or [""])[-1]
                outcomes[started] = Outcome(f"the compiler stopped: {last[-200:]}")
            elif len(finished) == 0:
                raise OSError(f"{self.program} does not run: {done.stderr.strip()[-500:]}")
            pending = [name for name in pending if name not in outcomes]
        return outcomes

    def read(self, text, outcomes):
        """Parses the output into `outcomes`; returns the case that was begun last."""
        started, current = None, Outcome()
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            if word == "begin":
                started, current = pathlib.Path(rest).name, Outcome()
            elif word == "uses":
                current.operations = set(rest.split())
            elif word == "result":
                index, name, kind, shape = rest.split(" ")
                sizes = [] if shape == "scalar" else [int(d) for d in shape.split("x")]
                file = self.folder(started) / f"result_{index}.bin"
                data = np.frombuffer(file.read_bytes(), NUMPY[kind])
                sets = -1 if 0 not in sizes else 1
                current.results[name] = data.reshape([sets, *sizes])
                current.order.append(name)
            elif word in ("ok", "refused"):
                current.refusal = "" if word == "ok" else rest.partition(" ")[2]
                outcomes[started] = current
        return started


def graph_inputs(case):
    return [value.name for value in case.model.graph.input]


def run_bound(driver, cases, kind, write):
    """Runs `cases`; inputs that must be known at compile time become constants."""
    outcomes, pending = {}, list(cases)
    while pending:
        for case in pending:
            write(case)
        found = driver.run(kind, [case.name for case in pending])
        again = []
        for case in pending:
            wanted = WANTS.search(found[case.name].refusal)
            if wanted and wanted[1] in graph_inputs(case):
                case.bind(wanted[1])
                again.append(case)
            else:
                outcomes[case.name] = found[case.name]
        pending = again
    return outcomes
