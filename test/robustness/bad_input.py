"""Bad input gets one clear error, the right exit code, and leaves no file behind.

Exit codes: 1 failed, 2 wrong usage, 3 no plan fits the budget.
"""

import functools
import json
import os
import re
import resource
import shutil
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import harness
import tensors
from harness import check


def files(folder):
    """Returns all files below a folder, with their bytes."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def expect_error(tools, folder, command, code, *patterns, **options):
    """Runs a command that must fail with this exit code, with one error that matches all of
    `patterns`, and without changing the folder."""
    before = files(folder)
    result = tools.run(command, cwd=folder, **options)
    text = result.err
    check(result.code == code, f"expected exit code {code}: {result}")
    check(text.count("error:") == 1, f"expected one error: {result}")
    for pattern in patterns:
        check(re.search(pattern, text), f"expected the error to say '{pattern}': {result}")
    after = files(folder)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    check(not changed, f"left behind or changed: {changed}: {result}")
    return text


# Models ----------------------------------------------------------------------


def small_model(nodes=None, opset=18, shape=(4, 3), output_shape=(4, 5), weights=None, domains=()):
    """Returns a model: x [4, 3] times w [3, 5]."""
    nodes = nodes or [helper.make_node("MatMul", ["x", "w"], ["y"], name="/MatMul")]
    w = weights or numpy_helper.from_array(np.ones((3, 5), np.float32), "w")
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, output_shape)], [w])
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    model = helper.make_model(graph, opset_imports=imports)
    model.ir_version = 10
    return model.SerializeToString()


def external(location, offset=0, length=60):
    """Returns a model whose weight is in another file."""
    w = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3, 5],
                    data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        w.external_data.add(key=key, value=str(value))
    return small_model(weights=w)


def unknown_nodes():
    return small_model([
        helper.make_node("Frobnicate", ["x"], ["a"], name="/layer/Frobnicate"),
        helper.make_node("FancyGelu", ["a"], ["b"], name="/layer/FancyGelu", domain="com.example"),
        helper.make_node("MatMul", ["b", "w"], ["y"], name="/MatMul")], domains=["com.example"])


def vector_output():
    return small_model([
        helper.make_node("MatMul", ["x", "w"], ["z"], name="/MatMul"),
        helper.make_node("ReduceSum", ["z"], ["y"], name="/Sum", keepdims=0)], output_shape=())


#: name -> (bytes of the model, options, exit code, patterns of the error)
def model_cases(tools):
    gpt = (tools.models / "gpt2-nano" / "model.onnx").read_bytes()
    dynamic = (tools.models / "gpt2-nano-dyn" / "model.onnx").read_bytes()
    large = (tools.models / "gpt2-124m" / "model.onnx").read_bytes()
    return {
        "no ONNX file": (b"hello, world\n" * 20, [], 1, "model.onnx", "not an ONNX file"),
        "an empty file": (b"", [], 1, "empty"),
        "truncated": (gpt[:100_000], [], 1, "a part of it is missing"),
        "truncated at the end": (gpt[:-1], [], 1, "a part of it is missing|truncated|bytes"),
        "missing external data": (external("weights.bin"), [], 1, "'w'", "weights.bin",
                                  "does not exist", "--init"),
        "missing weights of gpt2-124m": (large, ["--shape=input_ids=4x64"], 1, "weights.bin"),
        "short external data": (external("short.bin", 0, 60), [], 1, "'w'", "short.bin"),
        "external data behind the end": (external("short.bin", 1 << 40, 60), [], 1, "short.bin"),
        "external data above the folder": (external("../outside.bin"), [], 1, "outside"),
        "external data at an absolute path": (external("/etc/passwd"), [], 1, "/etc/passwd"),
        "external data behind a link": (external("link.bin"), [], 1, "link.bin"),
        "opset too new": (small_model(opset=99), [], 1, "opset", "99"),
        "unknown operators and domain": (unknown_nodes(), [], 1, "2 problems|3 problems",
                                         "Frobnicate", "FancyGelu", "com.example"),
        "unbound dimensions": (dynamic, [], 1, "'batch' is not bound", "'seq' is not bound",
                               "--shape=batch"),
        "shapes that overflow": (large, ["--init=normal:0.02",
                                         "--shape=input_ids=4000000000x4000000000"], 1, "overflow"),
        "shapes that overflow later": (small_model(shape=("n", 3)), ["--shape=n=3000000000000000000"],
                                       1, "overflow|large"),
        "unknown shape": (small_model(), ["--shape=z=4"], 1, "--shape=z", "'x'"),
        "loss of an unknown output": (small_model(), ["--loss=cross-entropy:logits"], 1,
                                      "'logits'", "'y'"),
        "loss of wrong rank": (vector_output(), [], 1, "two or more dimensions|dimensions"),
        "loss that is no scalar": (small_model(), ["--loss=output:y"], 1, "scalar"),
        "nothing to train": (small_model(), ["--freeze=.*"], 1, "nothing to train"),
        "unknown option": (small_model(), ["--memroy=1GB"], 2, "--memroy", "did you mean '--memory'"),
        "unknown size": (small_model(), ["--memory=1XB"], 2, "--memory=1XB", "MiB"),
        "negative size": (small_model(), ["--memory=-5"], 2, "--memory"),
        "size that overflows": (small_model(), ["--memory=99999999999GB"], 2, "--memory"),
        "no threads": (small_model(), ["--threads=0"], 2, "--threads"),
        "threads in words": (small_model(), ["--threads=two"], 2, "--threads", "two"),
        "bad shape": (small_model(), ["--shape=x=0x3"], 2, "--shape=x=0x3", "positive"),
        "unknown optimizer": (small_model(), ["--optimizer=adamax"], 2, "adamax",
                              "adamw, adam, sgd, lion, adagrad or rmsprop"),
        "all that is wrong with the recipe": (
            small_model(), ["--optimizer=lion,eps=1", "--loss=l1,delta=1", "--clip=1", "--decay=x",
                            "--lr-scale=(=2"], 2, "eps has no effect on lion",
            "'delta=1' is no option of l1", "--clip=1: expected norm:1.0", "--decay=x: expected REGEX",
            r"--lr-scale=\(=2"),
        "decay and none": (small_model(), ["--decay=.=0.1", "--no-decay=."], 1,
                           "--decay and --no-decay both match"),
        "no file of weights": (small_model(), ["--loss=cross-entropy,weights=nowhere.txt"], 2,
                               "weights=nowhere.txt", "No such file"),
        "nothing to accumulate": (small_model(), ["--accumulate=0"], 2, "--accumulate"),
        "optimizer's unknown key": (small_model(), ["--optimizer=adamw,wd=1"], 2, "wd=1",
                                    "weight-decay"),
        "optimizer's bad number": (small_model(), ["--optimizer=adamw,lr=x"], 2, "lr=x", "number"),
        "optimizer's key of another": (small_model(), ["--optimizer=sgd,beta1=0.9"], 2, "beta1",
                                       "no effect"),
        "unknown loss": (small_model(), ["--loss=hinge"], 2, "hinge", "cross-entropy"),
        "unknown target": (small_model(), ["--target=cpu:pdp11"], 1, "pdp11", "x86-64-v3"),
        "unknown stage": (small_model(), ["--emit=wat"], 2, "--emit=wat", "library"),
        "unknown effort": (small_model(), ["--effort=wat"], 2, "--effort=wat", "normal"),
        "unknown init": (small_model(), ["--init=normal:x"], 2, "--init=normal:x"),
        "bad regular expression": (small_model(), ["--freeze=("], 2, r"--freeze=\("),
        "no folder for the output": (small_model(), ["-o", "nowhere/program"], 1, "nowhere"),
        "no folder for the report": (small_model(), ["--report=nowhere/r.json"], 1,
                                     "nowhere/r.json"),
    }


def check_model(tools, data, options, code, *patterns):
    folder = tools.folder("bad-model")
    model = folder / "inside"
    model.mkdir()
    (model / "model.onnx").write_bytes(data)
    (model / "short.bin").write_bytes(b"1234" * 10)
    (folder / "outside.bin").write_bytes(b"1234" * 15)
    (model / "link.bin").symlink_to(folder / "outside.bin")
    output = [] if "-o" in options else ["-o", "program"]
    expect_error(tools, folder, [tools.build / "bin" / "plimsoll", "compile", "inside/model.onnx",
                                 *output, *options], code, *patterns)


def check_commands(tools):
    folder = tools.folder("commands")
    plimsoll = tools.build / "bin" / "plimsoll"
    expect_error(tools, folder, [plimsoll], 2, "command is missing")
    expect_error(tools, folder, [plimsoll, "complie"], 2, "unknown command 'complie'")
    expect_error(tools, folder, [plimsoll, "compile"], 2, "MODEL")
    expect_error(tools, folder, [plimsoll, "compile", "none.onnx"], 1, "none.onnx", "No such file")
    expect_error(tools, folder, [plimsoll, "compile", "."], 1, "directory")


def check_budget(tools):
    """One byte less than the smallest plan is refused with the numbers; that plan itself works."""
    folder = tools.folder("budget")
    plimsoll = tools.build / "bin" / "plimsoll"
    model = tools.models / "mlp-digits" / "model.onnx"
    command = [plimsoll, "compile", model, "--threads=2", "-o", "program"]
    text = expect_error(tools, folder, [*command, "--memory=4096"], 3, "no plan fits", "4096")
    smallest = int(re.search(r"smallest plan found: ([\d,]+)", text)[1].replace(",", ""))
    expect_error(tools, folder, [*command, f"--memory={smallest - 1}"], 3, "no plan fits",
                 str(smallest - 1), str(smallest))
    tools.expect([*command, f"--memory={smallest}"], cwd=folder)
    arena = json.loads(tools.expect([folder / "program", "--info"]).out)["arena_bytes"]
    check(arena <= smallest, f"the arena is {arena} bytes, the budget {smallest}")
    return f"smallest plan {smallest} bytes"


# Programs --------------------------------------------------------------------


@functools.cache
def digits_of(tools):
    return Digits(tools)


class Digits:
    """mlp-digits compiled, and its data in wrong forms."""

    def __init__(self, tools):
        self.tools = tools
        self.home = tools.folder("digits")
        self.program = tools.compile("mlp-digits/model.onnx", self.home / "program")
        self.gpt = tools.compile("gpt2-nano/model.onnx", self.home / "gpt")
        columns, _ = tensors.read(tools.models / "mlp-digits" / "data.safetensors")
        self.x, self.labels = columns["x"][:200].copy(), columns["labels"][:200].copy()
        (self.home / "short.bin").write_bytes(b"a" * 100)

    def data(self, **columns):
        columns = {"x": self.x, "labels": self.labels, **columns}
        tensors.write(self.home / "data.safetensors",
                      {name: array for name, array in columns.items() if array is not None})

    def fail(self, code, options, *patterns, program=None, data="safetensors:data.safetensors",
             **others):
        words = ["--data=" + data] if data else []
        return expect_error(self.tools, self.home, [program or self.program, *words, *options], code,
                            *patterns, **others)

    def with_label(self, value):
        labels = self.labels.copy()
        labels[77] = value
        return labels

    # Sources

    def check_labels(self):
        for value in (10, -1, 2**40):
            self.data(labels=self.with_label(value))
            self.fail(1, ["--steps=3"], "'labels'", f"value {value} ", "row 77", "data.safetensors")

    def check_columns(self):
        save = ["--steps=3", "--save=s.safetensors"]
        self.data(labels=None)
        self.fail(1, save, "no column 'labels'", "'x'")
        self.data(x=self.x.astype(np.float64), labels=self.labels.astype(np.float32))
        self.fail(1, save, "column 'x' is F64", "F32", "column 'labels' is F32")
        self.data(x=self.x[:, :32].copy())
        self.fail(1, save, "'x'", r"\[200, 32\]", r"\[64\]")
        self.data(labels=self.labels[:150])
        self.fail(1, save, "150", "200")
        self.data(x=self.x[:10], labels=self.labels[:10])
        self.fail(1, save, "10 rows", "batch of 64")

    def check_files(self):
        self.data()
        whole = (self.home / "data.safetensors").read_bytes()
        for size in (0, 4, 50, 5000, len(whole) - 1):
            (self.home / "data.safetensors").write_bytes(whole[:size])
            self.fail(1, ["--steps=3"], "data.safetensors", "truncated|not a safetensors file")
        (self.home / "data.safetensors").write_bytes(b"no header, but text" * 10)
        self.fail(1, ["--steps=3"], "not a safetensors file")
        (self.home / "data.safetensors").write_bytes(whole.replace(b"[200, 64]", b"[900, 64]"))
        self.fail(1, ["--steps=3"], "'x'")
        self.fail(1, ["--steps=3"], "none.safetensors", data="safetensors:none.safetensors")

    def check_tokens(self):
        self.fail(1, ["--steps=3"], "100 tokens", "130", program=self.gpt, data="tokens:short.bin")
        self.fail(1, ["--steps=3"], "none.bin", "No such file", program=self.gpt,
                  data="tokens:none.bin")
        (self.home / "wide.bin").write_bytes(np.full(1000, 300, np.uint16).tobytes())
        self.fail(1, ["--steps=3"], "value 300", r"\[0, 256\)", program=self.gpt,
                  data="tokens:wide.bin:u16")
        self.fail(1, ["--steps=3"], "'x'", "safetensors:", data="tokens:short.bin")

    def check_options(self):
        self.data()
        self.fail(2, ["--stepz=3"], "--stepz", "did you mean '--steps'")
        self.fail(2, ["--steps=3x"], "--steps='3x'")
        self.fail(2, [], "--steps=N is missing")
        self.fail(2, ["--steps=3"], "--data=SOURCE is missing", data=None)
        self.fail(2, ["--steps=3"], "wat:x", "safetensors:", data="wat:x")
        self.fail(2, ["--steps=3", "--lr=-1"], "--lr='-1'")
        self.fail(2, ["--steps=3", "--lr-schedule=wat"], "wat", "cosine")
        self.fail(2, ["--steps=3", "--save=s,best"], "--eval-data")
        self.fail(2, ["--steps=3", "--dump-gradients=g"], "--keep-gradients")
        self.fail(2, ["--steps=3", "--order=random"], "random", "shuffled")

    # Saving and resuming

    def check_places(self):
        self.data()
        self.fail(1, ["--steps=3", "--save=nowhere/s"], "nowhere")
        self.fail(1, ["--steps=3", "--save=."], "directory")
        self.fail(1, ["--steps=3", "--metrics=nowhere/m"], "nowhere/m")

    def check_weights(self):
        self.data()
        self.fail(1, ["--steps=3"], "initial weights", "--weights",
                  program=shutil.copy2(self.program, self.home / "bare"))
        self.fail(1, ["--steps=3", "--weights=none.st"], "none.st", "No such file")
        self.fail(1, ["--steps=3", "--weights=gpt.safetensors"], "does not fit", "'0.weight'")
        self.fail(1, ["--steps=3", "--resume=program.safetensors"], "no checkpoint", "--weights")

    def check_resume(self):
        self.data()
        self.tools.expect([self.gpt, f"--data=tokens:{self.tools.models}/data/corpus.bin",
                           "--steps=1", "--save=other.safetensors"], cwd=self.home)
        self.fail(1, ["--steps=3", "--resume=other.safetensors"], "another model", "fingerprint")
        self.tools.expect([self.program, "--data=safetensors:data.safetensors", "--steps=4",
                           "--save=mine.safetensors"], cwd=self.home)
        self.fail(2, ["--steps=3", "--resume=mine.safetensors"], "4 steps already")
        whole = (self.home / "mine.safetensors").read_bytes()
        (self.home / "mine.safetensors").write_bytes(whole[:-5])
        self.fail(1, ["--steps=8", "--resume=mine.safetensors"], "truncated")

    def check_full_disk(self):
        """Without room for the checkpoint, the previous one stays and no temporary file is left."""
        self.data()
        disk = self.home / "disk"
        disk.mkdir(exist_ok=True)
        size = (self.home / "program.safetensors").stat().st_size
        save = ["--steps=6", "--save=disk/s.safetensors,every=3"]
        mounted = os.geteuid() == 0 and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={int(1.5 * 3 * size)}", "none", disk],
            capture_output=True).returncode
        try:
            # The first checkpoint fits; the second one does not fit beside it.
            if mounted:
                result = self.tools.run([self.program, "--data=safetensors:data.safetensors", *save],
                                        cwd=self.home)
                check(result.code == 1 and "No space left" in result.err
                      and "bytes, the disk has" in result.err and "untouched" in result.err,
                      f"expected an error about space: {result}")
                kept, metadata = tensors.read(disk / "s.safetensors")
                check(metadata["step"] == "3" and len(kept) == 18, f"kept: {metadata}")
                check(sorted(files(disk)) == ["s.safetensors"], f"left: {sorted(files(disk))}")
        finally:
            if mounted:
                subprocess.run(["umount", disk], check=True)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        self.fail(1, save, "File too large", preexec_fn=limit)
        return "on a full tmpfs and with a limit" if mounted else "with a limit of the file's size"

    def check_not_finite(self):
        """The error names the step, and with --find-nonfinite the value; the checkpoint stays."""
        x = self.x.copy()
        x[150, 3] = np.nan  # in the third batch
        self.data(x=x)
        run = [self.program, "--data=safetensors:data.safetensors", "--steps=9"]
        result = self.tools.run([*run, "--save=s.safetensors,every=1"], cwd=self.home)
        check(result.code == 1 and result.err.count("error:") == 1
              and re.search(r"step 3: the loss is not finite \(nan\).*'s.safetensors', is of step 2",
                            result.err) and "--find-nonfinite" in result.err, str(result))
        arrays, metadata = tensors.read(self.home / "s.safetensors")
        check(metadata["step"] == "2" and all(np.isfinite(a).all() for a in arrays.values()),
              f"the checkpoint of step {metadata['step']} is expected to be of step 2 and finite")
        (self.home / "s.safetensors").unlink()
        self.fail(1, ["--steps=9", "--find-nonfinite"], "step 3", "first NaN is in",
                  "written by .*linear")
        self.data()
        self.fail(1, ["--steps=9", "--lr=1e30", "--find-nonfinite"], "step [23]",
                  "first infinite value is in", "written by")

    def check_not_finite_update(self):
        """If the loss is finite but the update is not, the saved checkpoint is not replaced."""
        self.data()
        run = ["--data=safetensors:data.safetensors", "--save=s.safetensors,every=1"]
        self.tools.expect([self.program, *run, "--steps=2"], cwd=self.home)
        before = (self.home / "s.safetensors").read_bytes()
        self.fail(1, [*run[1:], "--steps=9", "--resume=s.safetensors", "--lr=1e39"], "step 3",
                  "not finite")
        check((self.home / "s.safetensors").read_bytes() == before, "the checkpoint was replaced")
        (self.home / "s.safetensors").unlink()


def group(suite, tools, everything):
    for name, case in model_cases(tools).items():
        suite.case(f"bad input: {name}", check_model, tools, *case)
    suite.case("bad input: commands", check_commands, tools)
    suite.case("bad input: a budget one byte too small", check_budget, tools)
    for name in ("labels", "columns", "files", "tokens", "options", "places", "weights", "resume",
                 "full_disk", "not_finite", "not_finite_update"):
        suite.case(f"bad data: {name.replace('_', ' ')}",
                   lambda: getattr(digits_of(tools), f"check_{name}")())
