#!/usr/bin/env python3
"""Runs models at another batch than the exported one, in the in-process executor.

    run.py --build=BUILD [--all]

Rows of a batch do not depend on each other in inference, so the rows that were in the exported
batch must have the same bits in a larger or smaller one.
"""
import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "onnx-nodes"))
import driver  # noqa: E402

# (model, batches to try besides the exported one)
CASES = [("mlp-digits/model.onnx", [1, 48, 100]),
         ("gpt2-nano/model.onnx", [1, 6, 8]),
         ("gpt2-nano-sdpa/model.onnx", [6]),
         ("llama-nano/model.onnx", [6]),
         ("vit-nano/model-noopt.onnx", [24]),
         ("resnet-nano/model.onnx", [24]),
         ("unet-nano/model.onnx", [6])]


def write(machine, name, path, inputs):
    """Writes a folder for the driver: the model, its inputs, and their shapes for --shape."""
    machine.write(name, onnx.load(path), {key: x.tobytes() for key, x in inputs.items()})
    shapes = "".join(f"{key} {'x'.join(map(str, x.shape))}\n" for key, x in inputs.items())
    (machine.folder(name) / "shapes.txt").write_text(shapes)


def random_inputs(model, batch):
    """Draws inputs for the largest batch; smaller batches take its first rows."""
    random, inputs = np.random.default_rng(7), {}
    for value in model.graph.input:
        sizes = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        integers = value.type.tensor_type.elem_type == onnx.TensorProto.INT64
        shape = [batch, *sizes[1:]]
        inputs[value.name] = (random.integers(0, 256, shape) if integers
                              else random.standard_normal(shape).astype(np.float32))
    return inputs


def check(machine, file, batches):
    """Returns the failures of one model, as text."""
    path = ROOT / "models" / file
    model = onnx.load(path, load_external_data=False)
    exported = model.graph.input[0].type.tensor_type.shape.dim[0].dim_value
    inputs = random_inputs(model, max(batches + [exported]))
    names = {batch: f"{Path(file).parent.name}-{batch}" for batch in [exported, *batches]}
    for batch, name in names.items():
        write(machine, name, path, {key: x[:batch] for key, x in inputs.items()})
    outcomes = machine.run("forward", list(names.values()))
    failures = []
    for batch, name in names.items():
        if outcomes[name].refusal:
            failures.append(f"batch {batch}: {outcomes[name].refusal}")
    for batch in [] if failures else batches:
        for key, expected in outcomes[names[exported]].results.items():
            got, rows = outcomes[names[batch]].results[key][0], min(batch, exported)
            same = got[:rows].tobytes() == expected[0][:rows].tobytes()
            if got.shape != (batch, *expected[0].shape[1:]) or not same:
                difference = np.abs(got[:rows] - expected[0][:rows]).max()
                failures.append(f"batch {batch}: '{key}' differs by up to {difference}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="accepted, there are no long cases")
    options = parser.parse_args()
    program = options.build.resolve() / "bin" / "plimsoll-test-nodes"
    environment = dict(os.environ, OMP_WAIT_POLICY="PASSIVE")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="plimsoll-rebatch-") as scratch:
        machine = driver.Driver(program, scratch, environment)
        for file, batches in CASES:
            failures = check(machine, file, batches)
            failed += bool(failures)
            print(f"-- {file} {batches}: {'; '.join(failures) or 'same bits'}", flush=True)
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
