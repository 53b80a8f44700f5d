"""Runs the console blocks of a page: readme.py SOURCE BUILD FOLDER.

Every `$ ` line must succeed, or end with N where it says `# exits with N`, and must print
lines that begin as those shown; numbers may differ, and after `...` all may. A program that runs
for more than some seconds prints its progress in between, as slow machines do.
"""
import os
import re
import subprocess
import sys
from pathlib import Path


def commands(page):
    for block in re.findall(r"^```console\n(.*?)^```", page, re.S | re.M):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown.splitlines()


def shape(line):
    """Returns the words of a line without numbers; the peak depends on the machine."""
    return re.sub(r"\d[\d.,:]*", "N", line.split("at the peak")[0]).split()


def without_progress(lines):
    """Returns the lines without lines of progress, except for the first one."""
    first = next((i for i, line in enumerate(lines) if is_progress(line)), None)
    return [line for i, line in enumerate(lines) if i == first or not is_progress(line)]


def is_progress(line):
    return line.startswith("step ") and line.endswith(" left")


def main(source, build, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, target in (("models", source / "models"), ("build", build)):
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(target)
    count = 0
    for command, shown in commands((source / "README.md").read_text()):
        wanted = re.search(r"# exits with (\d+)", command)
        done = subprocess.run(command, shell=True, cwd=folder, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, OMP_WAIT_POLICY="PASSIVE"))
        lines = without_progress([line for line in done.stdout.splitlines()
                                  if "remarks about the model" not in line])
        ok = done.returncode == int(wanted[1] if wanted else 0)
        for i, expected in enumerate(shown):
            if expected.strip() == "...":
                break
            ok = ok and i < len(lines) and shape(lines[i]) == shape(expected)
        if not ok:
            print(f"$ {command}\nexit code {done.returncode}\n{done.stdout}")
            print("the page shows:\n" + "\n".join(shown))
            return 1
        count += 1
    print(f"{count} commands as shown")
    return count == 0


if __name__ == "__main__":
    sys.exit(main(*(Path(argument).resolve() for argument in sys.argv[1:])))
