"""Plans and calls broken on purpose, and equal bits at many budgets, in the executor.

    run.py --build=BUILD [--all]

Every corruption whose (poisoned) run changes a bit must be one that the verifier refused, and
every broken call that touches a byte outside its slices; losses, parameters and state must be the
same bits at every budget, and with losses in chunks those of all rows within rounding.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "models"

# (program, arguments before the model, model, shapes, loss and optimizer); the last list only with --all
CORRUPTIONS = [("corrupt", ["400", "1"], "mlp-digits/model.onnx", []),
               ("corrupt", ["100", "1001"], "gpt2-nano/model.onnx", [])]
CALLS = [("calls", ["cpu", "350", "1"], "mlp-digits/model.onnx", []),
         ("calls", ["cpu", "350", "10001"], "gpt2-nano-dyn/model.onnx", ["input_ids=1x16"]),
         ("calls", ["cpu", "300", "20001"], "resnet-nano/model.onnx", []),
         ("calls", ["cuda:emulator", "100", "30001"], "mlp-digits/model.onnx", []),
         ("calls", ["cuda:emulator", "100", "40001"], "gpt2-nano-dyn/model.onnx",
          ["input_ids=1x16"]),
         ("calls", ["cuda:emulator", "50", "50001"], "resnet-nano/model.onnx", []),
         ("calls", ["cpu", "200", "60001"], "mlp-digits/model.onnx", ["--optimizer=adamw,state=8bit"]),
         ("calls", ["cpu", "200", "70001"], "mlp-digits/model.onnx", ["--optimizer=lion,state=bf16"]),
         ("calls", ["cuda:emulator", "100", "80001"], "mlp-digits/model.onnx",
          ["--optimizer=rmsprop,momentum=0.9,state=8bit"]),
         ("calls", ["cpu", "200", "90001"], "recommender-nano/model.onnx",
          ["--loss=output:loss", r"--sparse=tables\.[013]"]),
         ("calls", ["cuda:emulator", "100", "95001"], "recommender-nano/model.onnx",
          ["--loss=output:loss", "--optimizer=adam,state=bf16", r"--sparse=tables\.[013]"])]
BUDGETS = [("budgets", ["6", "3"], "mlp-digits/model.onnx", []),
           ("budgets", ["4", "2"], "gpt2-nano/model.onnx", []),
           ("budgets", ["2", "2"], "gpt2-nano/model.onnx", ["input_ids=2x128"]),
           ("budgets", ["4", "2"], "mlp-digits/model.onnx", ["--optimizer=adamw,state=8bit"]),
           ("budgets", ["2", "2"], "gpt2-nano/model.onnx",
            ["input_ids=1x128", "--optimizer=adam,state=8bit"]),
           ("budgets", ["3", "3"], "recommender-nano/model.onnx",
            ["--loss=output:loss", r"--sparse=tables\.[013]"]),
           ("budgets", ["3", "2"], "vit-nano/model-noopt.onnx", []),
           ("budgets", ["3", "2"], "resnet-nano/model-fold.onnx", [])]
# Rows of a chunk, which divide no number of rows, and steps.
CHUNKS = [("chunks", ["200", "3"], "gpt2-nano/model.onnx", []),
          ("chunks", ["9", "3"], "mlp-digits/model.onnx", ["--loss=cross-entropy,label-smoothing=0.1"]),
          ("chunks", ["15", "3"], "vit-nano/model-noopt.onnx", []),
          ("chunks", ["50", "3"], "t5-nano/model.onnx", []),
          ("chunks", ["200", "3"], "gpt2-nano/model.onnx",
           [f"--teacher={MODELS}/gpt2-nano-fresh/model.onnx,weight=0.3,temperature=2"]),
          ("chunks", ["9", "3"], "mlp-digits/model.onnx",
           [f"--teacher={MODELS}/mlp-dropout/model.onnx,weight=1"]),
          ("chunks", ["9", "3"], "mlp-digits/model.onnx",
           [f"--teacher={MODELS}/mlp-digits/model.onnx,temperature=3",
            "--loss=cross-entropy,label-smoothing=0.1,weights=1:2:1:1:1:1:1:0.5:1:1"]),
          ("chunks", ["9", "3"], "mlp-digits/model.onnx", ["--loss=kl,temperature=2.5"])]
ALL = [("calls", ["cuda:emulator", "250", "31001"], "mlp-digits/model.onnx", []),
       ("calls", ["cuda:emulator", "250", "41001"], "gpt2-nano-dyn/model.onnx",
        ["input_ids=1x16"]),
       ("calls", ["cuda:emulator", "250", "51001"], "resnet-nano/model.onnx", []),
       ("budgets", ["20", "20"], "mlp-digits/model.onnx", []),
       ("budgets", ["20", "20"], "gpt2-nano/model.onnx", []),
       ("budgets", ["20", "20"], "gpt2-nano-fresh/model.onnx", []),
       ("budgets", ["20", "20"], "gpt2-nano-sdpa/model.onnx", []),
       ("budgets", ["20", "20"], "gpt2-nano-dyn/model.onnx", ["input_ids=4x128"]),
       ("budgets", ["20", "20"], "vit-nano/model-noopt.onnx", []),
       ("budgets", ["20", "20"], "resnet-nano/model.onnx", []),
       ("budgets", ["3", "5"], "resnet-nano/model-fold.onnx", []),
       ("budgets", ["3", "5"], "unet-nano/model.onnx", ["--loss=mse"]),
       ("budgets", ["3", "5"], "llama-nano/model.onnx", []),
       ("budgets", ["3", "5"], "llama-nano-dyn/model-noopt.onnx", ["input_ids=4x128"]),
       ("budgets", ["3", "5"], "t5-nano/model.onnx", []),
       ("budgets", ["3", "5"], "mobilenet-nano/model.onnx", []),
       ("budgets", ["3", "5"], "lstm-nano/model.onnx", []),
       ("budgets", ["3", "5"], "recommender-nano/model.onnx", ["--loss=output:loss"]),
       ("budgets", ["3", "5"], "mamba-nano/model.onnx", [])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    passed = failed = 0
    for name, arguments, model, after in (CORRUPTIONS + CALLS + CHUNKS
                                          + (ALL if options.all else BUDGETS)):
        program = options.build / "bin" / f"plimsoll-test-{name}"
        emulator = options.build / "lib" / "libplimsoll-kernels-emulator.so"
        if name == "calls" and not emulator.exists():
            print("-- calls: left out, built without the emulator", flush=True)
            continue
        command = [program, *arguments, MODELS / model, *after]
        print(f"-- {name} {' '.join(arguments)} {model}", flush=True)
        result = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True)
        print(result.stdout, end="", flush=True)
        lines = result.stdout.strip().splitlines()
        match = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1] if lines else "")
        passed += int(match[1]) if match else 0
        failed += max(int(match[2]) if match else 1, int(result.returncode != 0))
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
