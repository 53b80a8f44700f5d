"""Functions that the pieces of check.py share: the packed folder, and running commands in it."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
sys.path[:0] = [str(ROOT / "test" / "numeric"), str(ROOT / "test" / "support")]


class LeftOut(Exception):
    """Raised if a piece needs something that this machine lacks."""


def run(*command, **options):
    words = [str(word) for word in command]
    try:
        return subprocess.run(words, capture_output=True, text=True, **options)
    except FileNotFoundError:
        return subprocess.CompletedProcess(words, 127, "", f"{words[0]} is not installed")


def expect(*command, **options):
    done = run(*command, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done


def program(name):
    return BUILD / name / name


def need_gpu(options):
    if options.dry_run:
        raise LeftOut("needs a GPU")
