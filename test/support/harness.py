"""Functions that test suites share: running the tools, cases with one line each, a summary."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

LIMIT_SECONDS = 600


class Failed(Exception):
    """A case failed; the text says what was expected and what was found."""


def check(condition, message):
    if not condition:
        raise Failed(message)


class Result:
    """Exit code and text of a finished command."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    def __str__(self):
        words = " ".join(str(word) for word in self.command)
        return f"{words}\n    exit code {self.code}\n    {(self.err or self.out).strip()[-2000:]}"


class Tools:
    """The compiler of a build folder, the models, and a scratch folder that goes away."""

    def __init__(self, build, models):
        self.build = pathlib.Path(build).resolve()
        self.models = pathlib.Path(models).resolve()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="plimsoll-test-"))
        # Waiting threads sleep: tests share the machine's cores.
        self.environment = dict(os.environ, OMP_WAIT_POLICY="PASSIVE")

    def remove(self):
        shutil.rmtree(self.scratch, ignore_errors=True)

    def folder(self, name):
        """Returns an empty folder in the scratch folder."""
        path = self.scratch / re.sub(r"[^A-Za-z0-9_.-]+", "-", name)
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def run(self, command, environment=None, **options):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              errors="replace", timeout=LIMIT_SECONDS,
                              env=self.environment if environment is None else environment,
                              **options)
        return Result(command, done.returncode, done.stdout, done.stderr)

    def expect(self, command, **options):
        result = self.run(command, **options)
        check(result.code == 0, str(result))
        return result

    def plimsoll(self, *words, **options):
        return self.run([self.build / "bin" / "plimsoll", *words], **options)

    def compile(self, model, output, *options, threads=2):
        """Compiles a model (a path, or a path below the models folder); returns the program."""
        path = model if os.path.isabs(str(model)) else self.models / model
        self.expect([self.build / "bin" / "plimsoll", "compile", path, "-o", output,
                     f"--threads={threads}", *options])
        return output


class Suite:
    """Runs cases, prints a line for each, and counts."""

    def __init__(self, pattern=""):
        self.pattern = re.compile(pattern or "")
        self.passed, self.failures = 0, []

    def wants(self, name):
        return self.pattern.search(name) is not None

    def case(self, name, body, *arguments):
        """Runs body(*arguments); its result is printed after the name."""
        if not self.wants(name):
            return
        began = time.monotonic()
        try:
            note = body(*arguments)
        except (Failed, subprocess.TimeoutExpired, OSError, KeyError, ValueError) as error:
            text = error if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
            self.failures.append(name)
            print(f"FAILED {name}\n    {text}", flush=True)
            return
        self.passed += 1
        seconds = time.monotonic() - began
        print(f"ok     {name}  {seconds:.1f} s" + (f"  {note}" if note else ""), flush=True)

    def finish(self):
        for name in self.failures:
            print(f"FAILED {name}")
        print(f"{self.passed} passed, {len(self.failures)} failed")
        return 1 if self.failures or not self.passed else 0


def parse(description):
    parser = argparse.ArgumentParser(description=description)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--build", default=root / "build", help="build folder")
    parser.add_argument("--models", default=root / "models", help="folder of the models")
    parser.add_argument("--all", action="store_true", help="the long cases too")
    parser.add_argument("--filter", default="", help="regular expression of the cases to run")
    return parser.parse_args()


def main(description, *groups):
    """Runs group(suite, tools, everything) for each group; returns the exit code."""
    arguments = parse(description)
    tools = Tools(arguments.build, arguments.models)
    suite = Suite(arguments.filter)
    try:
        for group in groups:
            group(suite, tools, arguments.all)
        return suite.finish()
    finally:
        tools.remove()


def metrics(path):
    """Returns the objects of a metrics file."""
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


def losses(path):
    return [line["loss"] for line in metrics(path) if "loss" in line and "step" in line]
