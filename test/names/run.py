#!/usr/bin/env python3
"""Whatever a model's names are, all output parses and executes nothing: text, JSON, HTML, SVG,
traces, pickles, C++, CUDA, MLIR, safetensors, and folders that others may read.

    python3 test/names/run.py --build=build [--all]
"""

import html.parser
import json
import os
import pathlib
import pickle
import re
import shutil
import stat
import subprocess
import sys
import xml.etree.ElementTree as tree

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import harness  # noqa: E402
import hostile  # noqa: E402
import tensors  # noqa: E402
from harness import check  # noqa: E402

PARTS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "b", "span", "svg",
         "rect", "path", "line", "text", "script"}


def run(tools, folder, *words):
    """Runs a command and returns what it printed, which must be UTF-8 without characters that
    terminals act on."""
    done = subprocess.run([os.fsencode(word) for word in words], cwd=folder, capture_output=True,
                          env=dict(tools.environment, LC_ALL="C.UTF-8"))
    for stream in (done.stdout, done.stderr):
        text = stream.decode()  # strictly
        if text.startswith(("{", "[")):
            continue  # JSON has its own rules
        bad = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e\u2066]", text)
        check(not bad, f"{words} prints {bad and bad[0]!r}")
    check(done.returncode == 0, f"{words}: {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return done.stdout.decode()


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.scripts, self.inside = [], False

    def handle_starttag(self, tag, attributes):
        check(tag in PARTS, f"the page has an element <{tag}>")
        for key, _ in attributes:
            check(not key.startswith("on") and key != "src", f"<{tag}> has an attribute {key}")
        self.inside = tag == "script"

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.scripts.append(data)

    def handle_comment(self, data):
        check(False, f"the page has a comment: {data}")


def check_page(path, name):
    text = path.read_bytes().decode()
    page = Page()
    page.feed(text)
    page.close()
    check(len(page.scripts) == 2 and text.count("<script") == 2, "the page has other scripts")
    check("<!--" not in text, "a comment begins in the page")
    check(len(json.loads(page.scripts[0])["names"]) > 5, "names of launches are missing")
    check("PWNED" not in page.scripts[1], "a name is in the page's script")
    for picture in re.findall(r"<svg.*?</svg>", text, re.S):
        tree.fromstring(picture)


def check_pictures(tools, folder, model, name):
    plimsoll = tools.build / "bin" / "plimsoll"
    out = run(tools, folder, plimsoll, "plan", model, "--json", "--sweep", "--remarks",
              "--timeline=page.html", "--trace=trace.json", "--memory-viz=viz.pickle",
              "--sweep-svg=sweep.svg", "--report=report.json")
    summary = json.loads(out)
    check(len(summary["frontier"]) > 0, "no frontier")
    report = json.loads((folder / "report.json").read_bytes().decode())
    names = {row["name"] for row in report["parameters"]}
    check(hostile.shown(f"w2{name}") in names and len(names) == 3, f"parameters are {names}")
    check_page(folder / "page.html", name)
    tree.parse(folder / "sweep.svg")
    events = json.loads((folder / "trace.json").read_bytes().decode())["traceEvents"]
    check(any(hostile.shown(f"n4{name}") in e["name"] for e in events), "no launch of n4")
    pickle.loads((folder / "viz.pickle").read_bytes())
    text = run(tools, folder, plimsoll, "compile", model, "--dry-run")
    check(len(text.splitlines()) < 80, "a name breaks lines")
    for style in ([], ["--json"]):
        text = run(tools, folder, plimsoll, "explain", model, hostile.shown(f"w2{name}"), *style)
    check(json.loads(text)["values"], "nothing is explained")
    return names


def check_texts(tools, folder, model):
    """Checks the text of stages. Locations are printed for people, MLIR does not read them again;
    names are quoted."""
    for stage in ("nn", "step", "kernels", "plan", "exec"):
        run(tools, folder, tools.build / "bin" / "plimsoll", "compile", model, f"--emit={stage}",
            "-o", "text.mlir")
        text = (folder / "text.mlir").read_bytes().decode("ascii", "strict")
        check(not re.search(r"[\x00-\x09\x0b-\x1f]", text), "a name is not in quotes")


def check_source(tools, folder, model, target):
    run(tools, folder, tools.build / "bin" / "plimsoll", "compile", model, "--emit=source",
        f"--target={target}", "-o", "source")
    source = folder / "source"
    include = f"-I{source}/runtime/include"
    command = ["g++", "-fsyntax-only", "-std=c++20", "-Wall", "-Wextra", "-Werror",
               "-Wno-unknown-pragmas", "-Wno-unused-variable", include]
    run(tools, folder, *command, source / "program.cpp")
    if target == "cpu":
        run(tools, folder, *command, source / "step.cpp")
        return
    # Without nvcc: the code as it is without its comments must hold no name.
    text = (source / "step.cu").read_text()
    code = re.sub(r"//[^\n]*", "", text)
    check("document.title" not in code and "#error" not in code, "a name is outside comments")
    check(not re.search(r"(\\|\?\?/)\s*\n", text), "a comment goes on in the next line")


def check_program(tools, folder, model, name, names):
    """Runs the program, whose file has such a name too."""
    program = os.fsencode(folder) + b"/" + hostile.file_name(name)[:60] + b",.run"
    os.umask(0o022)
    run(tools, folder, tools.build / "bin" / "plimsoll", "compile", model, "-o", program)
    for libs in pathlib.Path(folder).glob("*.libs"):
        check(stat.S_IMODE(libs.stat().st_mode) == 0o755, "others cannot load the libraries")
    json.loads(run(tools, folder, program, "--info"))
    initial, _ = tensors.read(program + b".safetensors")
    check(set(initial) == names, f"initial weights are {set(initial)}")
    x = hostile.shown(f"x{name}")
    tensors.write(folder / "data.safetensors", {
        x: np.zeros((8, 6), np.float32), "labels": np.zeros(8, np.int64)})
    run(tools, folder, program, "--data=safetensors:data.safetensors", "--steps=2",
        "--save=saved.safetensors", "--profile=profile.json", "--metrics=metrics.jsonl")
    saved, _ = tensors.read(folder / "saved.safetensors")
    check(names <= set(saved), f"the checkpoint has {set(saved)}")
    run(tools, folder, program, "--data=safetensors:data.safetensors", "--steps=3",
        "--resume=saved.safetensors")
    profile = json.loads((folder / "profile.json").read_bytes().decode())
    check(any(hostile.shown(f"n4{name}") in row["node"] for row in profile["launches"]), "no n4")
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        json.loads(line)


def check_browser(tools, folder):
    browser = shutil.which("chromium-headless-shell")
    check(browser, "chromium-headless-shell is not installed: ./dev setup installs it")
    done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                           f"--user-data-dir={folder}/profile", (folder / "page.html").as_uri()],
                          text=True, capture_output=True, timeout=120)
    check("<title>PWNED" not in done.stdout, "a name was run as a script")
    check('data-launch="' in done.stdout, "the page's own script did not run")


def case(kind, name, whole):
    def body(tools):
        folder = tools.folder(f"names-{kind}")
        model = folder / os.fsdecode(hostile.file_name(name))
        model.write_bytes(hostile.model(name))
        names = check_pictures(tools, folder, model, name)
        if whole:
            check_texts(tools, folder, model)
            check_browser(tools, folder)
            check_source(tools, folder, model, "cpu")
            shutil.rmtree(folder / "source")
            check_source(tools, folder, model, "cuda:emulator")
            check_program(tools, folder, model, name, names)
    return body


def group(suite, tools, everything):
    whole = {"script", "double escape", "comment", "trigraph", "backslashes", "lines", "controls", "not utf-8"}
    for kind, name in hostile.NAMES.items():
        suite.case(f"names: {kind}", case(kind, name, everything or kind in whole), tools)


if __name__ == "__main__":
    sys.exit(harness.main(__doc__, group))
