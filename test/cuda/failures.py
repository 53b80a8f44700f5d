"""A GPU that fails in the middle of a step gives one message and leaves the last checkpoint."""

import emulated
import narrow
import reference
from harness import check, losses


def check_failure(tools):
    model, folder = narrow.model("mlp-digits"), tools.folder("failure")
    program = tools.compile(model.path, folder / "program", reference.OPTIMIZER, emulated.TARGET)
    saved, log = folder / "run.safetensors", folder / "metrics.jsonl"
    words = [program, f"--data={model.data(tools)}", "--steps=4", f"--save={saved},every=1",
             f"--metrics={log}"]
    tools.expect(words)
    expected, whole = losses(log), saved.read_bytes()
    launches = 45  # of 18 in a step: in the middle of the third
    environment = dict(tools.environment, PLIMSOLL_EMULATOR_FAIL_AT=str(launches))
    result = tools.run(words, environment=environment)
    check(result.code == 1, str(result))
    for part in ("step 3: cannot run the step: uncorrectable ECC error encountered",
                 f"the last good checkpoint, '{saved}', is of step 2"):
        check(part in result.err, f"expected {part!r}, found: {result.err}")
    check(result.err.count("error:") == 1, f"more than one error: {result.err}")
    tools.expect([*words, f"--resume={saved}"])
    check(losses(log)[-2:] == expected[2:], "the resumed run has other losses")
    check(saved.read_bytes() == whole, "the resumed run ends with other bits")


def group(suite, tools, everything):
    suite.case("failures: in the middle of a step", check_failure, tools)
