"""Checks that files which pages of docs/ name exist: each path in backticks that looks like one of
the tree. ways.py SOURCE"""
import re
import sys
from pathlib import Path

PAGES = ["ways.md", "glossary.md"]
FOLDERS = ("compiler/", "dialects/", "passes/", "runtime/", "tools/", "test/", "models/", "docs/")


def main(root):
    missing = 0
    for page in PAGES:
        for path in re.findall(r"`([\w./-]+)`", (root / "docs" / page).read_text()):
            if path.startswith(FOLDERS) and not (root / path).exists():
                print(f"{page}: there is no {path}")
                missing += 1
    print(f"{missing} missing")
    return missing > 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
