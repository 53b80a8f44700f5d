"""Packs the sources that a machine with a GPU needs for tools/gpu-check/check.py.

    tools/gpu-check/bundle.py [--target=cuda:sm_90] -o FOLDER

Every model is compiled here with --emit=source: the small ones that have PyTorch's results
(test/numeric) at three budgets, with gradients kept at the largest, some also in bf16; gpt2-124m,
llama-1b and resnet50, with random weights, in the shapes that are timed. The machine with the GPU
needs nvcc, CMake and Python with numpy and torch. The program that compares every kernel with the
CPU's is packed as an executable, because building it needs GoogleTest. With --target=cuda:emulator
the check can be tried without a GPU. The folder stays below 64 MiB: random weights are drawn on the
other machine.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PLIMSOLL_BUILD", ROOT / "build"))
sys.path[:0] = [str(ROOT / "test" / "numeric"), str(ROOT / "test" / "support")]
import reference  # noqa: E402

SMALL = ["mlp-digits", "gpt2-nano", "gpt2-nano-sdpa", "llama-nano", "vit-nano/model-noopt.onnx",
         "resnet-nano", "unet-nano"]
#: Models that are also checked in bf16: attention, shared heads and rotations, convolutions.
SMALL_BF16 = ["gpt2-nano-sdpa", "llama-nano", "resnet-nano"]
#: (model, options for its shape, (batch, length), precision of products).
TIMED = [("gpt2-124m", ["--shape=input_ids=16x1024"], (16, 1024), "bf16"),
         ("gpt2-124m", ["--shape=input_ids=16x1024"], (16, 1024), "f32"),
         ("llama-1b", ["--shape=input_ids=4x2048"], (4, 2048), "bf16"),
         ("resnet50", ["--shape=batch=64"], (64, 224), "f32")]
LIMIT = 64 << 20
DEVICES = {"sm_80": "a100", "sm_90": "h200", "sm_100": "b200"}
#: CMake of the library that records when kernels ran. It needs CUPTI, which some toolkits lack.
TRACE = """find_package(CUDAToolkit REQUIRED)
if(TARGET CUDA::cupti)
  add_library(gpu-trace SHARED tools/gpu-check/trace.cpp)
  target_compile_features(gpu-trace PRIVATE cxx_std_20)
  target_link_libraries(gpu-trace PRIVATE CUDA::cupti)
else()
  message(STATUS "no CUPTI: launch gaps are left out")
endif()
"""


def plimsoll(*words):
    done = subprocess.run([str(BUILD / "bin" / "plimsoll"), *map(str, words)],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"plimsoll {' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


def emit(folder, name, model, weights, *options):
    """Emits the program's sources as `folder/name`, without the runtime, which all share."""
    path = folder / name
    plimsoll("compile", model, "--emit=source", "-o", path, *options)
    if not (folder / "runtime").exists():
        shutil.copytree(path / "runtime", folder / "runtime")
    shutil.rmtree(path / "runtime")
    (path / "CMakeLists.txt").unlink()
    (path / "train.safetensors").rename(weights) if weights else (path / "train.safetensors").unlink()
    return path


def smaller_budgets(model, options):
    sizes = [point["arena_bytes"] for point in json.loads(plimsoll(
        "plan", ROOT / "models" / model.path, "--sweep", "--json", *options))["frontier"]]
    return sorted({sizes[0], sizes[len(sizes) // 2]})


def bundle_small(folder, target):
    programs = []
    for model in reference.MODELS:
        if model.title not in SMALL or "seq" in " ".join(model.options):
            continue
        programs.append(bundle_budgets(folder, target, model, "f32"))
        if model.title in SMALL_BF16:
            programs.append(bundle_budgets(folder, target, model, "bf16"))
    return programs


def bundle_budgets(folder, target, model, precision):
    title = model.title.replace("/", "-")
    name = title if precision == "f32" else f"{title}-{precision}"
    path, weights = ROOT / "models" / model.path, f"{title}.safetensors"
    options = [target, f"--precision={precision}", *model.options]
    sizes, options = smaller_budgets(model, options), [*options, reference.OPTIMIZER]
    emit(folder, f"{name}-free", path, folder / weights, "--keep-gradients", *options)
    budgets = [f"{name}-{size}" for size in sizes]
    for budget, size in zip(budgets, sizes):
        emit(folder, budget, path, None, f"--memory={size}", *options)
    return {"model": model.title, "precision": precision, "free": f"{name}-free",
            "budgets": budgets, "weights": weights}


def bundle_timed(folder, target):
    programs = []
    for model, options, (batch, length), precision in TIMED:
        name = f"{model}-{precision}"
        emit(folder, name, ROOT / "models" / model / "model.onnx", None, target,
             f"--precision={precision}", "--init=normal:0.02", "--optimizer=adamw,lr=1e-4",
             *options)
        programs.append({"program": name, "model": model, "precision": precision,
                         "batch": batch, "length": length})
    return programs


def planned_overhead(suffix):
    """Returns the memory that plans reserve for the process besides the arena, as the device model
    has it; None for the emulator."""
    device = DEVICES.get(suffix)
    file = ROOT / "compiler" / "target" / "devices" / f"{device}.json"
    return json.loads(file.read_text())["overhead"] if device else None


def copy_kernel_tests(folder, emulated):
    """Builds and copies the program that compares kernels, on a GPU or on the emulator."""
    name = "plimsoll-cuda-kernel-tests" if emulated else "plimsoll-gpu-kernels"
    done = subprocess.run(["cmake", "--build", str(BUILD), "--target", name])
    if done.returncode:
        sys.exit(f"{name} cannot be built")
    shutil.copy(BUILD / "bin" / name, folder / "kernel-tests")


def copy_tests(folder):
    for name in ("test/numeric/reference.py", "test/support/harness.py", "test/support/tensors.py",
                 *(f"tools/gpu-check/{file}" for file in (
                     "check.py", "figures.py", "machine.py", "pytorch.py", "speed.py",
                     "trace.cpp"))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in sorted({m.name for m in reference.MODELS if m.title in SMALL}):
        (folder / "models" / name).mkdir(parents=True, exist_ok=True)
        for file in ("reference.json", "data.safetensors"):
            if (ROOT / "models" / name / file).exists():
                shutil.copy(ROOT / "models" / name / file, folder / "models" / name / file)
    (folder / "models" / "data").mkdir(exist_ok=True)
    shutil.copy(ROOT / "models" / "data" / "corpus.bin", folder / "models" / "data")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", default="cuda:sm_90")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    folder, target = options.output, f"--target={options.target}"
    folder.mkdir(parents=True)
    small, timed = bundle_small(folder, target), []
    suffix = options.target.split(":")[-1]
    if suffix != "emulator":  # the emulator would take days for a step of these
        timed = bundle_timed(folder, target)
    copy_tests(folder)
    copy_kernel_tests(folder, suffix == "emulator")
    names = [n for p in small for n in [p["free"], *p["budgets"]]] + [p["program"] for p in timed]
    emulated = suffix == "emulator"
    architecture = "" if emulated else f"set(CMAKE_CUDA_ARCHITECTURES {suffix.split('_')[1]})\n"
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\n"
        f"project(gpu-check CXX{'' if emulated else ' CUDA'})\n{architecture}"
        "set(PLIMSOLL_ISA v3 CACHE STRING \"\")\nadd_subdirectory(runtime)\n"
        + ("" if emulated else TRACE)
        + "".join(f"add_subdirectory({name})\n" for name in names))
    for name in names:
        (folder / name / "CMakeLists.txt").write_text(
            f"add_executable({name})\nplimsoll_cuda_program({name} "
            f"{'emulator' if emulated else 'cuda'} step.cu program.cpp)\n")
    (folder / "bundle.json").write_text(json.dumps(
        {"target": options.target, "small": small, "timed": timed,
         "overhead": planned_overhead(suffix)}, indent=1))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    if size > LIMIT:
        sys.exit(f"{folder} has {size} bytes, more than {LIMIT}")
    print(f"{folder}: {len(names)} programs, {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
