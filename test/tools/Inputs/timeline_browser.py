"""Opens the page in a browser and checks that its script computes the plan's peak: PAGE PLAN.json
PROFILE."""
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

page, summary, profile = sys.argv[1:]
browser = shutil.which("chromium-headless-shell")
if not browser:
    sys.exit("chromium-headless-shell is not installed: ./dev setup installs it")
done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                       f"--user-data-dir={profile}", Path(page).resolve().as_uri()],
                      text=True, capture_output=True, timeout=120)
assert done.returncode == 0 and "</html>" in done.stdout, done.stderr
dom, plan = done.stdout, json.load(open(summary))

# The attribute is there only if the script ran.
peak = re.search(r'<span id="peak" data-launch="(\d+)">(\d+)</span>', dom)
assert peak, "the page's script did not run"
launch, peak = int(peak[1]), int(peak[2])
assert launch == plan["peak_launch"]
assert 0.98 * plan["lower_bound_bytes"] < peak <= plan["lower_bound_bytes"] <= plan["arena_bytes"]
readout = html.unescape(re.search(r'<p id="readout">([^<]*)</p>', dom)[1])
node = plan["peak_node"]  # of a repetition, perhaps
assert readout.replace(" (repeated)", "").startswith(
    f"launch {launch}, {node}: {peak / 2**20:.2f} MiB"), readout

# The tooltips: a column for each launch, whose parts add up to its sum.
columns = re.findall(r"<title>(\d+): ([^<]*)</title>", dom)
assert [int(number) for number, _ in columns] == list(range(1, plan["launches"] + 1))
for _, text in columns:
    total, *parts = [float(n) for n in re.findall(r"([\d.]+) MiB", text)]
    assert abs(total - sum(parts)) <= 0.05 * (len(parts) + 1), text
data = json.loads(re.search(r'id="data">([^<]*)</script>', dom)[1])
sums = [sum(bytes) for bytes in zip(*(layer["bytes"] for layer in data["layers"]))]
assert max(sums) == peak and len(sums) == len(data["names"]) == plan["launches"]

# The areas are stacked, and the highest point is the peak on the arena's scale.
areas = [[tuple(map(float, p.split(","))) for p in d.strip(" MZ").split()]
         for d in re.findall(r'<path fill="#\w+" d="([^"]*)"', dom)]
assert len(areas) == len(data["layers"])
for lower, upper in zip(areas, areas[1:]):
    half = len(lower) // 2
    assert lower[:half] == upper[:half - 1:-1], "an area does not begin where the one below ends"
bottom, top = areas[0][-1][1], min(y for _, y in areas[-1])
assert abs((bottom - top) / 320 - peak / plan["arena_bytes"]) < 0.001
