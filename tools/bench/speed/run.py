"""Step times of compiled programs beside PyTorch's, on this CPU.

    ./dev bench speed [--models=REGEX] [--rounds=7] [--threads=2] [--no-compile] [--update-docs]

Exports each model with torch.onnx.export, compiles it, and times training steps on the same rows, with
AdamW, in turn: some of our program, of PyTorch eager, of torch.compile, and again. A time is the median
over the rounds of a round's median step. The limit is the least that the step could take: its products
and convolutions, counted by PyTorch, at the rate of PyTorch's largest product here, and the bytes of
the update and of the arena once at the bandwidth of a copy. Needs tools/bench/requirements.txt in the
Python that runs it, or in that of PLIMSOLL_BENCH_PYTHON. --update-docs writes the table into
docs/benchmarks.md.
"""
import argparse
import datetime
import json
import os
import re
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
NEEDED = ("torch", "torchvision", "transformers", "onnx", "onnxscript", "safetensors")
ROWS = 4  # batches that each program goes round


class Entry:
    """A model: `build` makes the module, `batch(s)` its inputs by name and its labels; `loss` is a
    loss of `plimsoll compile`."""

    def __init__(self, build, batch, loss="cross-entropy"):
        self.build, self.batch, self.loss = build, batch, loss


def random_images(batch, classes):
    import numpy as np

    def rows(step):
        random = np.random.default_rng(step)
        return (dict(pixel_values=random.standard_normal((batch, 3, 224, 224), np.float32)),
                random.integers(0, classes, batch))
    return rows


def entries():
    """Returns the models by name."""
    os.environ["REFERENCE_DIR"] = str(ROOT / "models/data")
    sys.path.insert(0, str(ROOT / "models/export"))
    import numpy as np
    import big
    import data
    import further
    import torch
    import visible
    from visible import digits, lm

    random = np.random.default_rng(0)  # which images makes no difference to times
    data._cache["d"] = (random.random((1797, 1, 8, 8), np.float32), random.integers(0, 10, 1797))

    def convnext():
        from torchvision.models.convnext import CNBlockConfig, ConvNeXt
        torch.manual_seed(0)
        settings = [CNBlockConfig(32, 64, 2), CNBlockConfig(64, 128, 2), CNBlockConfig(128, None, 2)]
        return ConvNeXt(settings, num_classes=10)

    def small_images(step):
        random = np.random.default_rng(step)
        return (dict(pixel_values=random.standard_normal((16, 3, 64, 64), np.float32)),
                random.integers(0, 10, 16))

    def bert_rows(step):
        inputs, labels = lm(4, 128)(step)
        return (dict(**inputs, attention_mask=np.ones((4, 128), np.int64)), labels[:, 0] % 2)

    return {
        "mlp-digits": Entry(visible.mlp(), digits(64, "pixels", flat=True)),
        "gpt2-nano": Entry(visible.gpt2(), lm(4, 128)),
        "llama-nano": Entry(visible.llama(), lm(4, 128)),
        "bert-nano": Entry(visible.bert, visible.bert_batch(8, 64)),
        "vit-nano": Entry(visible.vit, digits(64)),
        "t5-nano": Entry(further.t5, further.reversal),
        "lstm-nano": Entry(further.recurrent, lm(4, 32)),
        "mamba-nano": Entry(further.mamba, lm(4, 16)),
        "resnet-nano": Entry(visible.resnet, digits(64)),
        "unet-nano": Entry(visible.unet, visible.unet_batch, "mse"),
        "mobilenet-nano": Entry(further.mobilenet, digits(64)),
        "convnext-16x64": Entry(convnext, small_images),
        "resnet50-8": Entry(big.resnet50, random_images(8, 1000)),
        "gpt2-124m-4x64": Entry(big.gpt2("eager"), lm(4, 64)),
        "gpt2-124m-4x512": Entry(big.gpt2("eager"), lm(4, 512)),
        "bert-base-4x128": Entry(big.bert_base, bert_rows),
        "vit-base-4": Entry(big.vit_base, random_images(4, 1000)),
    }


def tensors_of(inputs):
    import numpy as np
    import torch
    return [torch.from_numpy(np.ascontiguousarray(value)) for value in inputs.values()]


def loss_of(output, labels, kind):
    import torch
    import torch.nn.functional as F
    labels = torch.from_numpy(labels)
    if kind == "mse":
        return F.mse_loss(output, labels)
    return F.cross_entropy(output.reshape(-1, output.shape[-1]), labels.reshape(-1))


def made(entry, threads):
    """Returns the module in training mode, as plimsoll trains it: without dropout."""
    import torch
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)
    model = entry.build().train()
    for module in model.modules():
        if isinstance(module, torch.nn.modules.dropout._DropoutNd):
            module.p = 0.0
    return model


def step_of(model, entry, compiled=False):
    """Returns a function that runs a training step and returns its loss."""
    import torch
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)
    forward = torch.compile(model) if compiled else model

    def step(inputs, labels):
        loss = loss_of(forward(*inputs), labels, entry.loss)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def torch_worker(name, kind, threads):
    """Runs as many training steps as each line on standard input says; prints their milliseconds."""
    entry = entries()[name]
    step = step_of(made(entry, threads), entry, kind == "compile")
    batches = [entry.batch(s) for s in range(ROWS)]
    batches = [(tensors_of(inputs), labels) for inputs, labels in batches]
    for line in sys.stdin:
        times = []
        for i in range(int(line)):
            start = time.perf_counter()
            step(*batches[i % ROWS])
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps(times), flush=True)


def limit_worker(name, threads):
    """Prints what the limit is made of: the operations of the products and convolutions of a step, the
    parameters, and this machine's rates."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    entry = entries()[name]
    model = made(entry, threads)
    inputs, labels = entry.batch(0)
    with FlopCounterMode(display=False) as counter:
        loss_of(model(*tensors_of(inputs)), labels, entry.loss).backward()

    def best(run):
        run()
        times = []
        for _ in range(9):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        return min(times)
    a, b = torch.randn(1536, 1536), torch.randn(1536, 1536)
    source, target = torch.randn(1 << 26), torch.empty(1 << 26)
    print(json.dumps({"flops": counter.get_total_flops(),
                      "parameters": sum(p.numel() for p in model.parameters()),
                      "flops_per_second": 2 * 1536**3 / best(lambda: torch.mm(a, b)),
                      "bytes_per_second": 2 * 4 * 2**26 / best(lambda: target.copy_(source))}))


def export(entry, folder):
    """Writes the model and the rows that it trains on; returns their paths."""
    import numpy as np
    import torch
    from safetensors.numpy import save_file
    model = made(entry, 2)
    batches = [entry.batch(s) for s in range(ROWS)]
    names = list(batches[0][0])
    path, rows = folder / "model.onnx", folder / "rows.safetensors"
    torch.onnx.export(model.eval(), tuple(tensors_of(batches[0][0])), str(path), dynamo=True,
                      optimize=False, input_names=names, verbose=False)
    columns = {name: np.concatenate([inputs[name] for inputs, _ in batches]) for name in names}
    columns["labels"] = np.concatenate([labels for _, labels in batches])
    save_file({name: np.ascontiguousarray(value) for name, value in columns.items()}, str(rows))
    return path, rows


class Program:
    """The compiled program; each round is a run of its own, whose first steps do not count."""

    def __init__(self, entry, folder, threads):
        model, self.rows = export(entry, folder)
        self.path, self.log = folder / "train", folder / "log.jsonl"
        done = subprocess.run([BUILD / "bin/plimsoll", "compile", model, "-o", self.path, "--json",
                               f"--loss={entry.loss}", "--optimizer=adamw,lr=1e-4,weight-decay=0.01",
                               f"--threads={threads}"], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit("the model cannot be compiled")
        self.summary = json.loads(done.stdout)

    def times(self, steps):
        first = 3
        subprocess.run([self.path, f"--data=safetensors:{self.rows}", f"--steps={steps + first}",
                        f"--metrics={self.log}"], check=True, stdout=subprocess.DEVNULL)
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line["step_ms"] for line in lines if "step_ms" in line][first:]


class Torch:
    def __init__(self, name, kind, threads):
        command = [sys.executable, os.path.abspath(__file__), f"--torch-worker={kind}",
                   f"--models={name}", f"--threads={threads}"]
        # A pool of compilers would run on beside the measurement.
        environment = {**os.environ, "TORCHINDUCTOR_COMPILE_THREADS": "1"}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=environment)

    def times(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def finish(self):
        self.process.kill()
        self.process.wait()


def measure(name, options):
    """Returns the row of the table for a model."""
    entry = entries()[name]
    with tempfile.TemporaryDirectory() as folder:
        ours = Program(entry, Path(folder), options.threads)
        others = {kind: Torch(name, kind, options.threads)
                  for kind in ("eager", "compile") if kind == "eager" or not options.no_compile}
        times = {"ours": [], **{kind: [] for kind in others}}
        for kind, other in others.items():  # first steps: kernels are chosen, graphs are compiled
            if other.times(3) is None:
                times.pop(kind)
        steps = max(3, min(50, int(1500 / statistics.median(ours.times(3)))))
        for _ in range(options.rounds):
            for kind in times:
                taken = (ours if kind == "ours" else others[kind]).times(steps)
                times[kind].append(statistics.median(taken))
        for other in others.values():
            other.finish()
    command = [sys.executable, os.path.abspath(__file__), "--limit-worker", f"--models={name}",
               f"--threads={options.threads}"]
    limits = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                                       stderr=subprocess.DEVNULL).stdout)
    traffic = 7 * 4 * limits["parameters"] + ours.summary["arena_bytes"]
    limit = 1e3 * (limits["flops"] / limits["flops_per_second"] +
                   traffic / limits["bytes_per_second"])
    return {"model": name, "limit": limit,
            **{kind: statistics.median(each) for kind, each in times.items()}}


def table(rows, options):
    cpu = page.cpu_name()
    flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "")
    vector = "AVX-512" if "avx512f" in flags else "AVX2"
    import torch
    lines = [f"Batches of the exports in `models/`, f32, AdamW, {options.threads} threads, {cpu} with "
             f"{vector}, PyTorch {torch.__version__.split('+')[0]}, {datetime.date.today()}; medians "
             f"of {options.rounds} rounds in turn.", "",
             "| model | ms a step | eager | torch.compile | ratio to the better | limit | to the limit |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        best = min(row[kind] for kind in ("eager", "compile") if kind in row)
        cells = [f"{row[kind]:.2f}" if kind in row else "–" for kind in ("ours", "eager", "compile")]
        lines.append(f"| {row['model']} | {' | '.join(cells)} | **{row['ours'] / best:.2f}** | "
                     f"{row['limit']:.2f} | {row['ours'] / row['limit']:.2f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="", help="those whose name this regular expression finds")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-compile", action="store_true", help="eager alone")
    parser.add_argument("--update-docs", action="store_true")
    parser.add_argument("--torch-worker", default="", help=argparse.SUPPRESS)
    parser.add_argument("--limit-worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    # Each runs alone in its turn, so threads wait as OpenMP's runtime lets them without any setting;
    # models/export asks for passive waiting, which takes this many spins away.
    os.environ.setdefault("GOMP_SPINCOUNT", "300000")
    if options.torch_worker:
        return torch_worker(options.models, options.torch_worker, options.threads)
    if options.limit_worker:
        return limit_worker(options.models, options.threads)
    missing = [name for name in NEEDED if not find_spec(name)]
    if missing:
        sys.exit(f"{sys.executable} lacks {', '.join(missing)}; install tools/bench/requirements.txt "
                 "into it")
    rows = []
    for name in entries():
        if re.search(options.models, name):
            rows.append(measure(name, options))
            print(json.dumps(rows[-1]), file=sys.stderr)
    text = table(rows, options)
    print(text)
    if options.update_docs:
        page.update("speed", "Step times", text)


if __name__ == "__main__":
    main()
