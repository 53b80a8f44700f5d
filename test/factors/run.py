#!/usr/bin/env python3
"""Index factors against what ops compute: every op of nn in parts.

    run.py --build=BUILD [--all]

The ops are those of the examples in all descriptions and those of Inputs/cases.mlir. Parts along a free
factor, put together, must be the whole bit for bit, and parts along a reduced one add up to it.
Then factors of all other kinds are taken for free, and each of these faults must be noticed.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "lint"))
import op_examples  # noqa: E402

# Ops that nothing runs, and why.
NOT_RUN = {"nn.stop_gradient": "is taken out once gradients are made"}


def examples(build):
    """The ops of all descriptions, each as a module."""
    tools = re.search(r'llvm_tools = "(.*)"', (build / "test" / "lit.site.cfg.py").read_text())[1]
    found = [op_examples.Example(name, text)
             for name, texts in op_examples.read_records(SOURCE, tools) for text in texts
             if name.startswith("NN_") and text.startswith("%")
             and "nn.launch" not in text]  # every op is run as the body of one
    learnt = True
    while learnt:
        learnt, _ = op_examples.parse(found, build / "bin" / "plimsoll-opt")
    return [example.wrapped() for example in found]


def run(build, text, options, show):
    result = subprocess.run([build / "bin" / "plimsoll-test-factors", *options], input=text,
                            stdout=subprocess.PIPE, text=True)
    lines = result.stdout.splitlines()
    match = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1] if lines else "")
    for line in lines[:-1] if match else lines:
        if show(line):
            print(line, flush=True)
    passed, failed = (int(match[1]), int(match[2])) if match else (0, 1)
    return lines, passed, max(failed, int(result.returncode != 0))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="accepted, there are no long cases")
    build = parser.parse_args().build.resolve()
    text = "// -----\n".join([*examples(build), (HERE / "Inputs" / "cases.mlir").read_text()])
    problems, total = [], 0
    for title, options in [("in parts", []), ("with wrong factors", ["--mutate"])]:
        lines, passed, failed = run(build, text, options, lambda line: not line.startswith(
            ("ok: ", "    noticed: ")))
        left_out = {line.split()[2].rstrip(":") for line in lines if line.startswith("left out ")}
        if left_out != set(NOT_RUN):
            problems.append(f"left out are {sorted(left_out)}, not {sorted(NOT_RUN)}")
        print(f"-- {title}: {passed} factors hold, {failed} do not", flush=True)
        total += passed
        problems += [title] * failed
    print("\n".join(problem for problem in dict.fromkeys(problems)))
    print(f"{total} passed, {len(problems)} failed")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
