"""gpu_check.py SOURCE: tests the figures of tools/gpu-check on invented measurements."""
import pathlib
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[1])
sys.dont_write_bytecode = True
sys.path.insert(0, str(SOURCE / "tools" / "gpu-check"))
import figures  # noqa: E402
import speed  # noqa: E402


def check(found, expected):
    if found != expected:
        sys.exit(f"expected {expected!r}, found {found!r}")


def check_idle_share():
    check(figures.idle_share([]), None)
    check(figures.idle_share([(0, 10)]), None)
    # The second half: 100 to 130, 130 to 160, then 20 idle, 180 to 200; in any order.
    warming = [(0, 1), (5, 6), (50, 51)]
    check(figures.idle_share([(180, 200), *warming, (100, 130), (130, 160)]), 0.2)
    # Kernels of two streams overlap: one within another does not shorten the gaps.
    check(figures.idle_share([*warming, (100, 200), (110, 120), (150, 210)]), 0.0)
    check(figures.idle_share([(0, 1), (1, 2), (10, 20), (30, 50)]), 0.25)


def check_overhead():
    mib = figures.MIB
    rows = [{"launches": n, "beside": 500 * mib + 16384 * n} for n in (10, 100, 400)]
    overhead = figures.fit_overhead(rows)
    check(overhead, {"base_bytes": 500 * mib, "launch_bytes": 16384})
    check(figures.overhead_errors(overhead, rows), [0, 0, 0])
    rows.append({"launches": 100, "beside": 502 * mib + 1})
    overhead = figures.fit_overhead(rows)
    errors = figures.overhead_errors(overhead, rows)
    check(min(errors) >= 0 and max(errors) < 4 * mib, True)
    # Fewer bytes for more launches is noise; equal numbers of launches give no bytes per launch.
    for launches in ((10, 400), (10, 10)):
        rows = [{"launches": n, "beside": b * mib} for n, b in zip(launches, (510, 500))]
        check(figures.fit_overhead(rows), {"base_bytes": 510 * mib, "launch_bytes": 0})
    line = figures.overhead_line({"base_bytes": 5, "launch_bytes": 6})
    check(line, ' "overhead": {"base_bytes": 5, "launch_bytes": 6},')
    for device in ("a100", "b200", "h200"):
        text = (SOURCE / "compiler/target/devices" / f"{device}.json").read_text()
        check(sum(line.startswith(' "overhead": {"base_bytes": ') for line in text.splitlines()), 1)


GPT2 = {"program": "gpt2-124m-bf16", "model": "gpt2-124m", "precision": "bf16", "batch": 16,
        "length": 1024, "ms": 60.0, "arena": 8 << 30, "utilisation": 0.3, "idle_share": 0.03,
        "eager": {"ms": 120.0, "reserved_bytes": 20 << 30},
        "compile": {"ms": 80.0, "reserved_bytes": 12 << 30}, "llm.c": {"ms": 50.0}}


def check_aims():
    check(figures.aims(GPT2),
          [("step time of torch.compile", "<= 0.8 x", "0.75 x", True),
           ("memory of torch.compile", "<= 0.5 x", "0.67 x", False),
           ("step time of llm.c", "", "1.20 x", None),
           ("launch gaps", "< 2 % of the step", "3.00%", False)])
    llama = {**GPT2, "model": "llama-1b", "utilisation": 0.5, "idle_share": 0.019}
    check(figures.aims(llama), [("utilisation", ">= 50 %", "50.0%", True),
                                ("launch gaps", "< 2 % of the step", "1.90%", True)])
    # Figures that were not measured have no row and meet no target.
    bare = {**GPT2, "compile": {"error": "no torch"}, "llm.c": {"left_out": "no --llm-c=FOLDER"},
            "idle_share": None}
    check(figures.aims(bare), [])


def check_table():
    stamp = {"date": "2026-01-02", "device": "NVIDIA H200"}
    text = figures.table([("kernels", {"tests": 7, "passed": True, **stamp}),
                          ("memory", {"left_out": "needs a GPU", **stamp}),
                          ("speed", {"programs": [GPT2], "passed": True, **stamp})])
    for line in ("| kernels | passed: tests 7 | 2026-01-02 | NVIDIA H200 |",
                 "| memory | left out: needs a GPU | 2026-01-02 | NVIDIA H200 |",
                 "| gpt2-124m-bf16 16x1024 | 60.0 ms | 8.00 GiB | 30.0% | PyTorch eager 120.0 ms, "
                 "20.00 GiB; torch.compile 80.0 ms, 12.00 GiB; llm.c 50.0 ms |",
                 "| program | figure | aim | found | met |",
                 "| gpt2-124m-bf16 | memory of torch.compile | <= 0.5 x | 0.67 x | no |",
                 "| gpt2-124m-bf16 | step time of llm.c |  | 1.20 x |  |"):
        check((line, line in text.splitlines()), (line, True))
    check("aim" in figures.table([("memory", {"left_out": "needs a GPU", **stamp})]), False)


def check_llm_c():
    printed = ("num_parameters: 124475904 => bytes: 248951808\n"
               "step    1/20 | loss 11.009 (+nanz)| norm 15.1 (+nanz)| lr 3.00e-04 | 212.50 ms | "
               "30.1% bf16 MFU | 77101 tok/s\n"
               "step    2/20 | loss 10.2 (+nanz)| norm 9.1 (+nanz)| lr 3.00e-04 | 98.25 ms | "
               "-100.0% bf16 MFU | 77101 tok/s\n")
    check(speed.step_times(printed), [212.5, 98.25])
    try:
        import numpy  # noqa: F401
    except ImportError:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokens.bin"
        speed.drawn_tokens(path, 33)
        data = path.read_bytes()
    check((len(data), data[:12]),
          (1024 + 66, b"".join(n.to_bytes(4, "little") for n in (20240520, 1, 33))))


for each in (check_idle_share, check_overhead, check_aims, check_table, check_llm_c):
    each()
