"""Every op of nn has index factors or says why not: op_factors.py SOURCE LLVM_TOOLS PLIMSOLL_OPT.

Prints the factors of the ops in the examples of all descriptions, with nn-print-factors, which
checks that they fit the operands and results.
"""
import re
import subprocess
import sys

import op_examples


def names_of_ops(source, tools):
    return [f"nn.{record['opName']}" for record in op_examples.read_json(
        source, tools, "dialects/nn/NNOps.td").values()
        if isinstance(record, dict) and "Op" in record.get("!superclasses", [])
        and record["opDialect"]["def"] == "NN_Dialect"]


def main(source, tools, opt):
    examples = [op_examples.Example(name, text)
                for name, texts in op_examples.read_records(source, tools) for text in texts
                if name.startswith("NN_")]
    learnt = True
    while learnt:
        learnt, _ = op_examples.parse(examples, opt)
    text = "// -----\n".join(example.wrapped() for example in examples)
    result = subprocess.run(
        [opt, "--split-input-file", "--allow-unregistered-dialect", "-o", "/dev/null",
         "--pass-pipeline=builtin.module(nn-print-factors)", "-"],
        input=text, capture_output=True, text=True)
    lines = {}
    for line in result.stdout.splitlines():
        lines.setdefault(line.split(" ")[0], []).append(line)
    names = names_of_ops(source, tools)
    problems = [f"{name}: prints no factors" for name in names if name not in lines]
    problems += [line for printed in lines.values() for line in printed
                 if not re.fullmatch(r"nn\.\w+ (\(.*\) -> \(.*\) \{.*\}|opaque: \w.+\w)", line)]
    problems += re.findall(r"error: .*", result.stderr)
    opaque = [name for name in names if any("opaque: " in line for line in lines.get(name, []))]
    print("\n".join(problems))
    print(f"{len(names)} ops, {len(opaque)} of them opaque ({' '.join(opaque)}), "
          f"{len(problems)} problems")
    return bool(problems) or result.returncode != 0 or not names


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
