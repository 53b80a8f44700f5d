"""Checks programs on a machine with a GPU: the folder that bundle.py packed, in pieces.

    python3 FOLDER/tools/gpu-check/check.py PIECE... [--results=FOLDER] [--dry-run]

Pieces, each under 8 minutes: build, kernels, curves, budgets, memory, sanitizer, errors, speed; `all` is
every one in this order. Each writes PIECE.json into the results' folder; `table` makes
gpu.md of those that are there. --dry-run is for a folder packed for the emulator: what asks the
GPU itself is left out, with a line.
"""
import argparse
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test" / "numeric"), str(ROOT / "test" / "support")]
BUILD = ROOT / "build"
#: Model FLOPs of a step, for a row of `length`: 6 for each parameter and token and those of
#: attention; of resnet50 three times those of a forward pass.
FLOPS = {"gpt2-124m": lambda length: length * (6 * 124_439_808 + 12 * 12 * 768 * length),
         "llama-1b": lambda length: length * (6 * 1_235_814_400 + 12 * 16 * 2048 * length),
         "resnet50": lambda length: 3 * 8.2e9}
PEAK_FLOPS = {"bf16": 989e12, "f32": 67e12}  # H200, dense, data sheet


class LeftOut(Exception):
    """The piece needs what this machine does not have."""


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


def build(bundle, options):
    began = time.monotonic()
    if options.cmake:
        expect("cmake", "-S", ROOT, "-B", BUILD, "-DCMAKE_BUILD_TYPE=Release", *options.cmake)
    else:
        expect("cmake", "-S", ROOT, "-B", BUILD, "-DCMAKE_BUILD_TYPE=Release")
    done = expect("cmake", "--build", BUILD, "-j", os.cpu_count())
    return {"seconds": time.monotonic() - began,
            "warnings": sum("warning" in line for line in (done.stdout + done.stderr).splitlines())}


def kernels(bundle, options):
    """Every kernel of the library against the CPU's, at many shapes."""
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


def curves(bundle, options):
    """PyTorch's losses of the first ten steps, and its first gradients."""
    import harness
    import reference
    rows = []
    for entry in bundle["small"]:
        folder = options.results / "curves" / entry["free"]
        row = {"model": entry["model"]}
        steps = 2 if options.dry_run else 10
        try:
            model, expected, losses = train(entry, entry["free"], steps, folder,
                                            f"--dump-gradients={folder}/gradients.safetensors")
            tolerance = max(10 * expected["max_rel_dev_first_10"], reference.FLOOR)
            row["losses"] = max(reference.deviation(model, "loss", f"step {s + 1}", loss,
                                                    expected["losses_f64"][s], tolerance)
                                for s, loss in enumerate(losses))
            row["gradients"] = reference.check_gradients(model, expected,
                                                         folder / "gradients.safetensors")
            row["passed"] = True
        except (RuntimeError, harness.Failed) as error:
            row.update(passed=False, error=str(error))
        rows.append(row)
    return {"models": rows, "passed": all(row["passed"] for row in rows)}


def budgets(bundle, options):
    """Losses and checkpoints, bit for bit, at every budget and in a second run."""
    rows = []
    for entry in bundle["small"]:
        found = {}
        for name in [entry["free"], entry["free"], *entry["budgets"]]:
            folder = options.results / "budgets" / name
            _, _, losses = train(entry, name, 2, folder)
            found.setdefault(name, []).append((losses, (folder / "end.safetensors").read_bytes()))
        first = found[entry["free"]][0]
        apart = [name for name, runs in found.items() if any(other != first for other in runs)]
        rows.append({"model": entry["model"], "programs": len(found), "apart": apart,
                     "passed": not apart})
    return {"models": rows, "passed": all(row["passed"] for row in rows)}


def used_bytes(pid):
    done = run("nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits")
    for line in done.stdout.splitlines():
        process, mib = line.split(",")
        if int(process) == pid:
            return int(mib) << 20
    return 0


def memory(bundle, options):
    """What the driver says a process holds, beside its arena."""
    need_gpu(options)
    import reference
    rows = []
    for entry in bundle["small"]:
        model = next(m for m in reference.MODELS if m.title == entry["model"])
        data = model.data(type("Tools", (), {"models": ROOT / "models"}))
        arena = json.loads(expect(program(entry["free"]), "--info").stdout)["arena_bytes"]
        process = subprocess.Popen([str(program(entry["free"])), f"--data={data}",
                                    f"--weights={ROOT / entry['weights']}", "--steps=1000000"],
                                   stdout=subprocess.DEVNULL)
        time.sleep(8)
        held = max(used_bytes(process.pid) for _ in range(3))
        process.terminate()
        process.wait()
        rows.append({"model": entry["model"], "arena": arena, "held": held,
                     "beside": held - arena})
    beside = [row["beside"] for row in rows]
    return {"models": rows, "beside_most": max(beside), "beside_least": min(beside),
            "passed": max(beside) - min(beside) <= 4 << 20}


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
            rows.append({"model": entry["model"], "check": check, "passed": done.returncode == 0,
                         "log": "" if done.returncode == 0 else (done.stdout + done.stderr)[-3000:]})
    return {"runs": rows, "passed": all(row["passed"] for row in rows)}


def errors(bundle, options):
    """One clear message, and no checkpoint touched."""
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


def drawn_weights(name, path):
    """Initial weights as --init=normal:0.02 draws them, roughly: for times alone."""
    import numpy as np
    import tensors
    random, arrays = np.random.default_rng(0), {}
    for parameter in json.loads(expect(program(name), "--info").stdout)["parameters"]:
        shape, word = parameter["shape"], parameter["name"]
        arrays[word] = (0.02 * random.standard_normal(shape, np.float32) if len(shape) > 1 else
                        np.full(shape, float("weight" in word or "var" in word), np.float32))
    tensors.write(path, arrays)


def time_program(entry, options, steps=20):
    weights = options.results / f"{entry['model']}.safetensors"
    if not weights.exists():
        drawn_weights(entry["program"], weights)
    log = options.results / f"{entry['program']}.jsonl"
    expect(program(entry["program"]), "--data=synthetic", f"--weights={weights}",
           f"--steps={steps}", f"--metrics={log}")
    times = [json.loads(line)["step_ms"] for line in log.read_text().splitlines()]
    info = json.loads(expect(program(entry["program"]), "--info").stdout)
    seconds = statistics.median(times[3:]) / 1e3
    flops = entry["batch"] * FLOPS[entry["model"]](entry["length"])
    return {"ms": seconds * 1e3, "arena": info["arena_bytes"],
            "utilisation": flops / seconds / PEAK_FLOPS[entry["precision"]]}


def speed(bundle, options):
    need_gpu(options)
    rows = []
    for entry in bundle["timed"]:
        row = {**entry, **time_program(entry, options)}
        for kind in ("eager", "compile"):
            done = run(sys.executable, ROOT / "tools/gpu-check/pytorch.py", entry["model"], kind,
                       entry["precision"], entry["batch"], entry["length"], 20)
            row[kind] = (json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0
                         else {"error": done.stderr[-2000:]})
        rows.append(row)
    return {"programs": rows, "passed": True}


PIECES = [build, kernels, curves, budgets, memory, sanitizer, errors, speed]


def device():
    done = run("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    return done.stdout.strip() if done.returncode == 0 else "no GPU (dry run)"


def table(options):
    lines = ["| check | result | date | device |", "| --- | --- | --- | --- |"]
    for piece in PIECES:
        file = options.results / f"{piece.__name__}.json"
        if not file.exists():
            continue
        result = json.loads(file.read_text())
        said = ("left out: " + result["left_out"] if "left_out" in result else
                "passed" if result.get("passed", True) else "FAILED")
        detail = {k: v for k, v in result.items() if isinstance(v, (int, float)) and k != "passed"}
        text = "; ".join(f"{k} {v:.6g}" for k, v in detail.items())
        lines.append(f"| {piece.__name__} | {said}{': ' + text if text else ''} | "
                     f"{result['date']} | {result['device']} |")
        for row in result.get("programs", []):
            against = "; ".join(f"PyTorch {kind} {row[kind]['ms']:.1f} ms, "
                                f"{row[kind]['peak_bytes'] / 2**30:.2f} GiB"
                                for kind in ("eager", "compile") if "ms" in row.get(kind, {}))
            lines.append(f"| {row['program']} {row['batch']}x{row['length']} | {row['ms']:.1f} ms, arena "
                         f"{row['arena'] / 2**30:.2f} GiB, {row['utilisation']:.1%} of peak; "
                         f"{against} | {result['date']} | {result['device']} |")
    text = "\n".join(lines) + "\n"
    (options.results / "gpu.md").write_text(text)
    print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [piece.__name__ for piece in PIECES]
    parser.add_argument("pieces", nargs="+", choices=[*names, "all", "table"])
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "results")
    parser.add_argument("--dry-run", action="store_true")
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
