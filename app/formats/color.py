"""Foreign colours into the document's: straight sRGB, 8 bits a channel."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

from ..words import phrase


def _srgb_profile() -> bytes:
    """The sRGB profile that is embedded on export, with a fixed date, so that equal documents make equal files."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes((7, 232, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))  # 2024-01-01 00:00:00, big-endian words
    return bytes(profile)


SRGB = _srgb_profile()
_SAME = 2  # levels: profiles that move no colour by more than this are sRGB under another name


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[np.ndarray, bytes | None, list[str]]:
    """(h, w, 3 or 4) uint8 straight sRGB, the profile that describes it if it names one (None: sRGB), and what was changed.

    image: in any mode that Pillow knows; profile: the ICC profile embedded beside it.
    """
    notes: list[str] = []
    image = _integers(image, notes)
    if image.mode == "CMYK":
        converted, guessed = (
            phrase("The picture was CMYK; its colours were converted to sRGB."),
            phrase("The picture was CMYK; it names no profile, so its colours are a guess."),
        )
        notes.append(converted if profile else guessed)
    if profile and image.mode != "LAB":  # Lab needs no profile: its numbers are absolute
        try:
            return _through_profile(image, profile, notes)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            notes.append(phrase("The colour profile is damaged or of the wrong kind; its colours were taken as sRGB."))
    return np.asarray(_plain(image)), None, notes


def _integers(image: Image.Image, notes: list[str]) -> Image.Image:
    """`image` with 8 bits a channel."""
    if image.mode.startswith("I"):
        notes.append(phrase("The picture had more than 8 bits a channel; they were reduced to 8."))
        levels = np.asarray(image)
        top = 65535 if levels.max(initial=0) <= 65535 else 2**31 - 1
        return Image.fromarray(np.rint(np.clip(levels, 0, top) * (255 / top)).astype(np.uint8))
    if image.mode == "F":
        notes.append(phrase("The picture had floating-point values; 0 to 1 became 8 bits a channel."))
        levels = np.nan_to_num(np.asarray(image))
        return Image.fromarray(np.rint(np.clip(levels, 0, 1) * 255).astype(np.uint8))
    return image


def _plain(image: Image.Image) -> Image.Image:
    """`image` as RGB or RGBA, by Pillow's own conversions."""
    if image.mode in ("RGB", "RGBA"):
        return image.convert("RGBA") if "transparency" in image.info else image
    if image.mode == "LAB":
        return ImageCms.profileToProfile(image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB")
    see_through = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if see_through else "RGB")


def _through_profile(image: Image.Image, profile: bytes, notes: list[str]) -> tuple[np.ndarray, bytes | None, list[str]]:
    source = ImageCms.getOpenProfile(io.BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    name = ImageCms.getProfileDescription(source).strip() or "another colour space"
    if space == "GRAY":
        shade, alpha = _grey_and_alpha(image)
        colors = np.asarray(_converted(shade, source))
        return (colors if alpha is None else np.dstack([colors, alpha])), None, notes
    if space == "CMYK" and image.mode == "CMYK":
        return np.asarray(_converted(image, source)), None, notes
    if space != "RGB" or image.mode in ("CMYK", "LAB"):
        raise ValueError(f"a {space} profile on a picture in {image.mode}")
    plain = _plain(image)
    if is_srgb(source):
        return np.asarray(plain), profile, notes
    notes.append(phrase("The colours were converted from “{name}” to sRGB.", name=name))
    colors = np.asarray(_converted(plain.convert("RGB"), source))
    return (np.dstack([colors, np.asarray(plain)[..., 3]]) if plain.mode == "RGBA" else colors), None, notes


def is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    """Whether the profile says of 125 colours all through the RGB cube what sRGB says."""
    steps = np.linspace(0, 255, 5).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    seen = np.asarray(_converted(Image.fromarray(cube), profile))
    return int(np.abs(seen.astype(int) - cube).max()) <= _SAME


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    return ImageCms.profileToProfile(
        image, source, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )  # fmt: skip


def _grey_and_alpha(image: Image.Image) -> tuple[Image.Image, np.ndarray | None]:
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return image.convert("L"), None
    whole = image.convert("LA") if image.mode != "RGB" else image.convert("L").convert("LA")
    return whole.getchannel(0), np.asarray(whole.getchannel(1))
