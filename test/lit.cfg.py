"""Lit tests: *.mlir run passes on text, *.test run tools on models and scripts."""
import os

import lit.formats

config.name = "plimsoll"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "unit", "fuzz"]
config.test_source_root = os.path.join(config.plimsoll_source, "test")

tools = os.path.join(config.plimsoll_build, "bin")
config.environment["PATH"] = os.pathsep.join(
    [tools, config.llvm_tools, config.environment["PATH"]]
)
config.environment["OMP_WAIT_POLICY"] = "PASSIVE"
config.environment["FILECHECK_OPTS"] = "--dump-input-filter=error"
for name in ("CCACHE_DIR", "HOME", "TMPDIR"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions += [
    ("%models", os.path.join(config.plimsoll_source, "models")),
    ("%python", config.python),
    ("%source", config.plimsoll_source),
    ("%build", config.plimsoll_build),
    ("%llvm-tools", config.llvm_tools),
]

# Tests of more than a minute say REQUIRES: long; `./dev test --all` runs them.
if lit_config.params.get("long"):
    config.available_features.add("long")
if config.onednn:
    config.available_features.add("onednn")
if config.emulator:
    config.available_features.add("emulator")
