"""Dependencies point one way: layering.py SOURCE.

runtime, dialects -> passes -> compiler -> tools -> test; within the runtime, include -> rules ->
kernels -> devices, and include -> core -> devices. What the compiler knows of the runtime is in
runtime/include. Reads every #include of the tree and
every link list of CMake, and fails on one that points backwards.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

# What each folder may include and link, besides itself. The longest prefix decides.
ALLOWED = {
    "runtime/include": [],
    "runtime/rules": ["runtime/include"],
    "runtime/kernels/cpu": ["runtime/rules", "runtime/include"],
    "runtime/kernels/cuda": ["runtime/rules", "runtime/include"],
    "runtime/core": ["runtime/include"],
    "runtime/devices": ["runtime/core", "runtime/kernels", "runtime/rules", "runtime/include"],
    "runtime": [],
    "dialects/support": ["runtime/include"],
    "dialects/nn": ["dialects/support"],
    "dialects/plan": ["dialects/nn", "dialects/support"],
    "dialects/exec": ["dialects/support", "runtime/include"],
    "passes/planner": [],
    "passes/dimensions": ["dialects"],
    "passes/prepare": ["dialects"],
    "passes/autodiff": ["dialects"],
    "passes/precision": ["dialects"],
    "passes/fuse": ["dialects"],
    "passes/kernels": ["dialects"],
    "passes/memory": ["dialects", "passes/planner"],
    "passes/lower": ["dialects"],
    # A front end returns a module of nn; only the list of front ends names them.
    "compiler/frontend": ["dialects"],
    "compiler/onnx": ["compiler/frontend", "dialects", "passes/dimensions", "passes/prepare",
                      "runtime/include"],
    "compiler/text": ["compiler/frontend", "dialects"],
    "compiler/codegen": ["dialects", "runtime/include"],
    "compiler/target": ["compiler/codegen", "dialects", "passes", "runtime/include"],
    "compiler/pipeline": ["compiler/codegen", "compiler/frontend", "compiler/target", "dialects",
                          "passes", "runtime/include"],
    "compiler/executor": ["compiler/codegen", "compiler/target", "dialects", "runtime/include"],
    "compiler/gradcheck": ["compiler/executor", "compiler/frontend", "compiler/pipeline",
                           "compiler/target", "dialects", "passes", "runtime/include"],
    "compiler": ["dialects", "passes", "runtime/include"],
    "tools/plimsoll-plan": ["passes/planner"],
    "tools/plimsoll-tblgen": ["dialects/nn", "passes/autodiff"],
    "tools": ["dialects", "passes", "compiler", "runtime"],
    "test": ["dialects", "passes", "compiler", "runtime", "tools"],
}
LIBRARIES = {"mlir/", "llvm/", "llvm-c/", "mlir-c/"}
WITHOUT_MLIR = ["runtime", "passes/planner", "tools/plimsoll-plan"]


def folder_of(path):
    """Returns the entry of ALLOWED that a file belongs to."""
    matches = [name for name in ALLOWED if path == name or path.startswith(name + "/")]
    return max(matches, key=len, default=None)


def allowed(source, target):
    own = folder_of(source)
    return any(target == prefix or target.startswith(prefix + "/")
               for prefix in [own, *ALLOWED[own]])


def locate(root, path, include):
    """Returns the file of the tree that `include` means, relative to the root, or None."""
    # A name without a folder is a file beside it; the runtime's headers are found by include paths.
    bases = [path.parent, Path("."), Path("runtime/include"), Path("runtime")]
    for base in bases:
        if (root / base / include).is_file():
            return os.path.normpath(base / include)
    generated = include.removesuffix(".inc")
    return include if generated != include and "/" in include else None


def check_includes(root, files):
    for path in files:
        if folder_of(path.as_posix()) is None:
            continue
        text = (root / path).read_text(errors="replace")
        for include in re.findall(r'^\s*#\s*include\s*["<]([^">]+)[">]', text, re.M):
            bare = any(path.as_posix().startswith(name + "/") for name in WITHOUT_MLIR)
            if bare and any(include.startswith(prefix) for prefix in LIBRARIES):
                yield f"{path}: includes {include}, but must build without MLIR and LLVM"
                continue
            target = locate(root, path, include)
            if target and folder_of(target) and not allowed(path.as_posix(), target):
                yield f"{path}: includes {include}"


def check_links(root, lists):
    owner, links = {}, []
    for path in lists:
        text = re.sub(r"#.*", "", (root / path).read_text())
        folder = path.parent.as_posix()
        for call in re.findall(
                r"\b(?:add_library|add_executable|plimsoll_library)\s*\(\s*([\w-]+)", text):
            owner[call] = folder
        for name, rest in re.findall(
                r"\b(?:target_link_libraries|plimsoll_library)\s*\(\s*([\w-]+)([^)]*)\)", text):
            rest = rest.split("LINK_LIBS")[-1] if "LINK_LIBS" in rest else rest
            links.append((path, name, re.findall(r"[\w-]+", rest)))
    for path, name, libraries in links:
        source = owner.get(name, path.parent.as_posix())
        for library in libraries:
            target = owner.get(library)
            if target and folder_of(source) and folder_of(target):
                if not allowed(source + "/x", target) and not (
                        target == "runtime" and allowed(source + "/x", "runtime/include")):
                    yield f"{path}: {name} links {library}"


def main(root):
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True,
                            check=True).stdout.split()
    files = [Path(f) for f in listed if (root / f).is_file()]
    sources = [f for f in files if f.suffix in (".cpp", ".cu", ".h", ".td")]
    lists = [f for f in files if f.name == "CMakeLists.txt" and folder_of(f.as_posix())]
    problems = [*check_includes(root, sources), *check_links(root, lists)]
    print("\n".join(problems))
    print(f"{len(sources)} files and {len(lists)} link lists, {len(problems)} breaches")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
