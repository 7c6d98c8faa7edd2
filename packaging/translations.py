"""Collect every text of the window and the editor into resources/translations/*.ts, keep what is translated, compile to *.qm.

    python packaging/translations.py            after texts have changed; then fill in what it names, by hand or in Qt Linguist
    python packaging/translations.py --check    only say what is missing; exit status 1 if anything is

Texts stand in the source as self.tr("…"), QCoreApplication.translate("context", "…"), QT_TRANSLATE_NOOP("context", "…") and, where
there is no window, phrase("…") of bfs_engine.words. Qt's lupdate does not know the last one, nor objects that are not called self, so it
is given a list of all of them.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
CLASS_OF = {"box": "QMessageBox", "bar": "QProgressDialog", "window": "MainWindow"}  # objects whose tr is called by another name than self
NAMED = ("translate", "QT_TRANSLATE_NOOP", "_T")

Text = tuple[str, str]  # context, English


def texts(root: Path = ROOT) -> set[Text]:
    """Every text that can be translated."""
    found: set[Text] = set()
    for path in [path for room in ("bfs_engine", "app", "ui") for path in (root / room).rglob("*.py")]:
        module = ast.parse(path.read_text("utf-8"), str(path))
        _visit(module, "", _context_of_tr(module), found, path)
    return found


def _visit(node: ast.AST, holder: str, module: str, found: set[Text], path: Path) -> None:
    """holder: the class around; module: the context that the file's own _tr has."""
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.ClassDef) else holder
        if isinstance(child, ast.Call) and (text := _text(child, inside, module, path)):
            found.add(text)
        _visit(child, inside, module, found, path)


def _text(call: ast.Call, holder: str, module: str, path: Path) -> Text | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = [argument.value for argument in call.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
    if name in NAMED and len(words) == 2:
        return words[0], words[1]
    if name == "phrase" and words:
        return "app", words[0]
    if name == "_tr" and words:
        return module, words[0]
    if name != "tr" or not words:
        return None
    owner = getattr(call.func.value, "id", "")
    if owner == "self":
        return holder, words[0]
    if owner not in CLASS_OF:
        raise SystemExit(f"{path}:{call.lineno}: of which class is “{owner}”? Say it in CLASS_OF.")
    return CLASS_OF[owner], words[0]


def _context_of_tr(module: ast.AST) -> str:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name == "_tr":
            return next(inner.args[0].value for inner in ast.walk(node) if isinstance(inner, ast.Call) and len(inner.args) == 2)
    return ""


def translations(path: Path) -> dict[Text, str]:
    """What a .ts file holds that is finished."""
    done = {}
    for context in ElementTree.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            german = message.find("translation")
            if german.get("type") is None and german.text:
                done[context.findtext("name"), message.findtext("source")] = german.text
    return done


def missing(path: Path) -> list[Text]:
    """What still has to be translated in a .ts file."""
    return sorted(texts() - translations(path).keys())


def update(path: Path) -> None:
    """Bring a .ts file up to date with the source, and compile it."""
    tools = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "texts.py"
        listed.write_text("".join(f"QT_TRANSLATE_NOOP({context!r}, {text!r})\n" for context, text in sorted(texts())), "utf-8")
        language = ("-source-language", "en", "-target-language", path.stem)
        subprocess.run([tools / "pyside6-lupdate", listed, "-locations", "none", "-no-obsolete", *language, "-ts", path], check=True)
    subprocess.run([tools / "pyside6-lrelease", "-silent", path, "-qm", path.with_suffix(".qm")], check=True)


def main(arguments: list[str]) -> int:
    left = 0
    for path in sorted(FOLDER.glob("*.ts")):
        if "--check" not in arguments:
            update(path)
        for context, text in missing(path):
            left += 1
            print(f"{path.name}: {context}: {text!r}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
