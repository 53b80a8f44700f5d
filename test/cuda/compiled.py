"""nvcc compiles kernels and emitted steps without warnings and spilled registers, for every
architecture. The build checks that for the library's kernels; --all prints their registers.
Without the toolkit these cases are left out, with a message."""

import json
import pathlib
import shutil

import emulated
import narrow
from harness import check

ROOT = pathlib.Path(__file__).resolve().parents[2]
KERNELS = ROOT / "runtime" / "kernels" / "cuda"
ARCHITECTURES = ["sm_80", "sm_90", "sm_100"]
FLAGS = ["-std=c++20", "-O3", "--fmad=false", "--expt-relaxed-constexpr", "--resource-usage",
         f"-I{ROOT}/runtime/include"]


def find_nvcc():
    return shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")


def check_log(text):
    check("warning" not in text, f"nvcc warns:\n{text}")
    spilled = sum(int(line.split(" bytes spill stores")[0].split()[-1])
                  for line in text.splitlines() if "bytes spill stores" in line)
    check(spilled == 0, f"registers are spilled:\n{text}")
    registers = [int(line.split("Used ")[1].split()[0]) for line in text.splitlines()
                 if "Used " in line]
    check(registers, f"nvcc names no kernel:\n{text}")
    return registers


def check_kernels(tools, nvcc, file):
    folder, most = tools.folder("nvcc"), []
    for architecture in ARCHITECTURES:
        result = tools.expect([nvcc, *FLAGS, f"-arch={architecture}", "-c", file, "-o",
                               folder / "kernels.o"])
        most.append(f"{architecture} {max(check_log(result.out + result.err))}")
    return "most registers: " + ", ".join(most)


def check_program(tools, title, architecture):
    """The report lists every loop's kernel; the program says that there is no GPU here."""
    model, folder = narrow.model(title), tools.folder("compiled")
    report = folder / "report.json"
    program = tools.compile(model.path, folder / "program", f"--target=cuda:{architecture}",
                            f"--report={report}", *model.options)
    kernels = json.loads(report.read_text())["kernels"]
    check(kernels and all(k["kernel"].startswith("loop_") and k["registers"] > 0
                          and k["spilled_bytes"] == 0 for k in kernels), f"kernels: {kernels}")
    environment = dict(tools.environment, CUDA_VISIBLE_DEVICES="")
    result = tools.run([program, f"--data={model.data(tools)}", "--steps=1"],
                       environment=environment)
    check(result.code == 1 and f"compiled for a GPU ({architecture})" in result.err
          and "--target=cpu" in result.err, str(result))
    return f"{len(kernels)} kernels"


def group(suite, tools, everything):
    nvcc = find_nvcc()
    if not nvcc:
        print("nvcc was not found: kernels are not compiled for GPUs")
        return
    for file in sorted(KERNELS.glob("*.cu")) if everything else []:
        suite.case(f"compiled: {file.name}", check_kernels, tools, nvcc, file)
    if not (tools.build / "lib" / "libplimsoll-runtime-cuda.a").exists():
        print("plimsoll was built without the CUDA toolkit: no program for a GPU is compiled")
        return
    for title in emulated.USUAL + emulated.ALL if everything else ["mlp-digits", "gpt2-nano"]:
        for architecture in ARCHITECTURES if everything else ["sm_90"]:
            suite.case(f"compiled: {title} {architecture}", check_program, tools, title,
                       architecture)
