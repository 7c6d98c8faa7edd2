"""The page of the first moment: open something, go on with a recent file, or try a sample picture."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.config.samples import Sample
from app.config.settings import Settings
from ui.theme import Icons

PICTURE = QSize(176, 118)  # logical pixels of a sample
WIDTH = 640
_DATA = Qt.ItemDataRole.UserRole


class Welcome(QFrame):
    """Lies over a widget until something is chosen or Esc is pressed."""

    open_wanted = Signal()
    new_wanted = Signal()
    chosen = Signal(object)  # Path of a recent file, or of one that was dropped here
    sample_chosen = Signal(object)  # Sample

    def __init__(self, icons: Icons, settings: Settings, samples: tuple[Sample, ...], over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("welcome")
        self.setAccessibleName(self.tr("Welcome"))
        self.setAcceptDrops(True)
        over.installEventFilter(self)
        self._icons, self._settings = icons, settings
        self.new = QPushButton(self.tr("New…"))
        self.new.setToolTip(self.tr("An empty picture of any size"))
        self.new.clicked.connect(self.new_wanted)
        self.open = QPushButton(self.tr("Open a Picture or Project…"))
        self.open.setObjectName("primary")
        self.open.clicked.connect(self.open_wanted)
        self.close_button = QPushButton(self.tr("To the Editor"))
        self.close_button.setToolTip(self.tr("Close this page (Esc)"))
        self.close_button.clicked.connect(self.hide)
        self.recent = QListWidget()
        self.recent.setAccessibleName(self.tr("Recent files"))
        self.samples = QListWidget()
        self.samples.setAccessibleName(self.tr("Sample pictures"))
        self.always = QCheckBox(self.tr("Show this page at the start"))
        self.always.setChecked(settings.get("welcome", True))
        self.always.toggled.connect(lambda on: settings.set("welcome", on))
        self._fill_samples(samples)
        self._lay_out()
        for listed, signal in ((self.recent, self.chosen), (self.samples, self.sample_chosen)):
            listed.itemActivated.connect(lambda item, signal=signal: self._choose(item, signal))
            listed.itemClicked.connect(lambda item, signal=signal: self._choose(item, signal))
        self.hide()

    def _fill_samples(self, samples: tuple[Sample, ...]) -> None:
        self.samples.setViewMode(QListView.ViewMode.IconMode)
        self.samples.setMovement(QListView.Movement.Static)
        self.samples.setIconSize(PICTURE)
        self.samples.setSpacing(6)
        self.samples.setFixedHeight(PICTURE.height() + 50)
        for sample in samples:
            picture = QPixmap(str(sample.path)).scaled(
                PICTURE, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
            )
            item = QListWidgetItem(QIcon(picture.copy(0, 0, PICTURE.width(), PICTURE.height())), sample.title)
            item.setToolTip(sample.credit)
            item.setData(_DATA, sample)
            self.samples.addItem(item)

    def _lay_out(self) -> None:
        title = QLabel("Downstage")
        title.setObjectName("title")
        words = QLabel(self.tr("Draw a box on a picture, say what should stand there, and get it as a layer with its shadow."))
        words.setObjectName("muted")
        words.setWordWrap(True)
        buttons = QHBoxLayout()
        for widget in (self.open, self.new, self.close_button):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        column = QVBoxLayout(inner)
        column.setSpacing(10)
        column.addStretch(1)
        column.addWidget(title)
        column.addWidget(words)
        column.addLayout(buttons)
        self._recent_title = _caption(self.tr("Recent files"))
        for widget in (self._recent_title, self.recent, _caption(self.tr("Sample pictures")), self.samples, self.always):
            column.addWidget(widget)
        column.addStretch(2)
        page = QWidget()
        row = QHBoxLayout(page)
        row.addStretch(1)
        row.addWidget(inner, WIDTH)  # takes all the room up to its greatest width
        row.addStretch(1)
        shown = QScrollArea()  # for windows that are lower than the page
        shown.setObjectName("bare")
        shown.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        shown.setWidgetResizable(True)
        shown.setWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(shown)

    def open_page(self) -> None:
        """Show it, with the files that still exist."""
        self.recent.clear()
        for path in [path for path in self._settings.recent if os.path.exists(path)][:8]:
            item = QListWidgetItem(self._icons.icon("image"), f"{path.name}    {path.parent}")
            item.setData(_DATA, path)
            item.setToolTip(str(path))
            self.recent.addItem(item)
        rows = self.recent.count()
        for widget in (self._recent_title, self.recent):
            widget.setVisible(rows > 0)
        self.recent.setFixedHeight(rows * max(self.recent.sizeHintForRow(0), 20) + 8)
        self._cover()
        self.show()
        self.samples.doItemsLayout()  # measured again: the style sheet has its margins only now
        self.raise_()
        self.open.setFocus()

    def _choose(self, item: QListWidgetItem, signal: Signal) -> None:
        if not self.isHidden():  # a click may also be an activation
            self.hide()
            signal.emit(item.data(_DATA))

    def _cover(self) -> None:
        self.setGeometry(self.parentWidget().rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._cover()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QEvent) -> None:
        self.parentWidget().setFocus()
        super().hideEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.hide()
        self.chosen.emit(paths[0])


def _caption(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("caption")
    return label
