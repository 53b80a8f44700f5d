"""Choices of libraries for launches are recorded in checkpoints and handed to resumed runs."""

import json
import struct

import emulated
import narrow
import reference
from harness import check


def header(data):
    """Returns the text of a safetensors file's header, and the offset of its end."""
    end = 8 + struct.unpack("<Q", data[:8])[0]
    return data[8:end], end


def check_choices(tools):
    model, folder = narrow.model("mlp-digits"), tools.folder("choices")
    program = tools.compile(model.path, folder / "program", reference.OPTIMIZER, emulated.TARGET)
    saved, changed = folder / "run.safetensors", folder / "changed.safetensors"
    words = [program, f"--data={model.data(tools)}"]
    tools.expect([*words, "--steps=2", f"--save={saved}"])
    data = saved.read_bytes()
    text, end = header(data)
    record = json.loads(text)["__metadata__"]["choices"]
    entries = record.split(";")
    check(entries.pop() == "" and entries, f"expected entries that end in ';', found: {record}")
    for entry in entries:
        check(entry.startswith("matmul[1,") and entry.endswith("]=emulator 1"), entry)

    def resume(old, new):
        found = text.replace(old, new)
        check(found != text, f"{old} is not in the header")
        changed.write_bytes(data[:8] + found + data[end:])
        return tools.run([*words, "--steps=3", f"--resume={changed}",
                          f"--save={folder}/end.safetensors"])

    result = tools.run([*words, "--steps=3", f"--resume={saved}"])
    check(result.code == 0 and "warning" not in result.err, str(result))
    result = resume(b"]=emulator 1;", b"]=emulator 7;")
    others = f" and {len(entries) - 1} other products" if len(entries) > 1 else ""
    check(result.code == 0 and result.err.count("warning") == 1, str(result))
    for part in (f"){others} cannot run as '{changed}' records it: the emulator has no such "
                 "algorithm; another algorithm is taken", "warning: '"):
        check(part in result.err, f"expected {part!r}, found: {result.err}")
    again = json.loads(header((folder / "end.safetensors").read_bytes())[0])
    check(again["__metadata__"]["choices"] == record, "the algorithm taken is not recorded")
    for old, new in ((b"]=emulator 1;", b"]=emulator 1 "), (b"]=emulator 1;", b"] emulator 1;")):
        result = resume(old, new)
        check(result.code == 1 and f"'{changed}': its record of the algorithms that libraries "
              "chose is damaged (at 'matmul[1," in result.err, str(result))


def group(suite, tools, everything):
    suite.case("choices: recorded and handed back", check_choices, tools)
