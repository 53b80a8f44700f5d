"""Checks that explanations agree with the plan and with one another: MODEL."""
import json
import subprocess
import sys

model = sys.argv[1]


def run(*arguments):
    done = subprocess.run(["plimsoll", *arguments, "--threads=2", "--json"], text=True,
                          capture_output=True)
    return done.returncode, done.stdout


def explain(name, budget=16 << 20):
    code, out = run("explain", model, name, f"--memory={budget}")
    assert code == 0, (name, code)
    return json.loads(out)


plan = json.loads(run("plan", model, f"--memory={16 << 20}")[1])
repeated, kept = 0, 0
for layer in (0, 3):
    for part in ("mlp.c_fc", "ln_1"):
        answer = explain(f"model.transformer.h.{layer}.{part}")
        assert answer["arena_bytes"] == plan["arena_bytes"], answer
        assert answer["launches"] == plan["launches"], answer
        for value in answer["values"]:
            assert value["bytes_at_peak"] in (0, value["bytes"]), value
            for life in value["lives"]:
                assert 0 <= life["offset"] <= plan["arena_bytes"] - value["bytes"], value
                assert 1 <= life["from_launch"] <= life["to_launch"] <= plan["launches"], value
                assert all(life["from_launch"] < at <= life["to_launch"]
                           for at in life["read_at"]), value
            again = value["lives"][1:]
            repeated += bool(again)
            assert all(life["from_launch"] in life["repeated_launches"] for life in again), value
            for change in value["if"]:
                if change["what"] == "keep":  # repeating costs time and saves bytes
                    kept += 1
                    assert again and change["seconds"] < 0, value
                    assert change["peak_bytes"] >= answer["peak_bytes"], value
                elif change["possible"]:
                    assert change["seconds"] > 0 and change["launches"], value
assert repeated and kept, "the budget is meant to make the plan repeat something"

# A tensor of the file, its node, and a name with a number all mean the same value.
by_node, by_tensor = explain("node_addmm_2")["values"], explain("addmm_2")["values"]
assert by_node == by_tensor and explain("node_addmm_2#2")["values"] == by_node[1:2]
gradient = explain("gradient of model.transformer.h.0.mlp.c_fc.weight")["values"]
assert len(gradient) == 1 and gradient[0]["kind"] == "gradient" and gradient[0]["pass"] == "backward"
assert gradient == explain("d(model.transformer.h.0.mlp.c_fc.weight)")["values"]
# Tied tensors: every name of the framework leads to the same tensor.
assert explain("model.transformer.wte.weight")["values"][0]["value"] == "model.lm_head.weight"

assert run("explain", model, "nobody")[0] == 2
assert run("explain", model, "node_addmm_2", "--memory=8MiB")[0] == 3
