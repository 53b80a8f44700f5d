"""Checks that every op has an example that parses: op_examples.py SOURCE LLVM_TOOLS PLIMSOLL_OPT.

Takes the ```mlir blocks out of the descriptions of ops, attributes and types, wraps each so
that it can stand alone, and parses all of them with plimsoll-opt. Values that an example
uses without defining get the type that the parser asks for.
"""
import json
import re
import subprocess
import sys
import textwrap

DIALECTS = ["dialects/nn/NNOps.td", "dialects/plan/Plan.td", "dialects/exec/Exec.td"]
AT_MODULE_LEVEL = ("nn.parameter", "nn.state", "exec.program")


def read_json(source, tools, file):
    """The records of a TableGen file by name."""
    command = [f"{tools}/llvm-tblgen", "--dump-json", f"-I{source}", f"-I{tools}/../include",
               f"{source}/{file}"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def read_records(source, tools):
    """Yields (name, examples) of every op, attribute and type that a dialect file defines."""
    for file in DIALECTS:
        records = read_json(source, tools, file)
        own = re.match(r"dialects/(\w+)/", file)[1]
        for name, record in records.items():
            kinds = record.get("!superclasses", []) if isinstance(record, dict) else []
            dialect = record.get("opDialect" if "Op" in kinds else "dialect") if kinds else None
            if not dialect or not {"Op", "AttrDef", "TypeDef"} & set(kinds):
                continue
            if records[dialect["def"]]["name"] != own or "EnumAttr" in kinds:
                continue
            text = textwrap.dedent(record.get("description") or "")
            examples = re.findall(r"```mlir\n(.*?)```", text, re.S)
            yield name, [textwrap.dedent(example).strip() for example in examples]


class Example:
    def __init__(self, name, text):
        self.name, self.text, self.errors = name, text, []
        code = re.sub(r'"[^"]*"', "", text)
        defined = {n.split(":")[0] for line in text.splitlines() if " = " in line
                   for n in re.findall(r"%[\w.]+(?::\d+)?", line.split(" = ")[0])}
        defined |= set(re.findall(r"(%\w+):", code))  # arguments of blocks
        self.free = {n: "none" for n in re.findall(r"%[\w.]+", code) if n not in defined}
        self.symbols = [s for s in dict.fromkeys(re.findall(r"@[\w.]+", code))
                        if not re.search(rf"(nn\.parameter|nn\.state|exec\.program) {s}(?![\w.])", code)]

    def wrapped(self):
        if self.text.startswith("#"):
            return f"module attributes {{test.example = {self.text}}} {{}}\n"
        if self.text.startswith("!"):
            return f"func.func private @example({self.text})\n"
        shape = re.search(r"tensor<[^>]*>", self.text)
        prelude = "".join(f"nn.parameter {s} : {shape[0]}\n" for s in self.symbols if shape)
        if self.text.startswith(AT_MODULE_LEVEL):
            return f"{prelude}{self.text}\n"
        if re.match(r"(%\w+ = )?exec\.", self.text):  # slices, which stand in a program
            kinds = {name: "!exec.slice<f32, 1>" if kind == "none" else kind
                     for name, kind in self.free.items()}
            body = "".join(f'  {name} = exec.slice "{name[1:]}" activation at 0 : {kind}\n'
                           for name, kind in kinds.items())
            return f"exec.program @example arena(4096) threads(1) {{\n{body}{self.text}\n}}\n"
        body = "".join(f'  {name} = "example.value"() : () -> {kind}\n'
                       for name, kind in self.free.items())
        return f"{prelude}func.func @example() {{\n{body}{self.text}\n  return\n}}\n"


def parse(examples, opt):
    """Parses all examples and stores the errors of each. Returns whether the type of a free value
    became known, and the exit code of plimsoll-opt."""
    text, starts = "", []
    for example in examples:
        starts.append(text.count("\n") + 1)
        text += example.wrapped() + "// -----\n"
        example.errors = []
    command = [opt, "--split-input-file", "--allow-unregistered-dialect", "-"]
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    learnt = False
    for line, message in re.findall(r"^(?:within split at )?<stdin>:(\d+)[^\n]*? error: ([^\n]*)",
                                    result.stderr, re.M):
        example = examples[max(i for i, s in enumerate(starts) if s <= int(line))]
        wanted = re.match(r"use of value '(%[\w.]+)' expects different type than prior uses: "
                          r"'(.*)' vs '(?:none|!exec.slice<f32, 1>)'", message)
        if wanted and example.free.get(wanted[1]) == "none":
            example.free[wanted[1]] = wanted[2]
            learnt = True
        else:
            example.errors.append(message)
    return learnt, result.returncode


def main(source, tools, opt):
    examples, missing = [], []
    for name, texts in read_records(source, tools):
        examples += [Example(name, text) for text in texts]
        if not texts:
            missing.append(f"{name}: its description has no example")
    learnt, code = True, 1
    while learnt:
        learnt, code = parse(examples, opt)
    problems = missing + [f"{e.name}: {error}\n{e.wrapped()}" for e in examples for error in e.errors]
    if code and not problems:
        problems.append(f"plimsoll-opt ended with exit code {code}")
    print("\n".join(problems))
    print(f"{len(examples)} examples, {len(problems)} problems")
    return bool(problems) or not examples


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
