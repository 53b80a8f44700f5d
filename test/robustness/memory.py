"""Checks which memory a training program requests while it trains.

The watcher (watch/) is preloaded: the arena is mapped once; between step 2 and the last step,
with saving, metrics and evaluation on, nothing is mapped, the program break stays, and the
program's code allocates nothing; temporary allocations of libraries stay below 64 KiB.
"""

import functools
import json
import pathlib

from harness import check

FOLDER = pathlib.Path(__file__).resolve().parent
TRANSIENT_LIMIT = 64 << 10
RESIDENT_LIMIT = 96 << 20


@functools.cache
def build_watcher(tools):
    folder = tools.folder("watch")
    tools.expect(["cmake", "-S", FOLDER / "watch", "-B", folder])
    tools.expect(["cmake", "--build", folder])
    return folder / "libwatch.so"


def watched(tools, watcher, program, steps, *options):
    report = program.parent / "watch.json"
    report.unlink(missing_ok=True)
    environment = dict(tools.environment, LD_PRELOAD=str(watcher), WATCH_REPORT=str(report),
                       WATCH_FROM="2", WATCH_TO=str(steps))
    tools.expect([program, f"--steps={steps}", *options], environment=environment)
    result = json.loads(report.read_text())
    check(result["trapped"], "the system refuses the filter of system calls (seccomp)")
    check(result["system_calls_before"] > 0 and result["own_before"] > 0,
          f"the watcher sees nothing: {result}")
    check(result["last_step"] == steps, f"{result['last_step']} steps seen, expected {steps}")
    return result


def check_report(report, arena):
    check(report["mapped_by_program"].count(arena) == 1 and len(report["mapped_by_program"]) == 1,
          f"the program maps {report['mapped_by_program']}, expected the arena, {arena}, once")
    for kind in ("allocations", "mappings", "breaks"):
        check(report[f"own_{kind}"] == 0, f"{report[f'own_{kind}']} {kind} by the program's own "
              f"code between step 2 and the last (first: executable {report['first_own']})")
    for kind in ("mappings", "breaks"):
        check(report[f"library_{kind}"] == 0, f"{report[f'library_{kind}']} {kind} by libraries")
    check(report["transient_bytes"] <= TRANSIENT_LIMIT, f"libraries hold {report['transient_bytes']}"
          f" bytes at once, at most {TRANSIENT_LIMIT} expected")
    over = report["peak_resident"] - arena
    check(over <= RESIDENT_LIMIT, f"peak resident size is {over} bytes above the arena, at most "
          f"{RESIDENT_LIMIT} expected")
    return (f"{report['library_allocations']} allocations by libraries, "
            f"{report['transient_bytes']} bytes at once; resident {over / 2**20:.1f} MiB above the "
            f"arena of {arena / 2**20:.1f} MiB")


def check_program(tools, model, data, steps, *options, run=()):
    folder = tools.folder("memory")
    program = tools.compile(model, folder / "program", *options)
    arena = json.loads(tools.expect([program, "--info"]).out)["arena_bytes"]
    held = data
    if data.startswith("tokens:"):  # a few batches of it
        held = f"tokens:{folder}/held.bin"
        corpus = pathlib.Path(data.removeprefix("tokens:")).read_bytes()
        (folder / "held.bin").write_bytes(corpus[-2000:])
    report = watched(tools, build_watcher(tools), program, steps, f"--data={data}", f"--eval-data={held},every=2",
                     f"--save={folder}/check.safetensors,every=2,best",
                     f"--metrics={folder}/metrics.jsonl", *run)
    return check_report(report, arena)


def group(suite, tools, everything):
    corpus = f"tokens:{tools.models}/data/corpus.bin"
    suite.case("memory: gpt2-nano", check_program, tools, "gpt2-nano/model.onnx", corpus, 24)
    suite.case("memory: gpt2-nano-sdpa", check_program, tools,
               "gpt2-nano-sdpa/model.onnx", corpus, 12)
    for name, file in (("mlp-digits", "model.onnx"), ("vit-nano", "model-noopt.onnx")):
        data = f"safetensors:{tools.models}/{name}/data.safetensors"
        suite.case(f"memory: {name}, shuffled",
                   lambda: check_program(tools, f"{name}/{file}", data, 40,
                                         run=["--order=shuffled", "--lr-schedule=cosine"]))
    if everything:
        suite.case("memory: gpt2-nano, x86-64-v3", check_program, tools,
                   "gpt2-nano/model.onnx", corpus, 12, "--target=cpu:x86-64-v3")
        suite.case("memory: gpt2-124m", check_program, tools, "gpt2-124m/model.onnx",
                   corpus, 6, "--shape=input_ids=4x64", "--init=normal:0.02")
