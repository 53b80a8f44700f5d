"""Finds directives that FileCheck would ignore: dead_checks.py FOLDER.

Fails on directives that FileCheck never reads: a misspelt suffix (CHECK-NXT:), a missing
colon (CHECK-LABEL foo), a prefix that no RUN line passes, and on prefixes passed without a
directive.
"""
import re
import sys
from pathlib import Path

SUFFIX = r"(?:-(?:NEXT|SAME|NOT|DAG|LABEL|EMPTY|COUNT-\d+))?(?:\{LITERAL\})?"
LIT = {"RUN", "REQUIRES", "XFAIL", "UNSUPPORTED", "DEFINE", "REDEFINE", "ALLOW_RETRIES", "END"}
WORD = re.compile(r"^\s*(?://|#)\s*([A-Z][A-Z0-9_]*(?:-[A-Z0-9_{}]+)*)(:?)(?=\s|$)")


def passed_prefixes(text):
    """Returns the prefixes of all calls of FileCheck in the RUN lines."""
    runs = "\n".join(re.findall(r"RUN:(.*)", text)).replace("\\\n", " ")
    prefixes = set()
    for command in re.findall(r"\bFileCheck\b([^|;&\n]*)", runs):
        named = re.findall(r"--?check-prefix(?:es)?[= ]([\w,-]+)", command)
        prefixes.update(p for names in named for p in names.split(","))
        if not named:
            prefixes.add("CHECK")
    return prefixes


def check(path):
    text = path.read_text()
    prefixes = passed_prefixes(text)
    used = set()
    for number, line in enumerate(text.splitlines(), 1):
        match = WORD.match(line)
        if not match or match[1] in LIT:
            continue
        word, colon = match[1], match[2]
        owner = next((p for p in sorted(prefixes, key=len, reverse=True)
                      if re.fullmatch(re.escape(p) + SUFFIX, word)), None)
        near = word.split("-")[0] in {p.split("-")[0] for p in prefixes | {"CHECK"}}
        if owner and colon:
            used.add(owner)
        elif owner and not re.match(r"\s*(?://|#)\s*[A-Z-]+\s+[a-z]+ing\b", line):
            yield f"{path}:{number}: no colon after {word}"
        elif near:
            yield f"{path}:{number}: FileCheck does not read {word}"
        elif colon and "-" in word and re.search(SUFFIX[:-len(r"?(?:\{LITERAL\})?")] + "$", word):
            yield f"{path}:{number}: no RUN line passes the prefix of {word}"
    for prefix in sorted(prefixes - used):
        yield f"{path}: no line for the prefix {prefix}"


def main(folder):
    files = [p for p in sorted(folder.rglob("*")) if p.suffix in (".mlir", ".test")
             and "Inputs" not in p.parts]
    problems = [problem for path in files for problem in check(path)]
    print("\n".join(problems))
    print(f"{len(files)} files, {len(problems)} dead checks")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
