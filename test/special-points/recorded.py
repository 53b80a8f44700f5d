"""The records of record.py: numbers and models by function and variant of its inputs."""

import dataclasses
import io
import json
import pathlib
import tarfile

import numpy as np

FILE = pathlib.Path(__file__).resolve().parent / "recorded.tar.xz"


@dataclasses.dataclass
class Point:
    """The records of one function at the inputs of one variant."""
    kind: str
    single: list  # the result and the gradient of each input, in f32
    double: list  # the same in f64, rounded
    forms: dict = dataclasses.field(default_factory=dict)  # exporters, "a b" -> bytes of the model


class Recorded:
    def __init__(self):
        self.points = {}  # (name, variant) -> Point

    def put(self, name, variant, kind, single, double):
        self.points[name, variant] = Point(kind, single, double)

    def put_form(self, name, variant, exporter, model):
        """Adds a form; one that several exporters write is kept once."""
        forms, data = self.points[name, variant].forms, model.SerializeToString(deterministic=True)
        same = next((other for other, bytes_ in forms.items() if bytes_ == data), None)
        if same:
            forms[same + " " + exporter] = forms.pop(same)
        else:
            forms[exporter] = data

    def write(self):
        index, values, models = [], [], []
        for (name, variant), point in sorted(self.points.items()):
            arrays = [*point.single, *point.double]
            index.append({"name": name, "variant": variant, "kind": point.kind,
                          "shapes": [list(a.shape) for a in arrays], "forms": list(point.forms)})
            values += [np.ascontiguousarray(a, np.float32).tobytes() for a in arrays]
            models += [(f"{name}{variant}/{form}.onnx", data) for form, data in point.forms.items()]
        files = [("index.json", json.dumps(index).encode()), ("values.f32", b"".join(values)), *models]
        with tarfile.open(FILE, "w:xz", preset=9) as tar:
            for name, data in files:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def read():
    files = {}
    with tarfile.open(FILE) as tar:
        for member in tar:
            files[member.name] = tar.extractfile(member).read()
    result, at = Recorded(), 0
    values = np.frombuffer(files["values.f32"], np.float32)
    for entry in json.loads(files["index.json"]):
        arrays = []
        for shape in entry["shapes"]:
            size = int(np.prod(shape))
            arrays.append(values[at:at + size].reshape(shape))
            at += size
        half = len(arrays) // 2
        name, variant = entry["name"], entry["variant"]
        forms = {form: files[f"{name}{variant}/{form}.onnx"] for form in entry["forms"]}
        result.points[name, variant] = Point(entry["kind"], arrays[:half], arrays[half:], forms)
    return result
