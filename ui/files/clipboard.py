"""Layers and pictures to and from other programs: clipboard, and what is dropped on the canvas or dragged out of the panel.

Alpha is kept both ways: pictures travel as PNG. Inside Downstage the layers themselves travel, with masks and candidates.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QMetaType, QMimeData, QObject, QPoint, QSize, QUrl, Signal
from PySide6.QtGui import QCursor, QGuiApplication, QImage, QImageReader
from PySide6.QtWidgets import QMenu, QWidget

from app.document import edits
from app.document.document import Document, Layer, Node, bounds, find, make_layer, walk
from app.document.geometry import EMPTY, Placement, Rect
from app.document.pixels import Pixels
from app.errors import EditError, FileError
from app.formats.foreign import reading
from app.formats.raster import read_picture
from app.render.render import render
from app.session.session import Session

from ..layers.commands import LayerCommands
from ..layers.model import MIME

PNG, FILES = "image/png", "text/uri-list"
IMAGE = "application/x-qt-image"  # what Qt makes the pictures of Windows and macOS from
OPENED = (".downstage", ".psd", ".psb", ".ora")  # files that are documents rather than pictures


class PictureMime(QMimeData):
    """A picture that is only made when somebody asks for it: a large one takes seconds, and most copies stay in this program."""

    def __init__(self, look: Callable[[], np.ndarray], token: bytes = b"") -> None:
        """look: gives (h, w, 4) uint8 straight RGBA. token: which layers it shows, for this program."""
        super().__init__()
        self.look = look
        if token:
            self.setData(MIME, token)

    def formats(self) -> list[str]:
        return [*super().formats(), PNG, IMAGE]

    def hasFormat(self, name: str) -> bool:
        return name in self.formats()

    def retrieveData(self, name: str, kind: QMetaType) -> object:
        if name == PNG:
            return QByteArray(png_of(self.look()))
        if name == IMAGE:
            return _image_of(self.look())
        return super().retrieveData(name, kind)


class LayerMime(QMimeData):
    """Layers for this program, and for others a PNG that is only made when one asks for it."""

    def __init__(self, document: Document, ids: list[str], folder: Callable[[], Path]) -> None:
        """folder: for the file that programs get which take files only."""
        super().__init__()
        self._folder = folder
        self.nodes = tuple(node for node, _, _ in walk(document) if node.id in ids)
        self._document, self._ids = document, ids
        self._png: bytes | None = None
        self.setData(MIME, "\n".join(ids).encode())

    def formats(self) -> list[str]:
        return [MIME, PNG, FILES]

    def hasFormat(self, name: str) -> bool:
        return name in self.formats()

    def retrieveData(self, name: str, kind: QMetaType) -> object:
        if name == PNG:
            return QByteArray(self.png())
        if name == FILES:
            return [QUrl.fromLocalFile(str(self._file()))]
        return super().retrieveData(name, kind)

    def png(self) -> bytes:
        """How the layers look by themselves, on nothing."""
        if self._png is None:
            self._png = png_of(picture_of(self._document, self._ids))
        return self._png

    def _file(self) -> Path:
        name = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in self.nodes[-1].name).strip()
        path = self._folder() / f"{name[:60] or 'layer'}.png"
        path.write_bytes(self.png())
        return path


class Clipboard(QObject):
    """Works on the session of the moment, through LayerCommands."""

    failed = Signal(object)  # ExpectedError
    files_wanted = Signal(list)  # paths to place as layers
    open_wanted = Signal(object)  # a path to open

    def __init__(self, layers: LayerCommands, middle: Callable[[], tuple[float, float]], parent: QWidget) -> None:
        """middle: canvas point in the middle of what the window shows, where pasted pictures go."""
        super().__init__(parent)
        self._layers = layers
        self._middle = middle
        self._dragged: tempfile.TemporaryDirectory | None = None
        self._copied: tuple[Node, ...] = ()
        self._offered: PictureMime | None = None
        self._token = b""

    @property
    def _session(self) -> Session:
        return self._layers.session

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions about the clipboard do."""
        return {"edit.cut": self.cut, "edit.copy": self.copy, "edit.copy_merged": self.copy_merged, "edit.paste": self.paste}

    # Out

    def copy(self) -> None:
        """The chosen layers, as layers and as a picture."""
        if ids := self._layers.chosen():
            document = self._session.document
            self._copied = tuple(edits.outermost(document, ids))
            self._token = "\n".join(ids).encode()
            self._offer(PictureMime(lambda: picture_of(document, ids), self._token))

    def copy_merged(self) -> None:
        """The picture as it is seen."""
        document = self._session.shown
        self._offer(PictureMime(lambda: render(document, document.rect)))

    def _offer(self, mime: PictureMime) -> None:
        self._offered = mime
        QGuiApplication.clipboard().setMimeData(mime)

    def cut(self) -> None:
        if self._layers.free(self._layers.chosen()):
            self.copy()
            self._layers.delete()

    def drag_data(self, ids: list[str]) -> QMimeData:
        """What leaves the panel when layers are dragged."""
        return LayerMime(self._session.document, ids, self._folder)

    def _folder(self) -> Path:
        """Lives as long as the window: a file manager copies from it when the drag is over."""
        self._dragged = self._dragged or tempfile.TemporaryDirectory(prefix="downstage-")
        return Path(self._dragged.name)

    def take_over(self, other: Clipboard) -> None:
        """Paste in another window what was copied there."""
        self._copied, self._token, self._offered, self._dragged = other._copied, other._token, other._offered, other._dragged
        other._offered = other._dragged = None

    def close(self) -> None:
        """Forget the files that were dragged out; a copied picture that nobody has asked for yet is made, to outlive the window."""
        if self._offered is not None and QGuiApplication.clipboard().mimeData() is self._offered:
            QGuiApplication.clipboard().setMimeData(picture_mime(self._offered.look()))
        if self._dragged is not None:
            self._dragged.cleanup()

    # In

    def paste(self) -> None:
        """Layers copied here come back as they were; a picture becomes a layer in the middle of what is seen."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is not None and self._copied and bytes(mime.data(MIME).data()) == self._token:
            self._put(self._copied)
        elif mime is None or not self.take(mime, self._middle()):
            self.failed.emit(EditError(self.tr("The clipboard holds no picture."), self.tr("Copy a layer or a picture first.")))

    def drop(self, mime: QMimeData, at: tuple[float, float]) -> None:
        """What was let go over the canvas."""
        if not self.take(mime, at):
            self.failed.emit(EditError(self.tr("What was dropped holds no picture."), self.tr("Save it as a file first, then drop the file.")))

    def take(self, mime: QMimeData, at: tuple[float, float]) -> bool:
        """A picture becomes a layer with its middle at a canvas point; files are asked about. False: there was nothing."""
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if paths:
            self._ask(paths)
            return True
        array = picture_in(mime)
        if array is None:
            return False
        place = Placement(round(at[0] - array.shape[1] / 2), round(at[1] - array.shape[0] / 2))
        self._put((make_layer(self.tr("Pasted"), Pixels.from_array(array), place),))
        return True

    def _ask(self, paths: list[Path]) -> None:
        """A document is opened; of a picture the user says whether it is one more layer or the next document."""
        if len(paths) == 1 and paths[0].suffix.lower() == OPENED[0]:
            self.open_wanted.emit(paths[0])
            return
        self.menu = QMenu(self.parent())
        words = self.tr("Place as a Layer") if len(paths) == 1 else self.tr("Place {count} Files as Layers").format(count=len(paths))
        self.menu.addAction(words, lambda: self.files_wanted.emit(paths))
        self.menu.addAction(self.tr("Open “{name}”").format(name=paths[0].name), lambda: self.open_wanted.emit(paths[0]))
        self.menu.popup(QCursor.pos() + QPoint(2, 2))

    def _put(self, nodes: tuple[Node, ...]) -> None:
        """Above the active layer, in one step."""
        fresh = tuple(edits.with_fresh_ids(node) for node in nodes)

        def edit(document: Document) -> Document:
            above = self._session.active
            for node in fresh:
                document, above = edits.add_layer(document, node, above), node.id
            return document

        if self._layers.commit(self.tr("Paste"), edit, active=fresh[-1].id):
            self._layers.chosen_wanted.emit([node.id for node in fresh], fresh[-1].id)


def picture_of(document: Document, ids: list[str]) -> np.ndarray:
    """(h, w, 4) uint8 straight RGBA: these layers by themselves, shown or hidden, without what lies below; nothing is cut off."""
    nodes = [replace(node, visible=True, clipping=False) for id in ids if (node := find(document, id))]
    area = EMPTY
    for node in nodes:
        area = area.unite(bounds(node))
    if area.is_empty:
        area = Rect(0, 0, 1, 1)
    if isinstance(nodes[0], Layer) and nodes[0].blend != "normal":
        nodes[0] = replace(nodes[0], blend="normal")  # there is nothing below to blend with
    return render(replace(document, layers=tuple(nodes)), area)


def png_of(array: np.ndarray) -> bytes:
    """(h, w, 4) uint8 straight RGBA -> a PNG file."""
    out = io.BytesIO()
    Image.fromarray(array, "RGBA").save(out, "PNG", compress_level=1)
    return out.getvalue()


def picture_mime(array: np.ndarray) -> QMimeData:
    """(h, w, 4) uint8 straight RGBA as PNG, and as what the clipboards of Windows and macOS are made of."""
    mime = QMimeData()
    mime.setData(PNG, png_of(array))
    mime.setImageData(_image_of(array))
    return mime


def _image_of(array: np.ndarray) -> QImage:
    array = np.ascontiguousarray(array)
    return QImage(array.data, array.shape[1], array.shape[0], array.shape[1] * 4, QImage.Format.Format_RGBA8888).copy()


def picture_on_clipboard() -> np.ndarray | None:
    """(h, w, 3 or 4) uint8 straight sRGB, or None."""
    mime = QGuiApplication.clipboard().mimeData()
    if isinstance(mime, PictureMime):
        return mime.look()
    return picture_in(mime) if mime is not None else None


def size_on_clipboard() -> tuple[int, int] | None:
    """Width and height of the picture there, or None; another program's is not unpacked for it."""
    mime = QGuiApplication.clipboard().mimeData()
    if isinstance(mime, PictureMime):
        height, width = mime.look().shape[:2]
        return width, height
    if mime is None or not mime.hasFormat(PNG):
        size = mime.imageData().size() if mime is not None and isinstance(mime.imageData(), QImage) else QSize()
    else:
        data = QBuffer()
        data.setData(mime.data(PNG))
        size = QImageReader(data, b"png").size()
    return (size.width(), size.height()) if size.isValid() and not size.isEmpty() else None


def picture_in(mime: QMimeData) -> np.ndarray | None:
    """(h, w, 3 or 4) uint8 straight sRGB of the picture that another program offers, or None. PNG first: it keeps alpha exactly."""
    if mime.hasFormat(PNG):
        name = Path("clipboard")
        try:
            with reading(name):
                return read_picture(io.BytesIO(bytes(mime.data(PNG).data())), name, ("PNG",)).pixels
        except FileError:
            return None
    image = mime.imageData() if mime.hasImage() else None
    if not isinstance(image, QImage) or image.isNull():
        return None
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()
