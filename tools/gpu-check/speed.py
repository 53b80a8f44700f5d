"""The piece `speed` of check.py: step times, launch gaps, and step times of other trainers."""
import json
import os
import pathlib
import re
import statistics
import struct
import sys

import figures
from machine import BUILD, ROOT, expect, need_gpu, program, run

#: Model FLOPs of a step for a row of `length`: 6 for each parameter and token, and those of
#: attention; for resnet50 three times those of a forward pass.
FLOPS = {"gpt2-124m": lambda length: length * (6 * 124_439_808 + 12 * 12 * 768 * length),
         "llama-1b": lambda length: length * (6 * 1_235_814_400 + 12 * 16 * 2048 * length),
         "resnet50": lambda length: 3 * 8.2e9}
PEAK_FLOPS = {"bf16": 989e12, "f32": 67e12}  # H200, dense, data sheet


def drawn_weights(name, path):
    """Writes initial weights, roughly as --init=normal:0.02 draws them; they are for timing."""
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
    words = [program(entry["program"]), "--data=synthetic", f"--weights={weights}"]
    expect(*words, f"--steps={steps}", f"--metrics={log}")
    times = [json.loads(line)["step_ms"] for line in log.read_text().splitlines()]
    info = json.loads(expect(program(entry["program"]), "--info").stdout)
    seconds = statistics.median(times[3:]) / 1e3
    flops = entry["batch"] * FLOPS[entry["model"]](entry["length"])
    return {"ms": seconds * 1e3, "arena": info["arena_bytes"],
            "utilisation": flops / seconds / PEAK_FLOPS[entry["precision"]],
            "idle_share": traced_idle_share(words, options.results / f"{entry['program']}.trace")}


def traced_idle_share(words, path, steps=10):
    """Returns an upper bound of the share of a step in which no kernel runs; None if the tracing
    library was not built."""
    library = BUILD / "libgpu-trace.so"
    if not library.exists():
        return None
    expect(*words, f"--steps={steps}",
           env=dict(os.environ, CUDA_INJECTION64_PATH=str(library), PLIMSOLL_TRACE=str(path)))
    return figures.idle_share([tuple(map(int, line.split()))
                               for line in path.read_text().splitlines()])


def time_pytorch(entry, kind):
    done = run(sys.executable, ROOT / "tools/gpu-check/pytorch.py", entry["model"], kind,
               entry["precision"], entry["batch"], entry["length"], 20)
    return (json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0
            else {"error": done.stderr[-2000:]})


def drawn_tokens(path, count):
    """Writes random tokens as llm.c reads them: a header of 256 int32, then 16 bits per token."""
    import numpy as np
    tokens = np.random.default_rng(0).integers(0, 50257, count, dtype=np.uint16)
    path.write_bytes(struct.pack("<256i", 20240520, 1, count, *[0] * 253) + tokens.tobytes())


def step_times(text):
    """Returns the milliseconds of the steps that llm.c's trainer printed."""
    return [float(ms) for ms in re.findall(r"^step .*\| ([0-9.]+) ms \|", text, re.MULTILINE)]


def time_llm_c(entry, options, steps=20):
    """Times llm.c, a trainer written by hand in CUDA, if --llm-c names its sources."""
    if not options.llm_c:
        return {"left_out": "no --llm-c=FOLDER"}
    folder = pathlib.Path(options.llm_c).resolve()
    tokens = options.results.resolve() / "tokens.bin"
    drawn_tokens(tokens, entry["batch"] * entry["length"] * (steps + 1) + 1)
    made = run("make", "-C", folder, "train_gpt2cu", "PRECISION=BF16")
    if made.returncode:
        return {"error": (made.stdout + made.stderr)[-2000:]}
    done = run(folder / "train_gpt2cu", "-i", tokens, "-j", tokens, "-e", "d12",
               "-b", entry["batch"], "-t", entry["length"], "-x", steps, "-v", 1000, "-m", 1, "-s", 0,
               "-h", 0, "-n", 0, cwd=folder)
    times = step_times(done.stdout)
    if done.returncode or len(times) < 4:
        return {"error": (done.stdout + done.stderr)[-2000:]}
    return {"ms": statistics.median(times[3:])}


def speed(bundle, options):
    """Times the programs that --programs selects, and keeps the results of earlier runs for the
    others."""
    need_gpu(options)
    file, rows = options.results / "speed.json", {}
    if file.exists():
        rows = {row["program"]: row for row in json.loads(file.read_text()).get("programs", [])}
    for entry in bundle["timed"]:
        if not re.search(options.programs, entry["program"]):
            continue
        row = {**entry, **time_program(entry, options)}
        for kind in ("eager", "compile"):
            row[kind] = time_pytorch(entry, kind)
        if (entry["model"], entry["precision"]) == ("gpt2-124m", "bf16"):
            row["llm.c"] = time_llm_c(entry, options)
        rows[entry["program"]] = row
    return {"programs": list(rows.values()), "passed": True}
