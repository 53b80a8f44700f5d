"""Models that the onnx wheel ships, most of them exported by PyTorch in its first years.

They are of opset 6 to 12. Expected results are recorded beside each model; for the nine image
classifiers without weights (`light`: each weight is one number, repeated) the inputs are those
with which the wheel's runner computed the results: 0, 1/n, 2/n, ...
"""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

import cases

DATA = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
FOLDERS = ["pytorch-converted", "pytorch-operator", "simple"]
#: Tolerances of onnx.backend.test.
RTOL, ATOL = 1e-3, 1e-7


def is_light(case):
    return case.name.startswith("light_")


def tensor(path):
    message = TensorProto()
    message.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(message)


def tensors(folder, kind):
    paths = folder.glob(f"test_data_set_0/{kind}_*.pb")
    return [tensor(path) for path in sorted(paths, key=lambda path: int(path.stem.split("_")[1]))]


def without_initial_inputs(model):
    """Removes initializers from the inputs, where files this old name them too."""
    graph = model.graph
    initial = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in initial]
    del graph.input[:]
    graph.input.extend(inputs)
    model.ir_version = max(model.ir_version, 4)
    return model


def ramp(value):
    shape = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
    count = int(np.prod(shape))
    return (np.arange(count).reshape(shape) / count).astype(np.float32)


def case_of(name, path, outputs, inputs=None):
    model = without_initial_inputs(onnx.load(path))
    inputs = [ramp(value) for value in model.graph.input] if inputs is None else inputs
    for value, array in zip(model.graph.input, inputs):
        for dim, size in zip(value.type.tensor_type.shape.dim, array.shape):
            dim.dim_value = size
    return cases.Case(name, "models", model, inputs, outputs, RTOL, ATOL)


def collect():
    """Returns all models with operators and types of cases.py, in the order of their names."""
    found = []
    for path in sorted((DATA / "light").glob("*.onnx")):
        output = path.with_name(path.stem + "_output_0.pb")
        found.append((path.stem, path, lambda output=output: ([tensor(output)],)))
    for folder in FOLDERS:
        for path in sorted((DATA / folder).glob("*/model.onnx")):
            name = f"{folder.removeprefix('pytorch-')}_{path.parent.name.removeprefix('test_')}"
            found.append((name, path, lambda at=path.parent: (tensors(at, "output"),
                                                              tensors(at, "input"))))
    result = []
    for name, path, data in found:
        model = without_initial_inputs(onnx.load(path))
        if cases.is_eligible(cases.Case(name, "models", model, [], [], RTOL, ATOL)):
            result.append(case_of(name, path, *data()))
    return result
