"""Checks that the page's peak is the plan's, and that both pictures are well-formed: PAGE
SUMMARY.json SVG."""
import json
import re
import sys
import xml.etree.ElementTree as tree

page, summary, svg = sys.argv[1:]
text = open(page).read()
peak = int(re.search(r'id="peak">(\d+)<', text)[1])
plan = json.load(open(summary))
# The bound is the largest sum of live bytes in this order, each value rounded up to 64.
assert peak <= plan["lower_bound_bytes"] <= plan["arena_bytes"], (peak, plan)
assert peak > 0.98 * plan["lower_bound_bytes"], (peak, plan)
for picture in re.findall(r"<svg.*?</svg>", text, re.S) + [open(svg).read()]:
    tree.fromstring(picture)
words = [element.text for element in tree.parse(svg).iter("{http://www.w3.org/2000/svg}text")]
assert {"arena, MiB", "1.0 x"} <= set(words), words
assert "sqrt" in " ".join(words) and "every:8" in " ".join(words), words
assert "(repeated)" in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")
