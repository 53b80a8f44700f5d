"""Imports every wrong model and prints what is said, without the paths: invalid.py TOOL FOLDER."""
import os
import subprocess
import sys

import make

tool, folder = sys.argv[1:3]
path = os.path.join(folder, "model.onnx")
data = os.path.join(folder, "data.bin")


def run(name, content):
    if content is None:
        os.path.exists(path) and os.remove(path)
    else:
        with open(path, "wb") as file:
            file.write(content)
    result = subprocess.run([tool, "--import-onnx", path], capture_output=True, text=True)
    print(name)
    print(result.stderr.replace(path + ": ", ""))
    assert result.returncode == 1 and not result.stdout, name


good = make.transposed().SerializeToString()
run("empty", b"")
run("garbage", b"no protobuf at all")
run("truncated", good[: len(good) // 2])
run("nonexistent", None)
for name in ["unsupported", "several", "fourteen", "eighth", "quantised",
             "of_a_function", "training_dropout", "branches", "old_opset",
             "new_opset", "cycle", "duplicate", "overflow", "short_data", "wrong_attribute",
             "external_missing", "external_outside"]:
    run(name, getattr(make, name)().SerializeToString())

with open(data, "wb") as file:
    file.write(bytes(90))
run("external_short", make.external_data().SerializeToString())
os.remove(data)
outside = os.path.join(os.path.dirname(folder), "outside-of-invalid.bin")
with open(outside, "wb") as file:
    file.write(bytes(200))
os.symlink(outside, data)
run("external_link", make.external_data().SerializeToString())
os.remove(data)
os.remove(outside)
print("end")
