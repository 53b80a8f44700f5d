"""Checks that the size found fits, that the next does not, and that `plan` agrees: ANSWER.json
MODEL."""
import json
import subprocess
import sys

answer = json.load(open(sys.argv[1]))
best, tried = answer["largest"], {t["size"]: t for t in answer["tried"]}
assert answer["dimension"] == "batch" and tried[best]["fits"] and not tried[best + 1]["fits"]
assert answer["stopped_by"] == tried[best + 1]["limit"], answer
for trial in tried.values():
    assert trial["fits"] == (trial["arena_bytes"] <= 24 << 20 and trial["relative_step"] <= 1.1), trial

done = subprocess.run(["plimsoll", "plan", sys.argv[2], "--threads=2", "--effort=fast", "--json",
                       f"--shape=input_ids={best}x64", f"--memory={24 << 20}"],
                      text=True, capture_output=True)
assert done.returncode == 0, done
assert json.loads(done.stdout)["arena_bytes"] == tried[best]["arena_bytes"], done.stdout
