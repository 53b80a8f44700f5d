"""kill -9 at a random moment of a run that saves; the resumed run ends as if it had not happened.

Both the losses and the bytes of the last checkpoint must be those of the undisturbed run.
"""

import pathlib
import random
import signal
import subprocess
import time

import harness
from harness import check

TIMES, ALL_TIMES = 6, 30


class Run:
    """A program with the results of its undisturbed run."""

    def __init__(self, tools, name, model, data, steps, *options):
        self.tools, self.steps = tools, steps
        self.folder = tools.folder(f"kill-{name}")
        self.program = tools.compile(model, self.folder / "program")
        self.options = [f"--data={data}", f"--steps={steps}", *options]
        began = time.monotonic()
        self.expected = self.finish("undisturbed")
        self.seconds = time.monotonic() - began
        self.killed_in_steps = []

    def command(self, name):
        return [self.program, *self.options, f"--metrics={self.folder}/{name}.jsonl",
                f"--save={self.folder}/{name}.safetensors,every=5"]

    def finish(self, name, *options):
        """Runs to the end; returns the losses by step and the bytes of the checkpoint."""
        self.tools.expect([*self.command(name), *options])
        losses = [(line["step"], line.get("loss"), line.get("eval_loss"))
                  for line in harness.metrics(self.folder / f"{name}.jsonl")]
        return losses, (self.folder / f"{name}.safetensors").read_bytes()

    def kill(self, delay, number=signal.SIGKILL):
        """Runs, kills the run after `delay`, and resumes it to the end."""
        saved, metrics = (self.folder / f"killed.{end}" for end in ("safetensors", "jsonl"))
        for path in (saved, metrics, pathlib.Path(f"{saved}.tmp")):
            path.unlink(missing_ok=True)
        child = subprocess.Popen([str(word) for word in self.command("killed")],
                                 env=self.tools.environment, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        child.send_signal(number)
        child.wait()
        done = metrics.read_text().count("\n") if metrics.exists() else 0
        self.killed_in_steps.append(done)
        # Without a checkpoint the run cannot be resumed: it starts again.
        resume = [f"--resume={saved}"] if saved.exists() else []
        losses, checkpoint = self.finish("killed", *resume)
        expected, expected_checkpoint = self.expected
        where = f"killed after {delay:.3f} s, in step {done + 1}"
        check(losses == expected, f"{where}: losses differ: " + str(
            next((pair for pair in zip(losses, expected) if pair[0] != pair[1]),
                 f"{len(losses)} lines, expected {len(expected)}")))
        check(checkpoint == expected_checkpoint, f"{where}: the last checkpoints differ")
        check(not pathlib.Path(f"{saved}.tmp").exists(), f"{where}: a temporary file is left")


def kill_often(tools, times, number, *run):
    killed = Run(tools, *run)
    moments = random.Random(20)
    for _ in range(times):
        killed.kill(moments.uniform(0.05, 0.9 * killed.seconds), number)
    steps = sorted(killed.killed_in_steps)
    check(len(set(steps)) > times // 3, f"killed after steps {steps}: these are not random moments")
    return "killed after steps " + ", ".join(map(str, steps))


def group(suite, tools, everything):
    times = ALL_TIMES if everything else TIMES
    corpus = f"tokens:{tools.models}/data/corpus.bin"
    digits = f"safetensors:{tools.models}/mlp-digits/data.safetensors"
    suite.case("kill: gpt2-nano", kill_often, tools, times, signal.SIGKILL, "gpt2-nano", "gpt2-nano/model.onnx",
               corpus, 30)
    suite.case("kill: mlp-digits, shuffled", kill_often, tools, times, signal.SIGKILL, "mlp-digits",
               "mlp-digits/model.onnx", digits, 300, "--order=shuffled",
               "--lr-schedule=cosine,warmup=20", "--seed=3")
    # The masks of dropout continue where they were.
    suite.case("kill: mlp-dropout", kill_often, tools, times, signal.SIGKILL, "mlp-dropout",
               "mlp-dropout/model-train.onnx", digits, 300)
    # An interrupted run saves at once, even in the middle of an evaluation.
    suite.case("kill: interrupted, with evaluation", kill_often, tools, times, signal.SIGINT,
               "interrupted", "mlp-digits/model.onnx", digits, 300, f"--eval-data={digits},every=5")
