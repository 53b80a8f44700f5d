"""Compares the bytes at the offsets of a parameter table with what onnx reads."""
import re
import sys

import onnx
from onnx import numpy_helper

arrays = {i.name: numpy_helper.to_array(i) for i in onnx.load(sys.argv[1]).graph.initializer}
content = open(sys.argv[1], "rb").read()
count = 0
for line in open(sys.argv[2]):
    match = re.match(r"(\S+) .* @ .*:(\d+)$", line)
    if match:
        array = arrays[match[1]]
        assert content[int(match[2]):][:array.nbytes] == array.tobytes(), line
        count += 1
print(count, "parameters agree")
