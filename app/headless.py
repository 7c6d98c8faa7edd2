"""The commands without a window: `convert` and `info`. main.py puts them on its command line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from .document.document import Group, Layer, Node, walk
from .document.geometry import EMPTY, Rect
from .errors import FileError
from .formats import OPEN_SUFFIXES, SAVE_SUFFIXES, Encoding, check_save_suffix, losses, open_with_report, save_document

OK, FAILED = 0, 2  # exit statuses


def add_commands(subparsers: argparse._SubParsersAction) -> None:
    """Add `convert` and `info`; after parsing, `arguments.run(arguments)` does the work and returns the exit status."""
    converting = subparsers.add_parser("convert", help="open a file and save it in another format", description=_CONVERT)
    converting.add_argument("source", metavar="IN", type=Path)
    converting.add_argument("target", metavar="OUT", type=Path)
    converting.add_argument("--smart-objects", action="store_true", help="in a PSD: turned layers as smart objects, not resampled")
    converting.add_argument("--deep", action="store_true", help="16 bits a channel in a PNG, TIFF or PSD (layers have 8)")
    converting.add_argument("--pages", action="store_true", help="in a TIFF: every visible layer as a page")
    converting.set_defaults(run=_run_convert)
    informing = subparsers.add_parser("info", help="describe a file and its layers as JSON", description=_INFO)
    informing.add_argument("file", metavar="FILE", type=Path)
    informing.set_defaults(run=lambda arguments: run_info(arguments.file))


_CONVERT = f"Opens IN ({', '.join(OPEN_SUFFIXES)}) and saves it as OUT ({', '.join(SAVE_SUFFIXES)}); the ending of OUT decides the format."
_INFO = "Prints the size of the picture and, for each layer from bottom to top, what it is and where it lies."


def _run_convert(arguments: argparse.Namespace) -> int:
    encoding = Encoding(deep=arguments.deep, pages=arguments.pages, smart_objects=arguments.smart_objects)
    return run_convert(arguments.source, arguments.target, encoding)


def run_convert(source: Path, target: Path, encoding: Encoding = Encoding()) -> int:
    """`convert` with its messages: what was lost on standard output, an error as one line on standard error."""
    try:
        for sentence in convert(source, target, encoding):
            _say(sentence)
    except FileError as error:
        return _refuse(error)
    return OK


def run_info(file: Path) -> int:
    """`info` with its messages: JSON on standard output, an error as one line on standard error."""
    try:
        _say(json.dumps(info(file), indent=2, ensure_ascii=not _is_utf8()))
    except FileError as error:
        return _refuse(error)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _say(text: str) -> None:
    """Print, with question marks for what the terminal cannot show."""
    text = harmless(text)
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), flush=True)


def harmless(text: str) -> str:
    """The text with control characters written out: a file's name shall not steer the terminal."""
    return "".join(letter if letter.isprintable() or letter in "\n\t " else letter.encode("unicode_escape").decode() for letter in text)


def _refuse(error: FileError) -> int:
    """One sentence, the hint in brackets."""
    hint = f" ({error.hint[0].lower()}{error.hint[1:].rstrip('.')})" if error.hint else ""
    print(harmless(f"{error.sentence.rstrip('.')}{hint}.".replace("\n", " ")), file=sys.stderr)
    return FAILED


def convert(source: Path, target: Path, encoding: Encoding = Encoding()) -> list[str]:
    """Open `source`, save it as `target`; sentences on what was changed in reading and dropped in writing."""
    check_save_suffix(target)  # before the work of opening
    opened = open_with_report(source)
    save_document(opened.document, target, encoding)
    return [*opened.report, *losses(opened.document, target, encoding)]


def info(path: Path) -> dict:
    """JSON data: width, height, and `layers` from bottom to top (a group before its children), sizes in canvas pixels."""
    opened = open_with_report(path)
    document = opened.document
    return {
        "width": document.width,
        "height": document.height,
        "dpi": document.dpi,
        "layers": [_describe(node, depth, parent) for node, depth, parent in walk(document)],
        "report": list(opened.report),
    }


def _describe(node: Node, depth: int, parent: Group | None) -> dict:
    area = _extent(node)
    return {
        "name": node.name,
        "kind": "layer" if isinstance(node, Layer) else "group",
        "left": area.left,
        "top": area.top,
        "width": area.width,
        "height": area.height,
        "opacity": round(node.opacity, 4),
        "blend": node.blend,
        "visible": node.visible,
        "recipe": node.recipe if isinstance(node, Layer) else None,
        "locked": node.locked,
        "clipping": node.clipping,
        "mask": node.mask is not None,
        "candidates": len(node.candidates) if isinstance(node, Layer) else 0,
        "id": node.id,
        "group": None if parent is None else parent.id,
        "depth": depth,
    }


def _extent(node: Node) -> Rect:
    """The canvas rectangle of a layer's pixels, transparent border included; of all its layers for a group."""
    if isinstance(node, Layer):
        return node.placement.bounds(node.pixels.width, node.pixels.height)
    area = EMPTY
    for child in node.children:
        area = area.unite(_extent(child))
    return area
