"""Checks that both traces have the plan's peak: SUMMARY.json TRACE.json SNAPSHOT.pickle."""
import json
import pickle
import pickletools
import sys

summary, trace, snapshot = sys.argv[1:]
plan = json.load(open(summary))


def check_peak(peak, what):
    """The bound is the peak with every value rounded up to 64 bytes."""
    assert 0.98 * plan["lower_bound_bytes"] < peak <= plan["lower_bound_bytes"], (what, peak, plan)


def check_trace():
    events = json.load(open(trace))["traceEvents"]
    launches = [e for e in events if e["ph"] == "X"]
    assert len(launches) == plan["launches"]
    repeated = [e for e in launches if e["cat"] == "repeated"]
    assert len(repeated) == plan["recomputed_launches"]
    assert all("cname" in e and "(again)" in e["name"] for e in repeated)
    end = 0
    for launch in launches:  # one after the other, none without time
        assert launch["ts"] >= end - 1e-6 and launch["dur"] > 0, launch
        end = launch["ts"] + launch["dur"]
    sums = [sum(e["args"].values()) for e in events if e["ph"] == "C"]
    assert sums == [e["args"]["live_bytes"] for e in launches]
    check_peak(max(sums), "trace")
    assert sums.index(max(sums)) + 1 == plan["peak_launch"]
    return max(sums)


def check_snapshot():
    data = open(snapshot, "rb").read()
    names = {opcode.name for opcode, _, _ in pickletools.genops(data)}
    assert max(opcode.proto for opcode, _, _ in pickletools.genops(data)) <= 2, names
    assert not names & {"GLOBAL", "REDUCE", "BUILD"}, names  # plain data
    content = pickle.loads(data)
    segment, = content["segments"]
    assert segment["total_size"] == plan["arena_bytes"]
    assert sum(block["size"] for block in segment["blocks"]) == segment["total_size"]
    events, = content["device_traces"]
    live, total, peak = {}, 0, 0
    for event in events:
        assert {"name", "filename", "line"} <= event["frames"][0].keys()
        if event["action"] == "alloc":
            begin, end = event["addr"], event["addr"] + event["size"]
            assert segment["address"] <= begin and end <= segment["address"] + plan["arena_bytes"]
            assert all(end <= b or e <= begin for b, e in live.items()), ("overlap", event)
            live[begin] = end
            total += event["size"]
            peak = max(peak, total)
        elif event["action"] == "free_completed":
            assert live.pop(event["addr"]) == event["addr"] + event["size"], event
            total -= event["size"]
    kept = sum(b["size"] for b in segment["blocks"] if b["state"] == "active_allocated")
    assert total == kept == segment["allocated_size"]
    check_peak(peak, "snapshot")
    return peak


assert check_trace() == check_snapshot()
