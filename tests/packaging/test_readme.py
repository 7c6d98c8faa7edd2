"""What a newcomer reads is true: links lead somewhere, and the lines to type are understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bfs_engine.__main__ import parser

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))


def text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_are_there(page: str) -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text(page)) if "://" not in target]
    assert not [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()]


def engine_lines() -> list[str]:
    joined = "\n".join(text(page) for page in PAGES).replace("\\\n", " ")
    lines = re.findall(r"^    python -m bfs_engine ([^#\n]+)", joined, re.MULTILINE)
    numbers = {"X Y WIDTH HEIGHT": "10 20 300 400", "X Y W H": "10 20 300 400", "X Y …": "10 20", "X Y": "10 20"}
    for words, typed in numbers.items():
        lines = [line.replace(words, typed).replace("[", "").replace("]", "") for line in lines]
    return lines


@pytest.mark.parametrize("line", engine_lines())
def test_the_engines_lines_can_be_typed(line: str) -> None:
    assert callable(parser().parse_args(shlex.split(line)).run)


def test_there_are_such_lines() -> None:
    assert len(engine_lines()) >= 5
