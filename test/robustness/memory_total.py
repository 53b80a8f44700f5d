"""--memory-total holds: programs are measured as they train, evaluate, save and resume.

The compiler has a table of measurements of what a process needs besides its arena; a program
whose peak resident size (VmHWM, as the operating system counts it) is above the total fails.
"""

import json
import pathlib
import re

from harness import check
from memory import build_watcher, watched


def check_total(tools, model, data, total, steps, *options):
    folder = tools.folder("memory-total")
    program = tools.compile(model, folder / "program", f"--memory-total={total}", *options)
    info = json.loads(tools.expect([program, "--info"]).out)
    arena, beside = info["arena_bytes"], info["beside_arena_bytes"]
    check(arena + beside <= total == info["total_budget_bytes"],
          f"arena {arena} and {beside} beside it are above {total}")
    held = data
    if data.startswith("tokens:"):
        held = f"tokens:{folder}/held.bin"
        (folder / "held.bin").write_bytes(
            pathlib.Path(data.removeprefix("tokens:")).read_bytes()[-2000:])
    checkpoint = f"{folder}/check.safetensors"
    metrics = f"--metrics={folder}/metrics.jsonl"
    everything = [f"--eval-data={held},every=2", f"--save={checkpoint},every=2,best", metrics]
    peaks = [watched(tools, build_watcher(tools), program, last, f"--data={data}",
                     *more)["peak_resident"]
             for last, more in ((steps, [metrics]), (steps, everything),
                                (steps + 2, [f"--resume={checkpoint}", *everything]))]
    check(max(peaks) <= total, f"{max(peaks)} bytes were resident, {total} are allowed")
    return (f"{max(peaks) / 2**20:.1f} MiB of {total / 2**20:.1f} MiB; beside the arena "
            f"{(max(peaks) - arena) / 2**20:.1f} MiB, {beside / 2**20:.1f} MiB were planned")


def check_refusals(tools):
    """Both limits hold together, and a total that leaves nothing is refused."""
    model = tools.models / "gpt2-nano" / "model.onnx"

    def plan(*options):
        result = tools.plimsoll("plan", model, "--threads=2", "--json", *options)
        return result.code, json.loads(result.out) if result.code == 0 else result.err

    code, both = plan("--memory=17MiB", "--memory-total=200MiB")
    check(code == 0 and both["budget_bytes"] == 17 << 20, "--memory is smaller, and must hold")
    code, both = plan("--memory=100MiB", "--memory-total=34MiB")
    check(code == 0 and both["budget_bytes"] == (34 << 20) - both["beside_arena_bytes"],
          "--memory-total is smaller, and must hold")
    code, text = plan("--memory-total=2MiB")
    check(code == 3 and re.search(r"whole process: beside its arena it takes \d+ bytes", text),
          f"exit code {code}: {text}")
    code, text = plan("--memory-total=lots")
    check(code == 2 and "--memory-total=lots: expected a size" in text, f"{code}: {text}")


def group(suite, tools, everything):
    corpus = f"tokens:{tools.models}/data/corpus.bin"
    suite.case("memory-total: refusals", check_refusals, tools)
    suite.case("memory-total: gpt2-nano", check_total, tools, "gpt2-nano/model.onnx", corpus,
               34 << 20, 6)
    suite.case("memory-total: vit-nano", check_total, tools, "vit-nano/model-noopt.onnx",
               f"safetensors:{tools.models}/vit-nano/data.safetensors", 21 << 20, 20)
    suite.case("memory-total: gpt2-nano, x86-64-v3", check_total, tools, "gpt2-nano/model.onnx",
               corpus, 30 << 20, 4, "--target=cpu:x86-64-v3")
    if everything:
        suite.case("memory-total: gpt2-124m", check_total, tools, "gpt2-124m/model.onnx", corpus,
                   2 << 30, 4, "--shape=input_ids=4x64", "--init=normal:0.02")
