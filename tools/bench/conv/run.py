"""How fast convolutions are on this CPU, layer by layer.

    ./dev bench conv [--isa=v4] [--threads=2] [--against=FILE] [--rounds=N] [--only=TEXT]

Times conv, conv_grad_input and conv_grad_weight of the kernel library that the compiler loads, on layers of
models here, of ResNet-50 with four images, and of ConvNeXt-T. Prints GFLOP/s, medians over rounds in which
all take turns, and the limit: what a product of matrices of 768 rows and columns reaches. --against names
another library, libplimsoll-kernels-*.so of another build, whose numbers stand behind a slash.
"""
import argparse
import ctypes
import random
import statistics
import time
from pathlib import Path

# name: images, channels, filters, groups, size, kernel, stride, padding
LAYERS = {
    "resnet-nano 1": (64, 1, 16, 1, 8, 3, 1, 1),
    "resnet-nano 16": (64, 16, 16, 1, 8, 3, 1, 1),
    "resnet-nano 16-32/2": (64, 16, 32, 1, 8, 3, 2, 1),
    "resnet-nano 16-32 1x1/2": (64, 16, 32, 1, 8, 1, 2, 0),
    "resnet-nano 32": (64, 32, 32, 1, 4, 3, 1, 1),
    "resnet-nano 64": (64, 64, 64, 1, 2, 3, 1, 1),
    "unet-nano 32-16": (32, 32, 16, 1, 8, 3, 1, 1),
    "unet-nano 64-32": (32, 64, 32, 1, 4, 3, 1, 1),
    "unet-nano 16-1": (32, 16, 1, 1, 8, 3, 1, 1),
    "unet-nano 64-32 2x2/2": (32, 32, 64, 1, 4, 2, 2, 0),
    "mobilenet-nano 16-64 1x1": (64, 16, 64, 1, 8, 1, 1, 0),
    "mobilenet-nano 24-1280 1x1": (64, 24, 1280, 1, 4, 1, 1, 0),
    "mobilenet-nano 64 dw": (64, 64, 64, 64, 8, 3, 1, 1),
    "mobilenet-nano 64 dw/2": (64, 64, 64, 64, 8, 3, 2, 1),
    "resnet50 3-64 7x7/2": (4, 3, 64, 1, 224, 7, 2, 3),
    "resnet50 64-256 1x1": (4, 64, 256, 1, 56, 1, 1, 0),
    "resnet50 256-64 1x1": (4, 256, 64, 1, 56, 1, 1, 0),
    "resnet50 64": (4, 64, 64, 1, 56, 3, 1, 1),
    "resnet50 128/2": (4, 128, 128, 1, 56, 3, 2, 1),
    "resnet50 128": (4, 128, 128, 1, 28, 3, 1, 1),
    "resnet50 256-512 1x1/2": (4, 256, 512, 1, 56, 1, 2, 0),
    "resnet50 256": (4, 256, 256, 1, 14, 3, 1, 1),
    "resnet50 1024-256 1x1": (4, 1024, 256, 1, 14, 1, 1, 0),
    "resnet50 512": (4, 512, 512, 1, 7, 3, 1, 1),
    "resnet50 512-2048 1x1": (4, 512, 2048, 1, 7, 1, 1, 0),
    "resnext 128/32": (4, 128, 128, 32, 28, 3, 1, 1),
    "convnext 96 dw7": (4, 96, 96, 96, 56, 7, 1, 3),
    "convnext 192 dw7": (4, 192, 192, 192, 28, 7, 1, 3),
    "convnext 384 dw7": (4, 384, 384, 384, 14, 7, 1, 3),
    "convnext 768 dw7": (4, 768, 768, 768, 7, 7, 1, 3),
    "convnext 96-192 2x2/2": (4, 96, 192, 1, 56, 2, 2, 0),
}
KERNELS = ["conv", "conv_grad_input", "conv_grad_weight"]
LIMIT = 768


class Shape(ctypes.Structure):
    _fields_ = [("sizes", ctypes.POINTER(ctypes.c_int64)), ("count", ctypes.c_int),
                ("threads", ctypes.c_int), ("type", ctypes.c_uint8), ("precision", ctypes.c_uint8)]


class Launch(ctypes.Structure):
    _fields_ = [("buffers", ctypes.POINTER(ctypes.c_void_p)), ("bufferCount", ctypes.c_int),
                ("sizes", ctypes.POINTER(ctypes.c_int64)), ("sizeCount", ctypes.c_int),
                ("scalars", ctypes.c_void_p), ("scalarCount", ctypes.c_int),
                ("threads", ctypes.c_int), ("handle", ctypes.c_void_p), ("stream", ctypes.c_void_p),
                ("type", ctypes.c_uint8), ("precision", ctypes.c_uint8)]


class Kernel(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("run", ctypes.CFUNCTYPE(None, ctypes.POINTER(Launch))),
                ("workspace", ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.POINTER(Shape)))]


class Library:
    def __init__(self, path):
        self.find = ctypes.CDLL(str(path)).plimsoll_find_kernel
        self.find.restype = ctypes.POINTER(Kernel)

    def launch(self, name, buffers, sizes, threads, type=0):
        """Returns a call of kernel `name`, and the bytes of its workspace."""
        kernel = self.find(name.encode()).contents
        numbers = (ctypes.c_int64 * len(sizes))(*sizes)
        size = kernel.workspace(Shape(numbers, len(sizes), threads, type, 0))
        space = ctypes.create_string_buffer(size + 64)
        addresses = [b and ctypes.addressof(b) for b in buffers]
        if size:
            addresses.append((ctypes.addressof(space) + 63) // 64 * 64)
        pointers = (ctypes.c_void_p * len(addresses))(*addresses)
        launch = Launch(pointers, len(addresses), numbers, len(sizes), None, 0, threads, None, None, type, 0)
        keep = (numbers, space, pointers, buffers)
        return lambda: (kernel.run(launch), keep), size


def floats(count):
    some = [random.uniform(-1, 1) for _ in range(min(count, 1009))]
    data = bytes(memoryview((ctypes.c_float * len(some))(*some)))
    return (ctypes.c_float * max(count, 1)).from_buffer_copy((data * (count // len(some) + 1))[:4 * count])


def median(calls, rounds, clock):
    """Returns the median seconds of each call; they take turns."""
    repeats = []
    for call in calls:
        call()
        start = clock()
        call()
        repeats.append(max(1, int(0.003 / max(1e-7, clock() - start))))
    times = [[] for _ in calls]
    for _ in range(rounds):
        for call, repeat, taken in zip(calls, repeats, times):
            start = clock()
            for _ in range(repeat):
                call()
            taken.append((clock() - start) / repeat)
    return [statistics.median(taken) for taken in times]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--isa", default="v4" if "avx512vl" in Path("/proc/cpuinfo").read_text() else "v3")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--against")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    libraries = [Library(f"{options.build}/lib/libplimsoll-kernels-{options.isa}.so")]
    if options.against:
        libraries.append(Library(options.against))

    left, right, result = (floats(LIMIT * LIMIT) for _ in range(3))
    limit, _ = libraries[0].launch("matmul", [left, right, None, None, result, None],
                                   [1, LIMIT, LIMIT, LIMIT, 0, 0, 0, 0, 0, 0, 0], options.threads)
    # One thread's own time, of which other processes take less.
    clock = time.process_time if options.threads == 1 else time.perf_counter
    [seconds] = median([limit], options.rounds, clock)
    print(f"a product of {LIMIT} x {LIMIT} matrices: {2 * LIMIT**3 / seconds / 1e9:.0f} GFLOP/s")
    print(f"{'':26}  MFLOP  " + "  ".join(f"{kernel:>16}" for kernel in KERNELS) + "   KiB of workspace")
    for name, (n, c, k, groups, size, kernel, stride, pad) in LAYERS.items():
        if options.only not in name:
            continue
        out = (size + 2 * pad - kernel) // stride + 1
        x, w, y = floats(n * c * size**2), floats(k * c // groups * kernel**2), floats(n * k * out**2)
        sizes = [n, c, k, groups, 1, size, size, 1, kernel, kernel, 1, out, out, 1, stride, stride,
                 0, pad, pad, 1, 1, 1]
        work = 2 * n * k * out**2 * (c // groups) * kernel**2
        buffers = {"conv": [x, w, y], "conv_grad_input": [y, w, x], "conv_grad_weight": [y, x, w]}
        calls = [library.launch(kernel, buffers[kernel], sizes, options.threads)
                 for kernel in KERNELS for library in libraries]
        times = median([call for call, _ in calls], options.rounds, clock)
        cells = [" / ".join(f"{work / t / 1e9:.1f}" for t in times[i:i + len(libraries)])
                 for i in range(0, len(times), len(libraries))]
        print(f"{name:26}  {work / 1e6:5.1f}  " + "  ".join(f"{cell:>16}" for cell in cells) +
              "   " + ", ".join(f"{size // 1024}" for _, size in calls), flush=True)


main()
