"""What helps the eye and the hand on the canvas and is no part of the document: rulers, grid, snapping, backdrop."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

from app.config.settings import Settings
from app.tools.snapping import Snapping

BACKDROPS = ("checker", "light", "dark")
WIDEST = 10_000  # canvas pixels between two lines of the grid


@dataclass(frozen=True)
class Aids:
    """spacing: of the grid, in canvas pixels; backdrop: what transparent parts are seen on, one of BACKDROPS."""

    rulers: bool = False
    guides: bool = True
    guides_locked: bool = False
    grid: bool = False
    spacing: int = 64
    snap: bool = True
    backdrop: str = "checker"

    @property
    def snapping(self) -> Snapping:
        """What things are drawn to: what is seen, where snapping is on."""
        return Snapping(canvas=self.snap, layers=self.snap, guides=self.snap and self.guides, grid=self.spacing if self.snap and self.grid else 0)


def stored_aids(settings: Settings) -> Aids:
    """As they were left; what is damaged has its default."""
    stored = settings.get("aids", {})
    plain = Aids()
    kept = {field.name: stored.get(field.name) for field in fields(Aids)}
    aids = replace(plain, **{name: value for name, value in kept.items() if type(value) is type(getattr(plain, name))})
    if aids.backdrop not in BACKDROPS or not 1 <= aids.spacing <= WIDEST:
        return plain
    return aids


def store_aids(settings: Settings, aids: Aids) -> None:
    settings.set("aids", asdict(aids))
