#!/usr/bin/env python3
"""Every pass on random small modules gives valid modules with the same values.

    python3 test/pass-fuzz/run.py --build=build [--all]

300 modules, with --all 3,000. Values are compared for passes that keep @forward in f32; the
others run in the order of the compiler, up to the replay of the finished program. 500 modules are
trained with and without launches of several ops, and give the same numbers.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import harness  # noqa: E402
import modules  # noqa: E402
import values  # noqa: E402
from harness import check  # noqa: E402

SPLIT = "// -----\n"
PREPARE = "nn-simplify,nn-raise-gelu,nn-raise-layer-norm,nn-raise-rotary,nn-raise-attention,nn-simplify"
STEP = f"func.func({PREPARE}),nn-build-step{{OPTIONS}},func.func(nn-simplify{{CASTS}},cse)"
LAUNCHES = "func.func(nn-chunk-losses{rows=3 bytes=0},cse,nn-choose-saved,nn-form-launches)"
FINISH = f"{LAUNCHES},choose-kernels,plan-memory,lower-to-exec,exec.program(exec-verify)"

KEEPING = {name: f"func.func({name})" for name in (
    "nn-simplify", "nn-raise-gelu", "nn-raise-layer-norm", "nn-raise-rotary",
    "nn-raise-attention",
    "nn-form-launches", "canonicalize", "cse")}
KEEPING["all of them"] = f"func.func({PREPARE},cse,nn-form-launches,cse)"


def step(options="", casts=""):
    return STEP.replace("{OPTIONS}", options).replace("{CASTS}", casts)


CHANGING = {
    "nn-assign-precision": "func.func(nn-assign-precision)",
    "nn-widen": "nn-widen",
    "nn-build-step": step(),
    "with sgd and clipping": step("{optimizer=sgd clip=norm:0.5}"),
    "with micro-batches": step("{accumulate=2}"),
    "to exec": f"{step()},{FINISH}",
    "nn-choose-saved": f"{step()},func.func(nn-choose-saved)",
    "nn-chunk-losses": f"{step()},func.func(nn-chunk-losses{{rows=3 bytes=0}})",
    "to exec, poisoned": f"{step()},{LAUNCHES},choose-kernels,plan-memory,lower-to-exec,"
                         "exec.program(exec-poison,exec-verify)",
    "in bf16": f"{step('', ',nn-assign-precision')},func.func(nn-form-launches,cse)",
}


def optimise(tools, folder, text, passes):
    """Returns the modules of `text` after `passes`; the printed text must be readable."""
    tool = tools.build / "bin" / "plimsoll-opt"
    (folder / "in.mlir").write_text(text)
    tools.expect([tool, "--split-input-file", folder / "in.mlir", "-o", folder / "out.mlir",
                  f"--pass-pipeline=builtin.module({passes})"])
    tools.expect([tool, "--split-input-file", folder / "out.mlir", "-o", "/dev/null"])
    return (folder / "out.mlir").read_text()


def evaluate(text, module, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(4, module.width))
    return values.run(text, [x], {name: rng.normal(size=shape)
                                  for name, shape in module.parameters})


def group(suite, tools, everything):
    made = [modules.Module(seed) for seed in range(3000 if everything else 300)]
    texts = [module.text() for module in made]
    whole = SPLIT.join(texts)
    folder = tools.folder("pass-fuzz")

    def keeps(passes):
        out = optimise(tools, folder, whole, passes).split(SPLIT)
        check(len(out) == len(made), f"{len(out)} of {len(made)} modules came out")
        with np.errstate(all="ignore"):
            for seed, (module, before, after) in enumerate(zip(made, texts, out)):
                expected, found = (evaluate(t, module, seed) for t in (before, after))
                check(np.allclose(expected, found, rtol=1e-9, atol=1e-9, equal_nan=True),
                      f"module {seed}: {found} instead of {expected}\n{before}\n{after}")

    def fusing():
        paths = []
        for seed in range(500):
            paths.append(folder / f"{seed}.mlir")
            paths[-1].write_text(modules.Module(seed).text())
        out = tools.expect([tools.build / "bin" / "plimsoll-test-fusion", 2, *paths]).out
        check("500 passed, 0 failed" in out, out)
        fewer = int(out.split(" with fewer launches")[0].split()[-1])
        check(fewer > 400, f"only {fewer} models have fewer launches")
        return out.splitlines()[0]

    suite.case("pass-fuzz: the same numbers with and without launches of several ops", fusing)
    for name, passes in KEEPING.items():
        suite.case(f"pass-fuzz: {name}", keeps, passes)
    for name, passes in CHANGING.items():
        suite.case(f"pass-fuzz: {name}", lambda p=passes: optimise(tools, folder, whole, p) and None)


if __name__ == "__main__":
    sys.exit(harness.main(__doc__, group))
