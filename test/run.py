"""Runs every suite and ends with one line: `N passed, M failed`.

    run.py BUILD [--all] [FILTER]

Suites: lit (test/**/*.mlir, *.test), the unit tests in BUILD/bin/plimsoll-*-tests, the fuzzers
of the importer and of the passes, and every test/*/run.py, which gets `--build=BUILD` and `--all`
and whose last line must be `N passed, M failed`.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
SCRIPTS_AT_ONCE = 2
FUZZ_CASES = {False: 300, True: 5000}
FUZZED = ["models/mlp-digits/model.onnx", "models/gpt2-nano-dyn/model.onnx",
          "models/vit-nano/model-noopt.onnx", "test/zoo/models/lstm/default.onnx",
          "test/zoo/models/vision-transformer/default.onnx"]

# Models, with their losses, whose text at each stage the fuzzer damages.
STAGES = ["nn", "step", "kernels", "plan", "exec"]
TEXTS = {"models/mlp-digits/model.onnx": "cross-entropy",
         "test/zoo/models/conv-batch-norm/default.onnx": "mse",
         "models/recommender-nano/model.onnx": "bce-with-logits"}


# A fresh machine has ninja, which the build needs, and no make.
ENVIRONMENT = dict(os.environ, OMP_WAIT_POLICY="PASSIVE", CMAKE_GENERATOR="Ninja")


def run(command):
    return subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, env=ENVIRONMENT)


def run_lit(build, options):
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.json")
        command = [sys.executable, "-c", "from lit.main import main; main()", "-v"]
        command += ["-o", results, build / "test"]
        command += ["-Dlong=1"] if options.all else []
        if options.filter:
            command += [f"--filter={options.filter}", "--allow-empty-runs"]
        run(command)
        tests = json.loads(results.read_text())["tests"] if results.exists() else []
    codes = [test["code"] for test in tests]
    passed = sum(code in ("PASS", "FLAKYPASS", "XFAIL") for code in codes)
    skipped = sum(code in ("UNSUPPORTED", "SKIPPED", "EXCLUDED") for code in codes)
    if not codes and not options.filter:
        return 0, 1  # lit did not start
    return passed, len(codes) - passed - skipped


def run_gtest(program):
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.json")
        code = run([program, "--gtest_brief=1", f"--gtest_output=json:{results}"]).returncode
        if not results.exists():
            print(f"{program.name} ended with exit code {code}")
            return 0, 1
        report = json.loads(results.read_text())
    failed = report["failures"]
    return report["tests"] - failed - report.get("disabled", 0), failed or int(code != 0)


def run_script(script, options, show):
    """Runs a Python suite: shows its output and reads the counts from its last line."""
    command = [sys.executable, "-u", str(script), f"--build={options.build}"]
    process = subprocess.Popen(command + (["--all"] if options.all else []), text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=ENVIRONMENT)
    last = ""
    for line in process.stdout:
        show(line)
        last = line.strip() or last
    code = process.wait()
    match = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
    if not match:
        return 0, 1
    return int(match[1]), int(match[2]) or int(code != 0)


class Shown:
    """The output of a suite that runs beside another: kept until `begin`, then printed at once."""

    def __init__(self):
        self.lines, self.isLive, self.lock = [], False, threading.Lock()

    def __call__(self, line):
        with self.lock:
            if self.isLive:
                print(line, end="", flush=True)
            else:
                self.lines.append(line)

    def begin(self):
        with self.lock:
            print("".join(self.lines), end="", flush=True)
            self.isLive = True


def fuzz(program, options, files):
    code = run([program, FUZZ_CASES[options.all], 1, *files]).returncode
    return (1, 0) if code == 0 else (0, 1)


def run_import_fuzzer(program, options):
    return fuzz(program, options, [SOURCE / name for name in FUZZED])


def run_text_fuzzer(program, options):
    """Runs the fuzzer of the passes on the text of every stage of TEXTS."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (model, loss) in enumerate(TEXTS.items()):
            for stage in STAGES:
                files.append(Path(folder, f"{number}.{stage}.mlir"))
                run([options.build / "bin" / "plimsoll", "compile", SOURCE / model,
                     f"--loss={loss}", "--threads=2", f"--emit={stage}", "-o", files[-1]])
        return fuzz(program, options, files)


def programs(build, options):
    """Yields the suites that use the whole machine."""
    yield "lit", lambda: run_lit(build, options)
    for program in sorted((build / "bin").glob("plimsoll-*-tests")):
        yield program.name, lambda program=program: run_gtest(program)
    sanitized = "-sanitized" if options.all else ""
    for name, run_fuzzer in ((f"plimsoll-import-fuzz{sanitized}", run_import_fuzzer),
                             ("plimsoll-text-fuzz", run_text_fuzzer)):
        if (fuzzer := build / "bin" / name).exists():
            yield name, lambda fuzzer=fuzzer, run_fuzzer=run_fuzzer: run_fuzzer(fuzzer, options)


def scripts():
    """Yields the suites that mostly compile and run small programs; the longest ones first."""
    long = ["cuda", "numeric", "robustness", "gradcheck", "finetune"]
    found = {script.parent.name: script for script in (SOURCE / "test").glob("*/run.py")}
    for name in sorted(found, key=lambda name: (name not in long, long.index(name) if name in long else name)):
        yield name, found[name]


def wanted(name, options):
    return not options.filter or name == "lit" or options.filter in name


def timed(suite):
    start = time.monotonic()
    passed, failed = suite()
    return passed, failed, time.monotonic() - start


def run_all(build, options):
    """Yields (name, passed, failed, seconds) of each suite. Scripts run two at a time: a compiler
    that prints one file keeps one core busy."""
    for name, suite in programs(build, options):
        if wanted(name, options):
            print(f"== {name}", flush=True)
            yield name, *timed(suite)
    with concurrent.futures.ThreadPoolExecutor(SCRIPTS_AT_ONCE) as pool:
        started = []
        for name, script in scripts():
            if wanted(name, options):
                show = Shown()
                started.append((name, show, pool.submit(
                    timed, lambda script=script, show=show: run_script(script, options, show))))
        for name, show, result in started:
            print(f"== {name}", flush=True)
            show.begin()
            yield name, *result.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--all", action="store_true", help="the long ones too")
    parser.add_argument("filter", nargs="?", help="suites or lit tests whose name contains this")
    options = parser.parse_intermixed_args()
    options.build = build = options.build.resolve()

    rows = list(run_all(build, options))
    print()
    for name, passed, failed, seconds in rows:
        print(f"{name:28} {passed:5} passed {failed:3} failed {seconds:7.1f} s")
    passed, failed = (sum(row[i] for row in rows) for i in (1, 2))
    print(f"{passed} passed, {failed} failed", flush=True)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
