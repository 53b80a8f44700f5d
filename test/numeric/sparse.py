"""Sparse gradients of tables: recommender-nano against PyTorch's runs with sparse gradients
(data/sparse.json, made by make_sparse.py), and bits: of plans, threads, stops and the dense update.
"""

import json
import pathlib

import numpy as np

import recipes
import tensors
from harness import check, metrics

MODEL = "recommender-nano/model.onnx"
REFERENCE = json.loads((pathlib.Path(__file__).parent / "data" / "sparse.json").read_text())
FLOOR = 2e-6
LOSS = "--loss=output:loss"
SPARSE = f"--sparse={REFERENCE['sparse']}"


def train(tools, folder, program, name, *more, data=None, steps=REFERENCE["steps"]):
    """Trains; returns the lines of metrics and the bytes of the last checkpoint."""
    rows = data or tools.models / "recommender-nano" / "data.safetensors"
    end, log = folder / f"{name}-end.safetensors", folder / f"{name}.jsonl"
    tools.expect([program, f"--data=safetensors:{rows}", f"--steps={steps}", f"--metrics={log}",
                  f"--save={end}", *more])
    return metrics(log), end.read_bytes()


def losses(lines):
    return [line["loss"] for line in lines]


def check_recipe(tools, name, *more):
    """Losses, norms and the tables' rows are PyTorch's."""
    entry = REFERENCE["recipes"][name]
    folder = tools.folder(f"sparse {name}")
    program = tools.compile(MODEL, folder / "program", LOSS, SPARSE, *entry["options"], *more)
    lines, _ = train(tools, folder, program, "run", *entry["run"])
    worst = recipes.compare("losses", losses(lines), entry["losses"],
                            max(10 * entry["f32_deviation"], FLOOR))
    if "norms" in entry:
        recipes.compare("norms", [line["gradient_norm"] for line in lines], entry["norms"], 1e-5)
    found, _ = tensors.read(folder / "run-end.safetensors")
    start, _ = tensors.read(f"{program}.safetensors")
    off, kept = 0, 0
    for table, sums in entry["rows"].items():
        array = found[f"{table}.weight"]
        off = max(off, np.abs(array.astype(np.float64).sum(1) - sums).max())
        kept += (array == start[f"{table}.weight"]).all(1).sum()
    tolerance = max(10 * entry["f32_row_deviation"], 1e-6)
    check(off <= tolerance, f"sums of rows are off by {off:.3g}, tolerance {tolerance:.3g}")
    return f"worst {worst:.1e}; rows {off:.1e} of {tolerance:.0e}; {kept} rows never read"


#: what the bits of one run must be, however it is planned, run and stopped
VARIANTS = {
    "adamw": ["--optimizer=adamw,lr=1e-2,weight-decay=2"],
    "adam in bf16, clipped": ["--optimizer=adam,lr=1e-2,state=bf16", "--allow=precision",
                              "--clip=norm:0.1"],
    "adagrad, accumulated": ["--optimizer=adagrad,lr=5e-2", "--accumulate=3"],
}


def check_bits(tools, name, *more):
    """Three budgets, three numbers of threads and a stop."""
    folder = tools.folder(f"sparse bits {name}")
    options = [LOSS, SPARSE, *VARIANTS[name], *more]
    free = tools.compile(MODEL, folder / "free", *options)
    weights = f"--weights={free}.safetensors"
    lines, checkpoint = train(tools, folder, free, "free", weights)
    most = json.loads(tools.expect([free, "--info"]).out)["arena_bytes"]
    sweep = tools.run([tools.build / "bin" / "plimsoll", "plan", tools.models / MODEL, "--json",
                         "--threads=2", "--sweep", *options])
    arenas = sorted(row["arena_bytes"] for row in json.loads(sweep.out)["frontier"])
    least = arenas[0]
    check(least < most, f"every plan has {most} bytes")
    for budget in sorted({least, (least + most) // 2}):
        small = tools.compile(MODEL, folder / "small", *options, f"--memory={budget}")
        again, same = train(tools, folder, small, "small", weights)
        check(losses(again) == losses(lines) and same == checkpoint, f"{budget} bytes: other bits")
    for threads in (1, 3):
        other = tools.compile(MODEL, folder / "other", *options, threads=threads)
        again, same = train(tools, folder, other, "other", weights)
        check(losses(again) == losses(lines) and same == checkpoint, f"{threads} threads: other bits")
    train(tools, folder, free, "part", weights, steps=7)
    rest, same = train(tools, folder, free, "rest", f"--resume={folder}/part-end.safetensors")
    check(losses(rest) == losses(lines)[7:] and same == checkpoint, "after a stop: other bits")
    names = [n for n in tensors.read(folder / "rest-end.safetensors")[0] if "gradient" in n]
    check(not names, f"the checkpoint holds {names}")
    return f"arenas of {least}, {(least + most) // 2} and {most} bytes"


def check_dense(tools, optimizer):
    """Where every step reads every row, an update of rows has the bits of that of the table."""
    folder = tools.folder(f"sparse dense {optimizer}")
    arrays, _ = tensors.read(tools.models / "recommender-nano" / "data.safetensors")
    categories = arrays["categories"].copy()
    categories[:, 2] = np.arange(len(categories)) % 32 % 30  # 32 in a batch, of 30 rows
    arrays["categories"] = categories
    data = folder / "data.safetensors"
    tensors.write(data, arrays)
    found = []
    for name, more in {"dense": [], "sparse": [r"--sparse=tables\.2"]}.items():
        program = tools.compile(MODEL, folder / name, LOSS, f"--optimizer={optimizer}", *more)
        lines, _ = train(tools, folder, program, name, data=data)
        found.append((losses(lines), tensors.read(folder / f"{name}-end.safetensors")[0]))
    check(found[0][0] == found[1][0], f"losses {found[0][0]} and {found[1][0]}")
    for tensor, array in found[0][1].items():
        check((array == found[1][1][tensor]).all(), f"'{tensor}' has other bits")


def group(suite, tools, everything):
    for name in REFERENCE["recipes"]:
        suite.case(f"sparse {name}", check_recipe, tools, name)
    for name in VARIANTS:
        suite.case(f"sparse {name}: bits", check_bits, tools, name)
    for optimizer in ("adamw,lr=1e-2,weight-decay=2", "sgd,lr=0.1,weight-decay=0.1",
                      "adagrad,lr=5e-2"):
        suite.case(f"sparse {optimizer}: all rows", check_dense, tools, optimizer)
