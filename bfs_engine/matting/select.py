"""Selecting a thing in a picture by a box, by clicks, or both: GrabCut (Rother et al., 2004, as in OpenCV) from an ellipse in the box.

It looks at the box and some of its surroundings, small at first, then again along the edge at up to twice that size; the mask is carried to the
picture's own size with the picture as its guide (He et al., Guided Image Filtering, 2010). No network, well under half a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from .. import lift
from ..api import Box, EngineError, Selection
from ..words import phrase

WORK = 176  # pixels of the longer side at which GrabCut looks first
FINE = 352  # … and along the edge
ROUNDS, FINE_ROUNDS = 5, 1
MARGIN = 0.1  # of the box's longer side: surroundings that are surely not the thing
PROBABLE, SURE = 1.4, 0.05  # squared radii of the ellipses in the box that are probably and surely the thing
OTHERS = (0.75, 0.45)  # the same of further candidates
CLICK = 0.03  # of the longer side: what a click is sure of, its radius
REACHES = (0.9, 0.5, 0.25)  # of the picture's shorter side, around a lone click
LEAST_PART = 0.05  # of the largest part: smaller ones are specks

Point = tuple[float, float, bool]


def select(picture: np.ndarray, box: Box | None = None, points: Sequence[Point] = (), near: np.ndarray | None = None,
           more: bool = True) -> Selection:
    """Masks of the thing in (h, w, 3) uint8, (h, w) uint8 of 0 and 255, the likeliest first.

    points: x, y, whether that is the thing. near: (h, w) uint8, the mask so far, which clicks correct. more: look for further
    candidates too; else the first mask comes sooner. Raises EngineError where there is neither
    box, click nor mask, or nothing is found.
    """
    height, width = picture.shape[:2]
    if box is None and near is not None and near.any():
        seen = lift.bounds(near >= 128)
        if seen is not None:
            more_room = round(0.2 * max(seen.width, seen.height))
            box = Box(seen.x - more_room, seen.y - more_room, seen.width + 2 * more_room, seen.height + 2 * more_room)
    if box is not None:
        starts = [_Start(_clipped(box, width, height), points, near)]
        if near is None and not points:
            starts += [_Start(starts[0].box, points, None, share) for share in OTHERS]
    else:
        starts = [_Start(_about(points, share, width, height), points, None, free=True) for share in REACHES]
    found = (mask for mask in (_found(picture, start) for start in starts) if mask is not None)
    masks = _different(list(found if more else islice(found, 1)))
    if not masks:
        raise EngineError(phrase("Nothing stands out from its ground there."), phrase("Draw a closer box, or click on the thing."))
    return Selection(tuple(masks), tuple(_contrast(picture, mask) for mask in masks))


@dataclass(frozen=True, eq=False)
class _Start:
    """What one attempt begins with. probable: the squared radius of the ellipse that is probably the thing. free: the thing may reach to
    the box's edge and no further surroundings are shown, because the box is a guess around a click."""

    box: Box
    points: Sequence[Point]
    near: np.ndarray | None
    probable: float = PROBABLE
    free: bool = False


def _found(picture: np.ndarray, start: _Start) -> np.ndarray | None:
    """(h, w) uint8 mask of one attempt, None where nothing is left of it."""
    view = _view(start, picture.shape[1], picture.shape[0])
    seen = picture[view]
    labels = _labels(start, view, _scaled(seen, WORK).shape[:2])
    labels = _cut(_scaled(seen, WORK), labels, ROUNDS)
    mask = _whole(labels, start.free)
    if not mask.any():
        return None
    mask = _refined(seen, mask, labels)
    if not mask.any():
        return None
    found = np.zeros(picture.shape[:2], np.uint8)
    found[view] = np.where(mask, 255, 0)
    return found


def _labels(start: _Start, view: tuple[slice, slice], size: tuple[int, int]) -> np.ndarray:
    """What GrabCut begins with, of the small size (h, w)."""
    rows, columns = view
    y_scale, x_scale = size[0] / (rows.stop - rows.start), size[1] / (columns.stop - columns.start)
    y, x = np.mgrid[: size[0], : size[1]]
    left, top = (start.box.x - columns.start) * x_scale, (start.box.y - rows.start) * y_scale
    wide, high = max(start.box.width * x_scale, 1), max(start.box.height * y_scale, 1)
    inside = (x + 0.5 >= left) & (x + 0.5 <= left + wide) & (y + 0.5 >= top) & (y + 0.5 <= top + high)
    radius = ((x + 0.5 - left - wide / 2) / (wide / 2)) ** 2 + ((y + 0.5 - top - high / 2) / (high / 2)) ** 2
    if start.free:
        near = min((p for p in start.points if p[2]), default=start.points[0])
        radius = ((x - (near[0] - columns.start) * x_scale) ** 2 + (y - (near[1] - rows.start) * y_scale) ** 2) / (0.25 * max(size)) ** 2
        labels = np.where(radius < 1, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
        edge = np.ones(size, bool)
        edge[2:-2, 2:-2] = False
        labels[edge] = cv2.GC_BGD
    elif start.near is not None:
        so_far = cv2.resize(start.near[view], size[::-1], interpolation=cv2.INTER_AREA) >= 128
        labels = np.where(so_far, cv2.GC_PR_FGD, np.where(inside | lift.grown(so_far, 6), cv2.GC_PR_BGD, cv2.GC_BGD))
    else:
        labels = np.where(radius < start.probable, cv2.GC_PR_FGD, np.where(inside, cv2.GC_PR_BGD, cv2.GC_BGD))
        if not start.points:
            labels[radius < SURE] = cv2.GC_FGD
    sure = (CLICK * max(size)) ** 2
    far = [(x - (px - columns.start) * x_scale) ** 2 + (y - (py - rows.start) * y_scale) ** 2 for px, py, _ in start.points]
    if start.near is not None:  # around a correcting click the mask so far is in doubt
        for (_, _, is_thing), distance in zip(start.points, far, strict=True):
            labels[(distance <= 16 * sure) & (is_thing | (labels != cv2.GC_BGD))] = cv2.GC_PR_FGD if is_thing else cv2.GC_PR_BGD
    for (_, _, is_thing), distance in zip(start.points, far, strict=True):
        labels[distance <= sure] = cv2.GC_FGD if is_thing else cv2.GC_BGD
    return labels.astype(np.uint8)


def _cut(picture: np.ndarray, labels: np.ndarray, rounds: int) -> np.ndarray:
    """GrabCut; the labels as they are where all are of one side."""
    thing = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if thing.all() or not thing.any():
        return labels
    cv2.setRNGSeed(0)  # its clusters begin by chance; the same picture shall give the same thing
    cv2.grabCut(picture, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)
    return labels


def _whole(labels: np.ndarray, clicked_only: bool) -> np.ndarray:
    """The mask without specks and small holes; what was clicked on stays in it, after a lone click only that part."""
    mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    count, parts, numbers, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count > 1:
        areas = numbers[1:, cv2.CC_STAT_AREA]
        clicked, large = np.unique(parts[labels == cv2.GC_FGD]), 1 + np.flatnonzero(areas >= LEAST_PART * areas.max())
        mask = np.isin(parts, clicked if clicked_only and clicked.size else np.union1d(clicked, large))
    outside, parts, numbers, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    small = [k for k in range(1, outside) if numbers[k, cv2.CC_STAT_AREA] < 0.01 * mask.sum()]
    return mask | np.isin(parts, small) if small else mask


def _refined(seen: np.ndarray, mask: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mask at the size of (h, w, 3): looked at again along its edge, then guided by the picture."""
    fine = _scaled(seen, FINE)
    if max(fine.shape) > max(mask.shape):
        soft = cv2.resize(mask.astype(np.float32), fine.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        large = cv2.resize(labels, fine.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        reach = 3
        again = np.where(soft > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        again[lift.shrunk(soft > 0.5, reach)] = cv2.GC_FGD
        again[~lift.grown(soft > 0.5, reach)] = cv2.GC_BGD
        again[large == cv2.GC_FGD] = cv2.GC_FGD
        again[(large == cv2.GC_BGD) & (soft < 0.5)] = cv2.GC_BGD
        mask = np.isin(_cut(fine, again, FINE_ROUNDS), (cv2.GC_FGD, cv2.GC_PR_FGD))
    if mask.shape == seen.shape[:2]:
        return mask
    soft = cv2.resize(mask.astype(np.float32), seen.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return guided(seen, soft, max(2, round(2 * max(seen.shape) / max(mask.shape)))) > 0.5


def guided(picture: np.ndarray, mask: np.ndarray, reach: int) -> np.ndarray:
    """A soft mask (h, w) float with its edge drawn to the picture's: the guided filter with the picture's brightness."""
    size = (2 * reach + 1,) * 2
    guide = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    mean_g, mean_m = cv2.blur(guide, size), cv2.blur(mask, size)
    slope = (cv2.blur(guide * mask, size) - mean_g * mean_m) / (cv2.blur(guide * guide, size) - mean_g**2 + 1e-3)
    return cv2.blur(slope, size) * guide + cv2.blur(mean_m - slope * mean_g, size)


def _contrast(picture: np.ndarray, mask: np.ndarray) -> float:
    """How clearly the mask's edge is one of the picture's, 0..1: the mean difference of colours across it."""
    view = _crop(lift.bounds(mask) or Box(0, 0, mask.shape[1], mask.shape[0]), 0.1, mask.shape[1], mask.shape[0])
    seen = _scaled(picture[view], WORK).astype(np.float32)
    inside = cv2.resize(mask[view], seen.shape[1::-1], interpolation=cv2.INTER_AREA) >= 128
    within, without = cv2.blur(seen * inside[..., None], (5, 5)), cv2.blur(seen * ~inside[..., None], (5, 5))
    share = cv2.blur(inside.astype(np.float32), (5, 5))
    edge = (share > 0.2) & (share < 0.8)
    if not edge.any():
        return 0.0
    difference = np.abs(within[edge] / share[edge][:, None] - without[edge] / (1 - share[edge])[:, None])
    return round(float(np.clip(difference.max(axis=1).mean() / 128, 0, 1)), 3)


def _different(masks: Sequence[np.ndarray]) -> list[np.ndarray]:
    kept: list[np.ndarray] = []
    for mask in masks:
        if all((mask & other).astype(bool).sum() < 0.95 * (mask | other).astype(bool).sum() for other in kept):
            kept.append(mask)
    return kept


def _scaled(picture: np.ndarray, side: int) -> np.ndarray:
    """Shrunk to a longer side of at most `side`."""
    scale = min(1.0, side / max(picture.shape[:2]))
    size = max(round(picture.shape[1] * scale), 4), max(round(picture.shape[0] * scale), 4)
    return cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)


def _view(start: _Start, width: int, height: int) -> tuple[slice, slice]:
    box = start.box
    for x, y, _ in start.points:
        box = _with(box, min(max(x, 0), width - 1), min(max(y, 0), height - 1))
    return _crop(box, 0 if start.free else MARGIN, width, height)


def _crop(box: Box, margin: float, width: int, height: int) -> tuple[slice, slice]:
    more = round(margin * max(box.width, box.height))
    return slice(max(box.y - more, 0), min(box.bottom + more, height)), slice(max(box.x - more, 0), min(box.right + more, width))


def _with(box: Box, x: float, y: float) -> Box:
    left, top = min(box.x, int(x)), min(box.y, int(y))
    return Box(left, top, max(box.right, int(x) + 1) - left, max(box.bottom, int(y) + 1) - top)


def _clipped(box: Box, width: int, height: int) -> Box:
    left, top = (min(max(start, 0), end - 1) for start, end in ((box.x, width), (box.y, height)))
    return Box(left, top, max(min(box.right, width) - left, 1), max(min(box.bottom, height) - top, 1))


def _about(points: Sequence[Point], share: float, width: int, height: int) -> Box:
    inside = [point for point in points if point[2]]
    if not inside:
        raise EngineError(phrase("Nothing is selected."), phrase("Draw a box around the thing, or click on it."))
    side = round(share * min(width, height))
    x, y = (sum(point[k] for point in inside) / len(inside) for k in (0, 1))
    return _clipped(Box(int(x - side / 2), int(y - side / 2), side, side), width, height)
