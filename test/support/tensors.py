"""Reading and writing safetensors files, with numpy alone."""

import json
import struct

import ml_dtypes
import numpy as np

TYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U8": np.uint8,
         "BOOL": np.bool_, "BF16": ml_dtypes.bfloat16}


def read(path):
    """Returns (name -> array, metadata)."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        arrays[name] = np.frombuffer(data[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays, metadata


def write(path, arrays, metadata=None):
    names = {np.dtype(kind): name for name, kind in TYPES.items()}
    header, parts, offset = {}, [], 0
    if metadata:
        header["__metadata__"] = metadata
    for name, array in arrays.items():
        array = np.asarray(array)
        data = array.tobytes()
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(data)]}
        parts.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def aliases(metadata):
    """Returns alias -> the name in the file, from a checkpoint's metadata."""
    listed = json.loads(metadata.get("aliases", "{}"))
    return {alias: name for name, others in listed.items() for alias in others}
