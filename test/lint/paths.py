"""Checks that no file names a folder of a particular machine: paths.py SOURCE."""
import re
import subprocess
import sys
from pathlib import Path

HOMES = re.compile(rb"(?<![\w.$}])/(?:wo" rb"rk|ho" rb"me|ro" rb"ot|Us" rb"ers)/[\w.-]+")
BINARY = {".onnx", ".safetensors", ".bin", ".png"}


def main(root):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True,
                            check=True).stdout.decode().split("\0")
    problems = []
    for name in filter(None, listed):
        path = root / name
        if path.suffix in BINARY or not path.is_file():
            continue
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            if HOMES.search(line):
                problems.append(f"{name}:{number}: {line[:100].decode(errors='replace').strip()}")
    print("\n".join(problems))
    print(f"{len(problems)} lines with a machine's path")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
