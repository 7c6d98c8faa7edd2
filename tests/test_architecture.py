"""The arrows and sizes of ARCHITECTURE.md, read from the source without running it.

main -> ui -> app -> bfs_engine's light modules. An exception is written here, by name and with its reason, or it does not exist.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

TOP_FOLDERS = {"app", "bfs_engine", "ui", "resources", "tests", "packaging", "docs", ".ci", ".github"}

# Light modules of the engine: they import neither torch nor anything that does, so the window never waits for it.
LIGHT_ENGINE = {
    "bfs_engine",
    "bfs_engine.api",
    "bfs_engine.framing",
    "bfs_engine.lift",
    "bfs_engine.words",
    "bfs_engine.catalog",
    "bfs_engine.cli.pictures",
    "bfs_engine.cli.making",
    "bfs_engine.quiet_import",
    "bfs_engine.scenes",
    "bfs_engine.scenes.colours",
    "bfs_engine.scenes.vocabulary",
    "bfs_engine.__main__",
}
APP_MAY_USE = {"bfs_engine.api", "bfs_engine.framing", "bfs_engine.lift", "bfs_engine.catalog", "bfs_engine.words"}
HEAVY = {"torch", "torchvision", "diffusers", "transformers", "accelerate", "peft", "safetensors"}
QT = {"PySide6", "qasync", "shiboken6"}

# Modules of app that may touch QtGui: the one painter, and the shrunken images it draws from.
PAINTERS = {"app.render.render", "app.render.mips"}

# Modules whose functions may import, because what they import is heavy and often not needed -> what they may import so.
LAZY_IMPORTS = {
    "main": {"bfs_engine", "ui", "app", "PySide6", "qasync"},  # headless commands need no Qt, the window needs no torch
    "bfs_engine.__main__": {"bfs_engine"},  # the vocabulary and a wrong command line need no torch
    "bfs_engine.scenes.studio.__main__": {"bfs_engine"},  # Blender, for the commands that render
    "bfs_engine.bfs.memory": {"torchao"},  # an optional package
    "bfs_engine.bfs.flux": {"diffusers"},  # FLUX Redux, which only references need
    "bfs_engine.data.matting": {"pymatting", "transformers"},  # replaceable parts: an optional package, and models that few runs load
    "bfs_engine.data.removal": {"diffusers", "transformers"},  # the same
    "bfs_engine.layering.fbdd": {"transformers"},  # the text encoder, for converting only
    "bfs_engine.data.cluster": {"ray"},  # an optional package, for a cluster
    "bfs_engine.evaluate.networks": {"transformers", "pyiqa", "torch_fidelity", "hpsv3"},  # metrics that few evaluations ask for
    "app.formats.psd.read": {"app"},  # adjustments and effects need scipy; most files and the window's start do not
}

@dataclass(frozen=True)
class Import:
    """One imported module as written in `module` at `line`; `function` is where, or None at the top."""

    module: str
    target: str
    line: int
    function: str | None


def sources(*tops: str) -> list[Path]:
    paths = [path for top in tops for path in ([ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"))]
    return sorted(path for path in paths if path.exists())


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


PRODUCT = sources("app", "bfs_engine", "ui", "main.py")
NAMES = {name_of(path): path for path in PRODUCT}


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    return tuple(_imports(tree_of(path), path, None))


def _imports(node: ast.AST, path: Path, function: str | None) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        inside = child.name if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and function is None else function
        for target in _targets(child, path):
            yield Import(name_of(path), target, child.lineno, function)
        yield from _imports(child, path, inside)


def _targets(node: ast.AST, path: Path) -> list[str]:
    """Modules an import statement names; `from package import module` counts as package.module where that is a module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        parts = path.relative_to(ROOT).with_suffix("").parts
        base = ".".join([*parts[: len(parts) - node.level], *([node.module] if node.module else [])])
    found = [f"{base}.{alias.name}" if f"{base}.{alias.name}" in NAMES or base in QT else base for alias in node.names]
    return sorted(set(found))


def all_imports(*tops: str) -> list[Import]:
    return [found for path in sources(*tops) for found in imports_of(path)]


def told(imports: list[Import]) -> list[str]:
    return [f"{i.module}:{i.line} imports {i.target}" for i in imports]


def top(name: str) -> str:
    return name.partition(".")[0]


def test_the_engine_knows_neither_the_editor_nor_qt() -> None:
    assert not told([i for i in all_imports("bfs_engine") if top(i.target) in {"app", "ui", "main"} | QT])


def test_the_editor_knows_no_torch_and_no_window() -> None:
    assert not told([i for i in all_imports("app") if top(i.target) in {"ui", "main"} | HEAVY])


def test_the_editor_sees_of_the_engine_only_its_light_modules() -> None:
    assert not told([i for i in all_imports("app") if top(i.target) == "bfs_engine" and i.target not in APP_MAY_USE])


def test_the_editor_paints_with_qtgui_in_one_place() -> None:
    qt = [i for i in all_imports("app") if top(i.target) in QT]
    assert not told([i for i in qt if i.module not in PAINTERS or i.target != "PySide6.QtGui"])


def test_the_window_knows_the_editor_only() -> None:
    imports = all_imports("ui")
    assert not told([i for i in imports if top(i.target) in {"main"} | HEAVY])
    assert not told([i for i in imports if top(i.target) == "bfs_engine" and i.target != "bfs_engine.api"])


def test_light_engine_modules_stay_light() -> None:
    for module in LIGHT_ENGINE & NAMES.keys():
        at_top = [i for i in imports_of(NAMES[module]) if i.function is None]
        assert not told([i for i in at_top if top(i.target) in HEAVY or (top(i.target) == "bfs_engine" and i.target not in LIGHT_ENGINE)])


def test_imports_stand_at_the_top_of_the_file() -> None:
    inside = [i for i in all_imports("app", "bfs_engine", "ui", "main.py") if i.function is not None]
    assert not told([i for i in inside if top(i.target) not in LAZY_IMPORTS.get(i.module, set())])


def test_no_module_needs_itself() -> None:
    graph = {name: {i.target for i in imports_of(path) if i.target in NAMES and i.target != name} for name, path in NAMES.items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, "a circle of imports: " + " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for following in sorted(graph[name]):
                visit(following, (*way, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_tests_and_tools_are_not_part_of_the_product() -> None:
    assert not told([i for i in all_imports("app", "bfs_engine", "ui", "main.py") if top(i.target) in {"tests", "packaging", "pytest"}])


def test_nothing_is_unpickled_or_evaluated() -> None:
    forbidden = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
    assert not told([i for i in all_imports("app", "bfs_engine", "ui", "main.py") if top(i.target) in forbidden])
    for path in PRODUCT:
        for call in [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]:
            _check_call(path, call)


def _check_call(path: Path, call: ast.Call) -> None:
    called, where = ast.unparse(call.func), f"{path.relative_to(ROOT)}:{call.lineno}"
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    assert called not in {"eval", "exec"}, where
    assert called != "torch.load" or given.get("weights_only") == "True", f"{where}: torch.load without weights_only=True"
    assert given.get("allow_pickle", "False") == "False", f"{where}: allow_pickle"
    assert given.get("shell", "False") == "False", f"{where}: a shell"


def test_functions_of_the_product_say_their_types() -> None:
    silent = []
    for path in PRODUCT:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _annotated(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not silent, "\n".join(silent)


# Methods that Qt calls have their types in Qt's manual: mixedCase ones, and these.
QT_CALLS = {"paint", "data", "flags", "event", "parent", "index"}


def _annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if node.name in QT_CALLS or re.fullmatch(r"[a-z]+([A-Z][a-z]*)+", node.name):
        return True
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    if arguments and arguments[0].arg in {"self", "cls"}:
        arguments = arguments[1:]
    return (node.returns is not None or node.name == "__init__") and all(a.annotation is not None for a in arguments)


def test_every_module_says_what_it_is() -> None:
    packages_may_be_silent = [path for path in PRODUCT if path.name == "__init__.py"]
    assert not [path.relative_to(ROOT).as_posix() for path in PRODUCT if not ast.get_docstring(tree_of(path)) and path not in packages_may_be_silent]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_top_level_folders_are_the_agreed_ones() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}
    assert folders <= TOP_FOLDERS
    assert not (ROOT / "packaging" / "__init__.py").exists(), "it would shadow the library of that name"


def test_no_path_of_one_machine_is_written_down() -> None:
    machine = re.compile(r"(?<![\w./~-])(/work/|/root/|/home/\w|/Users/\w|/opt/\w|[A-Z]:\\\\?Users)")
    texts = {".py", ".md", ".toml", ".txt", ".json", ".yml", ".yaml", ".cfg", ".sh", ".qss", ".svg", ".js", ".mjs", ".tsv", ""}
    found = []
    for path in tracked():
        if path.suffix in texts and path != Path(__file__) and path.stat().st_size < 2_000_000:
            lines = path.read_text("utf-8", errors="replace").splitlines()
            found += [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if machine.search(line)]
    assert not found


def test_nothing_tracked_is_too_big_to_clone() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in tracked()}
    assert not [name for name, size in sizes.items() if size > 16 * 2**20]
    assert sum(size for name, size in sizes.items() if name.startswith("resources/models/")) < 80 * 2**20
