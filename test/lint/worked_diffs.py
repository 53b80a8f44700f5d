"""The lines that the pages' diffs add are in the source: worked_diffs.py SOURCE.

Reads every block of ```diff in docs/*.md and looks for each line that begins with + among the lines
of the tracked sources, without regard to indentation. A worked example that the code has left
behind is worse than none.
"""
import re
import subprocess
import sys
from pathlib import Path


def bare(line):
    return " ".join(line.split())


def main(root):
    listed = subprocess.run(["git", "ls-files", "*.cpp", "*.h", "*.cu", "*.td", "*.py", "*.def",
                             "*.inc", "*.txt"], cwd=root, capture_output=True, text=True, check=True)
    known = set()
    for name in listed.stdout.split():
        path = root / name
        if path.is_file():
            known.update(bare(line) for line in path.read_text(errors="replace").splitlines())
    lines = failures = 0
    for page in sorted((root / "docs").glob("*.md")):
        for block in re.findall(r"^```diff\n(.*?)^```", page.read_text(), re.M | re.S):
            for line in re.findall(r"^\+(.*)$", block, re.M):
                lines += 1
                if bare(line) not in known:
                    failures += 1
                    print(f"{page.relative_to(root)}: no source has the line: {line}")
    print(f"{lines} lines of worked diffs, {failures} that no source has")
    return failures > 0 or lines == 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
