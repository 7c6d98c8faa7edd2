"""Documents that tests of files share: every field set to something that is not its default."""

from __future__ import annotations

import numpy as np
from PIL import ImageCms

from app.document.document import Candidate, Document, Group, Guide, Layer, make_group, make_layer, walk
from app.document.geometry import Placement
from app.document.pixels import Mask, Pixels

BOX = {"x": 10, "y": 20, "width": 30, "height": 40}
RECIPE = {"prompt": "a red mug", "seed": 7, "box": BOX, "steps": 8, "guidance": None, "understood": ["mug", "red"]}


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    """(height, width, 4) uint8: random colours, alpha in soft vertical bands with fully transparent and opaque ones."""
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (height, width, 4), dtype=np.uint8)
    bands = np.clip(np.abs(np.arange(width) * 16 % 1024 - 512) - 128, 0, 255)
    picture[..., 3] = bands.astype(np.uint8)
    return picture


def gradient(width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8: a smooth opaque picture."""
    x, y = np.linspace(0, 255, width), np.linspace(0, 255, height)
    return np.dstack(np.broadcast_arrays(x[None, :], y[:, None], (255 - x)[None, :] * 0.5 + y[:, None] * 0.5)).round().astype(np.uint8)


def shape(width: int, height: int, seed: int = 0) -> np.ndarray:
    """(height, width) uint8: a mask with soft edges."""
    x, y = np.arange(width)[None, :] - width / 2, np.arange(height)[:, None] - height / 2
    return np.clip(255 - 8 * (np.hypot(x, y) - min(width, height) / (3 + seed)), 0, 255).astype(np.uint8)


def wide_profile() -> bytes:
    """An RGB profile that is far from sRGB: sRGB with its red and green primaries swapped."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    tags = {bytes(profile[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    profile[red + 4 : red + 12], profile[green + 4 : green + 12] = profile[green + 4 : green + 12], profile[red + 4 : red + 12]
    return bytes(profile)


def full_document(width: int = 320, height: int = 300) -> Document:
    """Layers and groups with masks, clipping, recipes, candidates, off-canvas and turned pixels, guides, dpi."""
    mug = noise(90, 70, 1)
    candidates = (
        Candidate(Pixels.from_array(noise(80, 60, 2)), Placement(12, 14), RECIPE | {"seed": 6}),
        Candidate(Pixels.from_array(mug, shape(90, 70)), Placement(-30, 250), RECIPE),
    )
    made = make_layer(
        "Tasse ☕ 茶碗", candidates[1].pixels, Placement(-30, 250), opacity=0.5, blend="multiply", recipe=RECIPE, candidates=candidates,
        mask=Mask.from_array(shape(60, 40), 5, 6, 0), color_tag="red",
    )  # fmt: skip
    hidden = make_layer("hidden", Pixels.from_array(noise(40, 40, 3)), Placement(300, -20), visible=False, locked=True)
    clipped = make_layer("clipped", Pixels.from_array(noise(50, 300, 4)), Placement(0, 0), blend="soft light", clipping=True)
    oblique = Placement(100.5, 40.25, 1.5, -0.75, 30.0)
    turned = make_layer("turned", Pixels.from_array(noise(60, 30, 5)), oblique, mask=Mask.from_array(shape(30, 20), 3, 3))
    inner = make_group("inner", (turned,), blend="normal", opacity=0.75, collapsed=True)
    spot = Mask.from_array(shape(200, 200, 1), 20, 30, 0, linked=False)
    outer = make_group("Gruppe „A“", (made, clipped, inner), mask=spot, color_tag="blue")
    off = Mask.from_array(shape(20, 20), 205, 105, 255, linked=False, enabled=False)
    loose = make_layer("unlinked, off", Pixels.from_array(noise(30, 30, 6)), Placement(200, 100), mask=off)
    ground = make_layer("Background", Pixels.from_array(gradient(width, height)))
    guides = (Guide(True, 12.5), Guide(False, 100.0))
    return Document(width, height, (ground, outer, hidden, loose, make_layer("empty", Pixels.empty(10, 10))), None, 300.0, guides)


def flat_document(width: int = 64, height: int = 48) -> Document:
    """One opaque layer, as a picture that was opened."""
    return Document(width, height, (make_layer("photo", Pixels.from_array(gradient(width, height))),))


def same_raster(one: Pixels | Mask | None, other: Pixels | Mask | None) -> bool:
    """Whether two rasters have the same size, place and values."""
    if one is None or other is None:
        return one is other
    fields = ("width", "height", "left", "top", "default", "linked", "enabled")
    return all(getattr(one, f, None) == getattr(other, f, None) for f in fields) and np.array_equal(one.to_array(), other.to_array())


def differences(one: Document, other: Document) -> list[str]:
    """What differs between two documents, field by field; empty for equal ones."""
    found = [name for name in ("width", "height", "profile", "dpi", "guides", "origin") if getattr(one, name) != getattr(other, name)]
    pairs = list(zip(walk(one), walk(other), strict=False))
    if len(list(walk(one))) != len(list(walk(other))):
        found.append("number of nodes")
    for (a, depth, _), (b, other_depth, _) in pairs:
        found += [f"{a.name}: {name}" for name in _COMMON if getattr(a, name) != getattr(b, name)]
        found += [f"{a.name}: kind or depth"] if type(a) is not type(b) or depth != other_depth else []
        found += [] if same_raster(a.mask, b.mask) else [f"{a.name}: mask"]
        if isinstance(a, Group) and isinstance(b, Group) and (a.collapsed, a.fill) != (b.collapsed, b.fill):
            found.append(f"{a.name}: collapsed or fill")
        if isinstance(a, Layer) and isinstance(b, Layer):
            found += _layer_differences(a, b)
    return found


_COMMON = ("id", "name", "opacity", "blend", "visible", "locked", "clipping", "color_tag", "seen_by_engine")


def _layer_differences(a: Layer, b: Layer) -> list[str]:
    found = [f"{a.name}: {name}" for name in ("placement", "recipe") if getattr(a, name) != getattr(b, name)]
    found += [] if same_raster(a.pixels, b.pixels) else [f"{a.name}: pixels"]
    covers = ([pixels.cover_array() for pixels in (c.pixels, *(one.pixels for one in c.candidates))] for c in (a, b))
    found += [] if all(map(np.array_equal, *covers)) else [f"{a.name}: cover"]  # None where it is not known
    ours = [(c.placement, c.recipe) for c in a.candidates]
    theirs = [(c.placement, c.recipe) for c in b.candidates]
    same = ours == theirs and all(same_raster(c.pixels, d.pixels) for c, d in zip(a.candidates, b.candidates, strict=True))
    return found if same else [*found, f"{a.name}: candidates"]
