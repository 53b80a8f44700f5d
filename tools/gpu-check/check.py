"""Checks programs on a machine with a GPU: the folder that bundle.py packed, in pieces.

    python3 FOLDER/tools/gpu-check/check.py PIECE... [--results=FOLDER] [--dry-run]

Pieces, each under 8 minutes: build, kernels, curves, budgets, memory, sanitizer, errors, speed
(with --programs for some of its programs at a time); `all` runs all of them in this order. Each
writes PIECE.json into the results' folder; `table` makes gpu.md from these files. --dry-run is for
a folder packed for the emulator: what needs a GPU is left out, with a message.
"""
import argparse
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import figures
from machine import BUILD, ROOT, LeftOut, expect, need_gpu, program, run
from speed import speed


def build(bundle, options):
    began = time.monotonic()
    if options.cmake:
        expect("cmake", "-S", ROOT, "-B", BUILD, "-DCMAKE_BUILD_TYPE=Release", *options.cmake)
    else:
        expect("cmake", "-S", ROOT, "-B", BUILD, "-DCMAKE_BUILD_TYPE=Release")
    done = expect("cmake", "--build", BUILD, "-j", os.cpu_count())
    return {"seconds": time.monotonic() - began,
            "traces": (BUILD / "libgpu-trace.so").exists(),
            "warnings": sum("warning" in line for line in (done.stdout + done.stderr).splitlines())}


def kernels(bundle, options):
    """Compares every kernel of the library with the CPU's, at many shapes."""
    done = run(ROOT / "kernel-tests", "--gtest_brief=1",
               f"--gtest_output=json:{options.results}/kernel-tests.json")
    report = json.loads((options.results / "kernel-tests.json").read_text())
    return {"tests": report["tests"], "failed": report["failures"],
            "log": done.stdout[-4000:] if done.returncode else "",
            "passed": done.returncode == 0}


def train(entry, name, steps, folder, *more):
    import reference
    import harness
    model = next(m for m in reference.MODELS if m.title == entry["model"])
    tools = type("Tools", (), {"models": ROOT / "models"})
    folder.mkdir(parents=True, exist_ok=True)
    expect(program(name), f"--data={model.data(tools)}", f"--steps={steps}",
           f"--weights={ROOT / entry['weights']}", f"--metrics={folder}/metrics.jsonl",
           f"--save={folder}/end.safetensors", *more)
    return model, model.reference(tools), harness.losses(folder / "metrics.jsonl")


#: The relative tolerance of losses in bf16, whose factors have eight bits, to PyTorch's in f64.
BF16_TOLERANCE = 2**-7


def curves(bundle, options):
    """Compares the losses of ten steps, and in f32 the first gradients, with PyTorch's."""
    import harness
    import reference
    rows = []
    for entry in bundle["small"]:
        folder = options.results / "curves" / entry["free"]
        row = {"model": entry["model"], "precision": entry["precision"]}
        single = entry["precision"] == "f32"
        steps = 2 if options.dry_run else 10
        try:
            model, expected, losses = train(entry, entry["free"], steps, folder,
                                            f"--dump-gradients={folder}/gradients.safetensors")
            tolerance = (max(10 * expected["max_rel_dev_first_10"], reference.FLOOR) if single
                         else BF16_TOLERANCE)
            row["losses"] = max(reference.deviation(model, "loss", f"step {s + 1}", loss,
                                                    expected["losses_f64"][s], tolerance)
                                for s, loss in enumerate(losses))
            if single:
                row["gradients"] = reference.check_gradients(model, expected,
                                                             folder / "gradients.safetensors")
            row["passed"] = True
        except (RuntimeError, harness.Failed) as error:
            row.update(passed=False, error=str(error))
        rows.append(row)
    return {"models": rows, "passed": all(row["passed"] for row in rows)}


def budgets(bundle, options):
    """Compares losses and checkpoints, bit for bit, between all budgets and with a second run."""
    rows = []
    for entry in bundle["small"]:
        found = {}
        for name in [entry["free"], entry["free"], *entry["budgets"]]:
            folder = options.results / "budgets" / name
            _, _, losses = train(entry, name, 2, folder)
            found.setdefault(name, []).append((losses, (folder / "end.safetensors").read_bytes()))
        first = found[entry["free"]][0]
        apart = [name for name, runs in found.items() if any(other != first for other in runs)]
        rows.append({"model": entry["model"], "precision": entry["precision"],
                     "programs": len(found), "apart": apart, "passed": not apart})
    return {"models": rows, "passed": all(row["passed"] for row in rows)}


def used_bytes(pid):
    done = run("nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits")
    for line in done.stdout.splitlines():
        process, mib = line.split(",")
        if int(process) == pid:
            return int(mib) << 20
    return 0


def memory(bundle, options):
    """Compares the memory that a process holds besides its arena, as the driver reports it, with
    what plans reserve for it, and prints the line of a device model that fits."""
    need_gpu(options)
    import reference
    rows = []
    for entry in bundle["small"]:
        model = next(m for m in reference.MODELS if m.title == entry["model"])
        data = model.data(type("Tools", (), {"models": ROOT / "models"}))
        info = json.loads(expect(program(entry["free"]), "--info").stdout)
        arena = info["arena_bytes"]
        process = subprocess.Popen([str(program(entry["free"])), f"--data={data}",
                                    f"--weights={ROOT / entry['weights']}", "--steps=1000000"],
                                   stdout=subprocess.DEVNULL)
        time.sleep(8)
        held = max(used_bytes(process.pid) for _ in range(3))
        process.terminate()
        process.wait()
        rows.append({"model": entry["model"], "arena": arena, "held": held,
                     "launches": info["launches"], "beside": held - arena})
    error = max(map(abs, figures.overhead_errors(bundle["overhead"], rows)))
    line = figures.overhead_line(figures.fit_overhead(rows))
    good = error <= 4 * figures.MIB
    if not good:
        print(f"plans are up to {error} bytes off; in compiler/target/devices, in the file of "
              f"{device()}:\n{line}")
    return {"models": rows, "line": line, "planned_error": error, "passed": good}


def sanitizer(bundle, options):
    need_gpu(options)
    tool = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    if not pathlib.Path(tool).exists():
        raise LeftOut("compute-sanitizer is not installed")
    import reference
    rows = []
    for entry in bundle["small"]:
        model = next(m for m in reference.MODELS if m.title == entry["model"])
        data = model.data(type("Tools", (), {"models": ROOT / "models"}))
        for check in ("memcheck", "racecheck", "initcheck"):
            done = run(tool, f"--tool={check}", "--error-exitcode=9", program(entry["free"]),
                       f"--data={data}", f"--weights={ROOT / entry['weights']}", "--steps=1")
            rows.append({"model": entry["free"], "check": check, "passed": done.returncode == 0,
                         "log": "" if done.returncode == 0 else (done.stdout + done.stderr)[-3000:]})
    return {"runs": rows, "passed": all(row["passed"] for row in rows)}


def errors(bundle, options):
    """Checks that a failure gives one clear message and leaves checkpoints as they are."""
    need_gpu(options)
    name = bundle["small"][0]["free"]
    done = run(program(name), "--data=synthetic", "--steps=1",
               env=dict(os.environ, CUDA_VISIBLE_DEVICES=""))
    rows = [{"case": "no visible GPU", "text": done.stderr,
             "passed": done.returncode == 1 and "none is visible" in done.stderr}]
    if bundle["timed"]:
        import torch
        free, _ = torch.cuda.mem_get_info()
        hold = torch.empty(free - (256 << 20), dtype=torch.uint8, device="cuda")
        done = run(program(bundle["timed"][0]["program"]), "--data=synthetic", "--steps=1")
        rows.append({"case": "too little free memory", "text": done.stderr,
                     "passed": done.returncode == 1 and "are missing" in done.stderr
                     and f"process {os.getpid()} holds" in done.stderr})
        del hold
    return {"cases": rows, "passed": all(row["passed"] for row in rows)}


PIECES = [build, kernels, curves, budgets, memory, sanitizer, errors, speed]


def device():
    done = run("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    return done.stdout.strip() if done.returncode == 0 else "no GPU (dry run)"


def table(options):
    files = [(piece.__name__, options.results / f"{piece.__name__}.json") for piece in PIECES]
    text = figures.table([(name, json.loads(file.read_text())) for name, file in files
                          if file.exists()])
    (options.results / "gpu.md").write_text(text)
    print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [piece.__name__ for piece in PIECES]
    parser.add_argument("pieces", nargs="+", choices=[*names, "all", "table"])
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "results")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--programs", default="", metavar="REGEX",
                        help="of `speed`: these alone, the others as an earlier run left them")
    parser.add_argument("--llm-c", metavar="FOLDER",
                        help="sources of llm.c, which `speed` builds and times")
    parser.add_argument("--cmake", action="append", help="an option for CMake")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    bundle, good = json.loads((ROOT / "bundle.json").read_text()), True
    for piece in PIECES:
        if piece.__name__ not in options.pieces and "all" not in options.pieces:
            continue
        began = time.monotonic()
        try:
            result = piece(bundle, options)
        except LeftOut as why:
            result = {"left_out": str(why)}
        result.update(date=str(datetime.date.today()), device=device())
        (options.results / f"{piece.__name__}.json").write_text(json.dumps(result, indent=1))
        passed = result.get("passed", True)
        good = good and passed
        said = f"left out, {result['left_out']}" if "left_out" in result else \
            "passed" if passed else "FAILED"
        print(f"{piece.__name__}: {said}, {time.monotonic() - began:.0f} s", flush=True)
    if "table" in options.pieces or "all" in options.pieces:
        table(options)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
