"""Other ways to use a program: as a library, as a folder of source, in another folder."""

import functools
import pathlib
import shutil

import harness
import tensors
from harness import check

FOLDER = pathlib.Path(__file__).resolve().parent
STEPS = 8
OPTIMIZER = "--optimizer=adamw,lr=1e-3,weight-decay=0.1"


@functools.cache
def programs_of(tools):
    return Programs(tools)


class Programs:
    """gpt2-nano as a program, with its results."""

    def __init__(self, tools):
        self.tools = tools
        self.folder = tools.folder("library")
        self.model, self.corpus = "gpt2-nano/model.onnx", tools.models / "data" / "corpus.bin"
        self.program = tools.compile(self.model, self.folder / "program", OPTIMIZER)
        self.losses, self.checkpoint = self.train(self.program, "program")

    def train(self, program, name, **options):
        self.tools.expect([program, *self.words(name)], **options)
        return self.result(name)

    def words(self, name):
        return [f"--data=tokens:{self.corpus}", f"--steps={STEPS}",
                f"--metrics={self.folder}/{name}.jsonl", f"--save={self.folder}/{name}.end"]

    def result(self, name):
        return (harness.losses(self.folder / f"{name}.jsonl"),
                (self.folder / f"{name}.end").read_bytes())

    def expect_same(self, losses, checkpoint):
        check(losses == self.losses, f"losses {losses}, expected {self.losses}")
        check(checkpoint == self.checkpoint, "the checkpoint differs from the program's")


def build_loop(tools, model, folder, *options):
    tools.compile(model, folder / "libstep.so", "--emit=library", *options)
    check((folder / "libstep.h").exists(), "there is no header beside the library")
    tools.expect(["g++", "-std=c++20", FOLDER / "loop.cpp", "-I", folder, folder / "libstep.so",
                  f"-Wl,-rpath,{folder}", "-o", folder / "loop"])


def expect_same_tensors(path, expected_path):
    got, expected = tensors.read(path)[0], tensors.read(expected_path)[0]
    check(sorted(got) == sorted(expected), "the checkpoint holds other tensors")
    for name, array in expected.items():
        check(got[name].tobytes() == array.tobytes(), f"'{name}' differs from the program's")


def accumulate_by_library(tools):
    """With --accumulate=2 every second call is a step; between them nothing can be saved."""
    model, corpus = "gpt2-nano/model.onnx", tools.models / "data" / "corpus.bin"
    folder, options = tools.folder("micro"), [OPTIMIZER, "--accumulate=2"]
    program = tools.compile(model, folder / "program", *options)
    tools.expect([program, f"--data=tokens:{corpus}", "--steps=3", f"--save={folder}/program.end",
                  f"--metrics={folder}/program.jsonl"])
    build_loop(tools, model, folder, *options)
    done = tools.expect([folder / "loop", corpus, "6", folder / "loop.end"])
    losses = [float(line) for line in done.out.split()[1::2]]
    expected = harness.losses(folder / "program.jsonl")
    check(len(losses) == 3 and all(abs(a - b) <= 1e-7 * b for a, b in zip(losses, expected)),
          f"losses {losses}, expected {expected}")
    expect_same_tensors(folder / "loop.end", folder / "program.end")
    between = tools.run([folder / "loop", corpus, "5", folder / "none.end"])
    check(between.code == 1 and "1 of the 2 micro-batches of a step" in between.err, str(between))
    check(not (folder / "none.end").exists(), "something was saved in the middle of a step")


def use_library(tools):
    """A C++ program that owns the loop."""
    programs = programs_of(tools)
    folder = programs.folder / "own"
    folder.mkdir()
    build_loop(tools, programs.model, folder, OPTIMIZER)
    done = tools.expect([folder / "loop", programs.corpus, str(STEPS), folder / "loop.end"])
    losses = [float(line) for line in done.out.split()]
    check(losses == programs.losses, f"losses {losses}, expected {programs.losses}")
    expect_same_tensors(folder / "loop.end", programs.folder / "program.end")
    # The program resumes from the checkpoint that the library saved.
    tools.expect([programs.program, f"--data=tokens:{programs.corpus}", f"--steps={STEPS + 2}",
                  f"--resume={folder / 'loop.end'}"])


def build_source(tools):
    programs = programs_of(tools)
    folder = programs.folder / "source"
    tools.compile(programs.model, folder, OPTIMIZER, "--emit=source")
    tools.expect(["cmake", "-S", folder, "-B", folder / "build"])
    tools.expect(["cmake", "--build", folder / "build", "--parallel", "2", "--target", "train"])
    programs.expect_same(*programs.train(folder / "build" / "train", "source"))


def move(tools):
    """The program runs if it is copied with its libraries and weights to another folder, in an
    empty environment."""
    programs = programs_of(tools)
    folder = programs.folder / "moved"
    folder.mkdir()
    for suffix in ("", ".safetensors"):
        shutil.copy2(f"{programs.program}{suffix}", folder / f"program{suffix}")
    if pathlib.Path(f"{programs.program}.libs").exists():
        shutil.copytree(f"{programs.program}.libs", folder / "program.libs")
    hidden = programs.folder / "hidden"
    programs.folder.joinpath("program.libs").rename(hidden)
    try:
        result = programs.train(folder / "program", "moved", environment={}, cwd="/")
    finally:
        hidden.rename(programs.folder / "program.libs")
    programs.expect_same(*result)


def group(suite, tools, everything):
    suite.case("library: a loop of one's own", use_library, tools)
    suite.case("library: micro-batches", accumulate_by_library, tools)
    suite.case("library: a folder of source", build_source, tools)
    suite.case("library: moved, with an empty environment", move, tools)
