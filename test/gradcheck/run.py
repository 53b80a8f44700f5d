#!/usr/bin/env python3
"""plimsoll gradcheck on whole models: the loss is PyTorch's in f64, the gradients agree with the
loss's differences, and a gradient rule that is scaled by 1.001 is found.

    run.py --build=BUILD [--all]
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "models"
#: Relative tolerance of the loss: PyTorch's f64 runs start from the f32 weights, and some of its
#: modules keep constants that the exporter rounds (the relative positions of T5).
TOLERANCE = 1e-7

# (model, the model whose rows are read, options, a rule to scale)
CASES = [("mlp-digits/model.onnx", "mlp-digits", [], "nn.cross_entropy"),
         ("gpt2-nano/model.onnx", "gpt2-nano", ["--samples=0"], "nn.attention"),
         ("resnet-nano/model.onnx", "vit-nano", ["--samples=0"], "nn.batch_norm"),
         ("t5-nano/model.onnx", "t5-nano", ["--samples=1"], "nn.softmax")]
ALL = [("gpt2-nano/model.onnx", "gpt2-nano", [], "nn.layer_norm"),
       ("bert-nano/model.onnx", "bert-nano", ["--trainable=embedding_2"], "nn.gelu"),
       ("vit-nano/model-noopt.onnx", "vit-nano", [], "nn.conv"),
       ("unet-nano/model.onnx", "unet-nano", ["--loss=mse"], "nn.conv"),
       ("detector-nano/model.onnx", "detector-nano", ["--loss=output:loss"], "nn.conv")]


def gradcheck(program, model, rows, options):
    """Runs plimsoll gradcheck; returns (exit code, report)."""
    data = f"--data=safetensors:{MODELS / rows / 'data.safetensors'}"
    command = [program, "gradcheck", MODELS / model, data, "--json", "--threads=2", *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                          env=dict(os.environ, OMP_WAIT_POLICY="PASSIVE"))
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


def check(program, model, rows, options, rule):
    """Returns what is wrong, or ""."""
    code, report = gradcheck(program, model, rows, options)
    if code != 0 or not report.get("passed"):
        return f"exit code {code}: {report}"
    expected = json.loads((MODELS / model).with_name("reference.json").read_text())["losses_f64"][0]
    if not abs(report["loss"] - expected) <= TOLERANCE * abs(expected):
        return f"loss {report['loss']}, expected {expected}"
    unknown = [p["name"] for p in report["parameters"] if p["verdict"] != "ok"]
    if unknown:
        return f"nothing compared for {unknown}"
    code, report = gradcheck(program, model, rows, [*options, f"--debug-scale-rule={rule}"])
    if code != 1 or report.get("passed") is not False:
        return f"{rule} scaled by 1.001 gives exit code {code}"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--all", action="store_true", help="more models and elements")
    options = parser.parse_args()
    program = options.build.resolve() / "bin" / "plimsoll"
    failed = 0
    cases = CASES + (ALL if options.all else [])
    for model, *case in cases:
        problem = check(program, model, *case)
        failed += bool(problem)
        print(f"-- {model}: {problem or 'agrees, ' + case[-1] + ' is seen'}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
