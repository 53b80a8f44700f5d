"""Programs compiled under budgets, or with --checkpoint rules, train with the bits of the
unconstrained program.

Losses of 20 steps, and every byte of the checkpoints after steps 1 and 20 (parameters,
optimizer state and where the run stands), must be the same at every budget.
"""

import json
import pathlib

from harness import check, metrics

STEPS = 20
#: Options that change which gradients are alive together, and which timelines there are.
RECIPES = {
    "clipped": ["--optimizer=rmsprop,lr=1e-3,momentum=0.5", "--clip=norm:0.5"],
    "accumulated": ["--optimizer=lion", "--accumulate=2", "--clip=value:0.01",
                    "--loss=cross-entropy,label-smoothing=0.1,ignore-index=32",
                    "--lr-scale=ln=0.5", "--decay=wte=0.3"],
}


def train(tools, folder, program, weights, data):
    """Returns the losses of all steps, and the checkpoints' bytes after the first and the last."""
    checkpoints = []
    for steps in (1, STEPS):
        path = folder / f"{steps}.safetensors"
        tools.expect([program, f"--data={data}", f"--steps={steps}", f"--save={path}",
                      f"--weights={weights}", f"--metrics={folder}/metrics.jsonl"])
        checkpoints.append(path.read_bytes())
    return [row["loss"] for row in metrics(folder / "metrics.jsonl")], checkpoints


def check_budgets(tools, model, data, count, options):
    folder = tools.folder("budgets")
    path = tools.models / model
    sweep = tools.plimsoll("plan", path, "--threads=2", "--sweep", "--json", *options)
    check(sweep.code == 0, str(sweep))
    arenas = [point["arena_bytes"] for point in json.loads(sweep.out)["frontier"]]
    budgets = [arenas[i * (len(arenas) - 1) // max(1, count)] for i in range(count)]
    free = tools.compile(model, folder / "free", *options)
    weights = pathlib.Path(f"{free}.safetensors")
    expected = train(tools, folder, free, weights, data)
    repeated = 0
    for plan in [f"--memory={budget}" for budget in budgets] + ["--checkpoint=every:8"]:
        program = tools.compile(model, folder / f"with{plan}", plan, *options)
        info = json.loads(tools.expect([program, "--info"]).out)
        check(info["arena_bytes"] <= info.get("budget_bytes", arenas[-1]),
              f"{plan}: the arena has {info['arena_bytes']} bytes")
        repeated = max(repeated, info["recomputed_launches"])
        losses, checkpoints = train(tools, folder, program, weights, data)
        check(losses == expected[0], f"{plan}: other losses: {losses} {expected[0]}")
        check(checkpoints[0] == expected[1][0], f"{plan}: other bits after step 1")
        check(checkpoints[1] == expected[1][1], f"{plan}: other bits after step {STEPS}")
    check(len(arenas) == 1 or repeated > 0, "no budget made anything run twice")
    text = ", ".join(f"{budget / 2**20:.1f}" for budget in budgets)
    return f"{text} of {arenas[-1] / 2**20:.1f} MiB; up to {repeated} launches repeated"


def group(suite, tools, everything):
    corpus = f"tokens:{tools.models}/data/corpus.bin"

    def table(name):
        return f"safetensors:{tools.models}/{name}/data.safetensors"

    suite.case("budgets: gpt2-nano", check_budgets, tools, "gpt2-nano/model.onnx", corpus,
               3 if everything else 1, [])
    for name, options in RECIPES.items():
        suite.case(f"budgets: gpt2-nano, {name}", check_budgets, tools, "gpt2-nano/model.onnx",
                   corpus, 3 if everything else 1, options)
    # A dropout that is recomputed draws the same mask.
    suite.case("budgets: mlp-dropout", check_budgets, tools, "mlp-dropout/model-train.onnx",
               table("mlp-digits"), 3, [])
    if not everything:
        return
    for model, data, options in (
            ("mlp-digits/model.onnx", table("mlp-digits"), []),
            ("gpt2-nano-fresh/model.onnx", corpus, []),
            ("gpt2-nano-sdpa/model.onnx", corpus, []),
            ("gpt2-nano-dyn/model.onnx", corpus, ["--shape=input_ids=4x128"]),
            ("vit-nano/model-noopt.onnx", table("vit-nano"), [])):
        suite.case(f"budgets: {model.split('/')[0]}", check_budgets, tools, model, data, 3,
                   options)
