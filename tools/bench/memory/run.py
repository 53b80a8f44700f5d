"""Budget, arena, peak resident size and step time of gpt2-124m, beside PyTorch.

    ./dev bench memory [--shape=4x512] [--threads=2] [--steps=7] [--budgets=6] [--update-docs]

Compiles the model under budgets from unconstrained down to the smallest, and trains all
programs at once: each waits on its standard input for the tokens of its next step, and
they step in turn. Then PyTorch eager, with gradient checkpointing, and torch.compile with
three activation budgets, each in turn with the unconstrained program. Step times are
medians of the times from the tokens to the loss; sizes are peaks of the whole process.
Needs `torch` and `transformers` (tools/bench/requirements.txt) in the Python that runs
it, or in that of PLIMSOLL_BENCH_PYTHON. --update-docs writes the table into
docs/benchmarks.md.
"""
import argparse
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/bench"))
import page
BUILD = Path(os.environ.get("PLIMSOLL_BUILD", ROOT / "build"))
MODEL = ROOT / "models/gpt2-124m/model.onnx"
CORPUS = ROOT / "models/data/corpus.bin"
TORCH = [("PyTorch eager", "eager"), ("PyTorch, gradient checkpointing", "checkpoint"),
         ("torch.compile, activation budget 1.0", "compile:1.0"),
         ("torch.compile, activation budget 0.5", "compile:0.5"),
         ("torch.compile, activation budget 0.1", "compile:0.1")]


def peak_mib(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024


def plimsoll(*arguments):
    command = [str(BUILD / "bin/plimsoll"), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout


def torch_worker(kind, batch, length, threads):
    """Runs a training step for every line on standard input; prints its milliseconds."""
    import numpy as np
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(attn_implementation="eager", resid_pdrop=0.0,
                                       embd_pdrop=0.0, attn_pdrop=0.0, use_cache=False))
    model.train()
    if kind == "checkpoint":
        model.gradient_checkpointing_enable({"use_reentrant": False})
    forward = model
    if kind.startswith("compile"):
        import torch._functorch.config
        torch._functorch.config.activation_memory_budget = float(kind.split(":")[1])
        forward = torch.compile(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    corpus = np.fromfile(CORPUS, dtype=np.uint8).astype(np.int64)
    for step, _ in enumerate(sys.stdin):
        rows = [((step * batch + b) * length) % (len(corpus) - length - 1) for b in range(batch)]
        inputs = torch.from_numpy(np.stack([corpus[o:o + length] for o in rows]))
        labels = torch.from_numpy(np.stack([corpus[o + 1:o + length + 1] for o in rows]))
        start = time.perf_counter()
        logits = forward(inputs).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        value = loss.item()
        print(json.dumps({"ms": 1e3 * (time.perf_counter() - start), "loss": value}), flush=True)


class Program:
    """An emitted program that waits for the tokens of each step."""

    def __init__(self, path, weights, options):
        command = [path, "--data=tokens:-:u8", f"--steps={10 ** 9}", "--metrics=-",
                   f"--weights={weights}"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.corpus = CORPUS.read_bytes()
        self.position, self.size = 0, options.batch * options.length
        self.times, self.losses = [], []

    def step(self, count=True):
        first = 1 if self.position == 0 else 0
        tokens = self.corpus[self.position:self.position + self.size + first]
        self.position += len(tokens)
        start = time.perf_counter()
        self.process.stdin.write(tokens)
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("a program ended early")
        row = json.loads(line)
        if count:
            self.times.append(1e3 * (time.perf_counter() - start))
        self.losses.append(row["loss"])

    def finish(self):
        self.peak = peak_mib(self.process.pid)
        self.process.kill()
        self.process.wait()


class Torch:
    def __init__(self, kind, options):
        command = [sys.executable, os.path.abspath(__file__), f"--torch-worker={kind}",
                   f"--shape={options.shape}", f"--threads={options.threads}"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.times = []

    def step(self, count=True):
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            return False
        if count:
            self.times.append(json.loads(line)["ms"])
        return True

    def finish(self):
        self.peak = peak_mib(self.process.pid)
        self.process.kill()
        self.process.wait()


def choose_budgets(model_options, count):
    """Returns `count` arena sizes from unconstrained to the smallest, with 3.0 GB and 2.4 GB if
    they lie between."""
    frontier = json.loads(plimsoll("plan", MODEL, *model_options, "--sweep", "--json"))["frontier"]
    arenas = sorted(point["arena_bytes"] for point in frontier)
    wanted = {b for b in (3_000_000_000, 2_400_000_000) if arenas[0] < b < arenas[-1]}
    between = max(0, count - 2 - len(wanted))
    wanted |= {arenas[0] + (arenas[-1] - arenas[0]) * (i + 1) // (between + 1)
               for i in range(between)}
    return [None, *sorted(wanted, reverse=True), arenas[0]]


def measure_ours(options, model_options, folder):
    rows = []
    weights = None
    for i, budget in enumerate(choose_budgets(model_options, options.budgets)):
        path = os.path.join(folder, f"train{i}")
        memory = [f"--memory={budget}"] if budget else []
        summary = json.loads(plimsoll("compile", MODEL, *model_options, "--init=normal:0.02",
                                      "-o", path, "--json", *memory))
        if weights is None:
            weights = path + ".safetensors"
        else:
            os.remove(path + ".safetensors")
        rows.append({"budget": budget, "arena": summary["arena_bytes"],
                     "predicted": 1 + summary["recomputed_share"],
                     "program": Program(path, weights, options)})
        print(f"compiled for {budget or 'any size'}", file=sys.stderr)
    for step in range(options.steps + 1):
        for row in rows:
            row["program"].step(count=step > 0)
        print(f"step {step} of {options.steps}", file=sys.stderr)
    for row in rows:
        row["program"].finish()
        if row["program"].losses != rows[0]["program"].losses:
            sys.exit(f"other losses at {row['budget']}")
    return rows, os.path.join(folder, "train0"), weights


def measure_torch(options, program, weights):
    rows = []
    for name, kind in TORCH:
        print(name, file=sys.stderr)
        ours, theirs = Program(program, weights, options), Torch(kind, options)
        good = True
        for step in range(options.steps + 2):
            good = good and theirs.step(count=step > 1)
            ours.step(count=step > 1)
        ours.finish()
        theirs.finish() if good else theirs.process.kill()
        rows.append({"name": name, "ours": ours, "torch": theirs if good else None})
    return rows


def spread(times):
    """Returns half the distance of the quartiles, relative to the median."""
    ordered = sorted(times)
    low, high = ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
    return (high - low) / 2 / statistics.median(ordered)


def table(options, ours, theirs):
    base = statistics.median(ours[0]["program"].times)
    cpu = page.cpu_name()
    lines = [f"gpt2-124m, batch {options.shape}, f32, AdamW, {options.threads} threads, {cpu}, "
             f"{datetime.date.today()}; medians of {options.steps} steps in turn. Relative: to "
             "the unconstrained program in the same turns.", "",
             "| | budget MB | arena MB | peak resident MB | step ms | relative | predicted | spread |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for row in ours:
        p = row["program"]
        median = statistics.median(p.times)
        budget = f"{row['budget'] / 1e6:.0f}" if row["budget"] else "any"
        lines.append(f"| plimsoll | {budget} | {row['arena'] / 1e6:.0f} | "
                     f"{p.peak * 1.048576:.0f} | {median:.0f} | {median / base:.3f} | "
                     f"{row['predicted']:.3f} | {100 * spread(p.times):.1f} % |")
    for row in theirs:
        if row["torch"] is None:
            lines.append(f"| {row['name']} | | | | failed | | | |")
            continue
        median = statistics.median(row["torch"].times)
        relative = median / statistics.median(row["ours"].times)
        lines.append(f"| {row['name']} | | | {row['torch'].peak * 1.048576:.0f} | {median:.0f} | "
                     f"{relative:.3f} | | {100 * spread(row['torch'].times):.1f} % |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", default="4x512")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--budgets", type=int, default=6)
    parser.add_argument("--without-torch", action="store_true", help="our programs alone")
    parser.add_argument("--device", default="", help="as for plimsoll compile")
    parser.add_argument("--update-docs", action="store_true")
    parser.add_argument("--torch-worker", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.batch, options.length = (int(x) for x in options.shape.split("x"))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if options.torch_worker:
        return torch_worker(options.torch_worker, options.batch, options.length, options.threads)
    missing = [name for name in ("torch", "transformers", "numpy") if not find_spec(name)]
    if missing and not options.without_torch:
        sys.exit(f"{sys.executable} lacks {', '.join(missing)}; install "
                 "tools/bench/requirements.txt into it, or run with --without-torch")
    model_options = [f"--shape=input_ids={options.shape}", f"--threads={options.threads}"]
    if options.device:
        model_options.append(f"--device={options.device}")
    folder = tempfile.mkdtemp()
    try:
        ours, program, weights = measure_ours(options, model_options, folder)
        theirs = [] if options.without_torch else measure_torch(options, program, weights)
    finally:
        shutil.rmtree(folder)
    text = table(options, ours, theirs)
    print(text)
    if options.update_docs:
        page.update("memory", "Memory against time", text)


if __name__ == "__main__":
    main()
