"""Computes figures from the measurements of check.py's pieces; needs no device."""
import json

MIB = 1 << 20


def idle_share(kernels):
    """Returns the share of the time in which no kernel ran, from (begin, end) of each; the first
    half of the kernels, while a run warms up, is left out. None if there are too few."""
    kernels = sorted(kernels)[len(kernels) // 2:]
    if len(kernels) < 2:
        return None
    began = reached = kernels[0][0]
    idle = 0
    for begin, end in kernels:
        idle += max(0, begin - reached)
        reached = max(reached, end)
    return idle / (reached - began)


def fit_overhead(rows):
    """Fits the overhead of a device model to rows of `launches` and `beside` (bytes held besides
    the arena): bytes for each launch by least squares, never negative, and a base that no row
    exceeds."""
    count = len(rows)
    launches, beside = [row["launches"] for row in rows], [row["beside"] for row in rows]
    mean_l, mean_b = sum(launches) / count, sum(beside) / count
    spread = sum((n - mean_l) ** 2 for n in launches)
    slope = 0 if spread == 0 else max(0, sum((n - mean_l) * (b - mean_b)
                                             for n, b in zip(launches, beside)) / spread)
    each = int(slope)
    base = max(b - each * n for n, b in zip(launches, beside))
    return {"base_bytes": -(-base // MIB) * MIB, "launch_bytes": each}


def overhead_errors(overhead, rows):
    """Returns, for each row, the predicted overhead minus the measured one, in bytes."""
    return [overhead["base_bytes"] + row["launches"] * overhead["launch_bytes"] - row["beside"]
            for row in rows]


def overhead_line(overhead):
    """Returns the overhead as a line for a file in compiler/target/devices."""
    return f' "overhead": {json.dumps(overhead)},'


def ratio(row, key, kind, other):
    value = row.get(kind, {}).get(other)
    return row[key] / value if value and row.get(key) else None


def aims(row):
    """Returns the targets of a timed program that were measured, as (what, aim, found, whether it
    is met). They are for an H200."""
    found = []

    def compare(what, aim, value, met):
        if value is not None:
            found.append((what, aim, value, met))

    if row["model"] == "gpt2-124m" and row["precision"] == "bf16":
        time = ratio(row, "ms", "compile", "ms")
        compare("step time of torch.compile", "<= 0.8 x", time and f"{time:.2f} x",
                time and time <= 0.8)
        memory = ratio(row, "arena", "compile", "reserved_bytes")
        compare("memory of torch.compile", "<= 0.5 x", memory and f"{memory:.2f} x",
                memory and memory <= 0.5)
        time = ratio(row, "ms", "llm.c", "ms")
        compare("step time of llm.c", "", time and f"{time:.2f} x", None)
    if row["model"] == "llama-1b" and row["precision"] == "bf16":
        compare("utilisation", ">= 50 %", f"{row['utilisation']:.1%}", row["utilisation"] >= 0.5)
    idle = row.get("idle_share")
    compare("launch gaps", "< 2 % of the step", None if idle is None else f"{idle:.2%}",
            idle is not None and idle < 0.02)
    return found


def against(row):
    """Returns what other trainers took: "PyTorch eager 12.0 ms, 3.00 GiB; ..."."""
    parts = []
    for kind, name in (("eager", "PyTorch eager"), ("compile", "torch.compile"),
                       ("llm.c", "llm.c")):
        other = row.get(kind, {})
        if "ms" in other:
            held = other.get("reserved_bytes")
            parts.append(f"{name} {other['ms']:.1f} ms"
                         + (f", {held / 2**30:.2f} GiB" if held else ""))
        elif other:
            parts.append(f"{name}: {other.get('left_out', 'failed')}")
    return "; ".join(parts)


def piece_row(name, result):
    said = ("left out: " + result["left_out"] if "left_out" in result else
            "passed" if result.get("passed", True) else "FAILED")
    numbers = {key: value for key, value in result.items()
               if isinstance(value, (int, float)) and key != "passed"}
    text = "; ".join(f"{key} {value:.6g}" for key, value in numbers.items())
    return (f"| {name} | {said}{': ' + text if text else ''} | {result['date']} | "
            f"{result['device']} |")


def table(results):
    """Returns the Markdown of docs/gpu.md from (name, result) of each piece that was run."""
    lines = ["| check | result | date | device |", "| --- | --- | --- | --- |"]
    lines += [piece_row(name, result) for name, result in results]
    programs = [row for _, result in results for row in result.get("programs", [])]
    if programs:
        lines += ["", "| program | step | arena | of peak FLOPs | others |",
                  "| --- | --- | --- | --- | --- |"]
    for row in programs:
        lines.append(f"| {row['program']} {row['batch']}x{row['length']} | {row['ms']:.1f} ms | "
                     f"{row['arena'] / 2**30:.2f} GiB | {row['utilisation']:.1%} | "
                     f"{against(row)} |")
    rows = [(row, *aim) for row in programs for aim in aims(row)]
    if rows:
        lines += ["", "| program | figure | aim | found | met |",
                  "| --- | --- | --- | --- | --- |"]
    for row, what, aim, value, met in rows:
        lines.append(f"| {row['program']} | {what} | {aim} | {value} | "
                     f"{'' if met is None else 'yes' if met else 'no'} |")
    return "\n".join(lines) + "\n"
