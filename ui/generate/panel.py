"""The panel in which the user says what should stand in the box."""

from __future__ import annotations

import random

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.config.presets import Preset
from bfs_engine.api import POSES
from ui.theme import Icons

from ..widgets.fields import Decimal, Whole, dressed
from ..widgets.lines import Lines
from .references import ReferenceRow

LARGEST_SEED = 2**31 - 1
REMEMBERED = 50  # prompts
MOST_CANDIDATES = 8  # of one request
SQUARE = 30  # logical pixels: the buttons beside the prompt and beside “Generate”
MODEL_WIDTH = 150  # logical pixels of the model's name


class ThingCompleter(QCompleter):
    """Completes the name after colours and sizes: “small red ca” becomes “small red car”."""

    adjectives: frozenset[str] = frozenset()
    _before = ""

    def splitPath(self, path: str) -> list[str]:
        """What of the prompt is looked for among the names."""
        words = path.split(" ")
        start = next((at for at, word in enumerate(words[:-1]) if word.lower() not in self.adjectives), len(words) - 1)
        self._before = "".join(word + " " for word in words[:start])
        return [" ".join(words[start:])]

    def pathFromIndex(self, index: QModelIndex) -> str:
        """The whole prompt for a name of the list."""
        return self._before + super().pathFromIndex(index)


class GeneratePanel(QWidget):
    """Prompt, seed and settings of the next request; it knows nothing of engines and documents.

    It is as high while a job runs as before and after: what lies below it is not to move under the pointer.
    """

    submitted = Signal(bool)  # at the front of the queue?
    cancelled = Signal()
    things_wanted = Signal()
    model_wanted = Signal()
    left = Signal()  # Esc in the prompt

    def __init__(self, icons: Icons, prompts: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self._icons = icons
        self._remembered = [prompt for prompt in prompts if isinstance(prompt, str)]  # oldest first
        self._recalled = len(self._remembered)
        self._names = QStringListModel(self)
        self._build_prompt()
        self._build_settings()
        self._build_run()
        self._lay_out()
        self.retint()
        self.show_box("")
        self.show_progress(None, "")

    # What the request needs

    @property
    def text(self) -> str:
        return self.prompt.text().strip()

    @property
    def steps(self) -> int | None:
        """None: the model's own choice."""
        return self._steps.value() or None

    @property
    def guidance(self) -> float | None:
        return self._guidance.value() or None

    @property
    def candidates(self) -> int:
        """How many results of one request are wanted."""
        return self._candidates.value()

    @property
    def pose(self) -> str:
        """One of bfs_engine.api.POSES."""
        return self._pose.currentData()

    @property
    def occluded(self) -> bool:
        """Whether the engine is to see what stands in front of the new layer."""
        return self._occluded.isChecked()

    def preset(self) -> Preset:
        """What the panel says now, without a name."""
        seed = self.seed.value() if self.seed_lock.isChecked() else None
        return Preset("", self.text, self.steps, self.guidance, self.candidates, seed, self.occluded)

    def take(self, preset: Preset) -> None:
        """Say what the preset says; its seed is locked, where it has none a fresh one is drawn each time."""
        self.set_prompt(preset.prompt)
        self._steps.setValue(preset.steps or 0)
        self._guidance.setValue(preset.guidance or 0)
        self._candidates.setValue(preset.candidates)
        self._occluded.setChecked(preset.occluded)
        self.seed_lock.setChecked(preset.seed is not None)
        if preset.seed is not None:
            self.seed.setValue(preset.seed)

    def take_over(self, other: GeneratePanel) -> None:
        """Say what the panel of another window says."""
        self.take(other.preset())
        self.seed.setValue(other.seed.value())
        self._fold.setChecked(other._fold.isChecked())

    def take_typed(self) -> None:
        """What stands in the number fields holds, though Enter was not pressed there."""
        for field in (self.seed, self._candidates, self._steps, self._guidance):
            field.interpretText()

    def take_seed(self) -> int:
        """The seed for a new request: the locked one, or a fresh one that the field then shows."""
        if not self.seed_lock.isChecked():
            self.draw_seed()
        return self.seed.value()

    def draw_seed(self) -> None:
        self.seed.setValue(self.fresh_seed())

    def fresh_seed(self) -> int:
        return random.randrange(1, LARGEST_SEED)

    def remember_prompt(self) -> None:
        """Put the prompt at the end of the history, once."""
        self._remembered = [text for text in self._remembered if text != self.text][-REMEMBERED + 1 :] + [self.text]
        self._recalled = len(self._remembered)

    @property
    def remembered(self) -> list[str]:
        return list(self._remembered)

    def recall(self, direction: int) -> None:
        """Show the previous (-1) or next (+1) prompt of the history."""
        if not self._remembered:
            return
        self._recalled = min(max(self._recalled + direction, 0), len(self._remembered))
        self.set_prompt("" if self._recalled == len(self._remembered) else self._remembered[self._recalled])

    def set_prompt(self, text: str) -> None:
        self.prompt.setText(text)
        self.close_completions()

    def close_completions(self) -> None:
        """The words offered under the prompt are in the way once something has been asked for."""
        self._completer.popup().hide()

    def set_recipe(self, recipe: dict) -> None:
        """Fill the fields from a layer's recipe."""
        self.set_prompt(str(recipe.get("prompt", "")))
        self.seed.setValue(int(recipe.get("seed") or 0))
        self.seed_lock.setChecked(True)
        self._steps.setValue(int(recipe.get("steps") or 0))
        self._guidance.setValue(float(recipe.get("guidance") or 0))
        self._occluded.setChecked("occluders_sha256" in recipe)
        self._pose.setCurrentIndex(max(0, self._pose.findData(recipe.get("pose", "auto"))))

    def set_things(self, names: tuple[str, ...], adjectives: frozenset[str] = frozenset()) -> None:
        """The vocabulary for the completer, with words that may stand before a name; empty: any words will do."""
        self._completer.adjectives = adjectives | {"a", "an", "the"}
        self._names.setStringList(sorted(names))
        self._things.setVisible(bool(names))
        if names and self.text and self.prompt.hasFocus() and self.prompt.isModified():
            self._completer.setCompletionPrefix(self.prompt.text())
            self._completer.complete()  # who typed before the words were read has waited for them

    def show_model(self, name: str) -> None:
        """Say which model makes the layers."""
        self.model.setText(self.model.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, MODEL_WIDTH))
        self.model.setToolTip(self.tr("{name} makes the layers; click to choose another model").format(name=name))
        self.run.setToolTip(self.tr("Generate a layer in the box with {name} (Ctrl+Enter)").format(name=name))

    # What is going on

    def show_box(self, words: str, depth: str = "") -> None:
        """Say which box the prompt is for; empty: there is none yet. depth: where among the layers the new one will lie."""
        box = words or self.tr("Draw a box on the picture first (G).")
        self._box.setText(f"{box}\n{depth}" if depth else box)

    def show_progress(self, share: float | None, words: str) -> None:
        """share: 0 to 1 of the running job, or None where nothing runs."""
        self._progress.setVisible(share is not None)
        self._cancel.setEnabled(share is not None)
        self._progress.setValue(round((share or 0) * 1000))
        self._progress.setToolTip(words)

    # Building

    def _build_prompt(self) -> None:
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText(self.tr("What should stand in the box?"))
        self.prompt.setAccessibleName(self.tr("Prompt"))
        self.prompt.setClearButtonEnabled(True)
        self.prompt.setFixedHeight(SQUARE)
        self.prompt.installEventFilter(self)
        self.prompt.returnPressed.connect(lambda: self.submitted.emit(False))
        self._completer = ThingCompleter(self._names, self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._completer.setMaxVisibleItems(9)
        self._completer.popup().setObjectName("completions")
        self.prompt.setCompleter(self._completer)
        self._things = QToolButton()
        self._things.setToolTip(self.tr("What the model knows"))
        self._things.setAccessibleName(self.tr("What the model knows"))
        self._things.setFixedSize(SQUARE, SQUARE)
        self._things.clicked.connect(self.things_wanted)
        self._things.hide()
        self.reference = ReferenceRow(self._icons)
        self.reference.choose.setFixedSize(SQUARE, SQUARE)
        self._box = Lines(2)
        self._box.setObjectName("muted")

    def _build_settings(self) -> None:
        self.seed = dressed(Whole(), self.tr("Seed"), arrows=False)
        self.seed.setRange(0, LARGEST_SEED)
        self.draw_seed()
        self.seed_lock = QToolButton()
        self.seed_lock.setCheckable(True)
        self.seed_lock.setToolTip(self.tr("Keep this seed for the next layers"))
        self.seed_lock.setAccessibleName(self.tr("Lock the seed"))
        self.seed_lock.toggled.connect(lambda _on: self.retint())
        self._dice = QToolButton()
        self._dice.setToolTip(self.tr("Draw another seed"))
        self._dice.setAccessibleName(self.tr("Draw another seed"))
        self._dice.clicked.connect(self.draw_seed)
        self._candidates = dressed(Whole(), self.tr("Candidates"))
        self._candidates.setRange(1, MOST_CANDIDATES)
        self._candidates.setPrefix("× ")
        self._candidates.setFixedWidth(64)
        self._candidates.setToolTip(self.tr("How many results to choose from; all of them are kept in the layer"))
        self._steps = dressed(Whole(), self.tr("Steps"))
        self._steps.setRange(0, 100)
        self._guidance = dressed(Decimal(), self.tr("Guidance"))
        self._guidance.setRange(0, 20)
        self._guidance.setSingleStep(0.25)
        self._guidance.setDecimals(2)
        for field in (self._steps, self._guidance):
            field.setSpecialValueText(self.tr("Model's choice"))
        self._pose = QComboBox()
        for name, shown in zip(POSES, (self.tr("As the picture says"), self.tr("Stands on the ground"), self.tr("Hangs"), self.tr("Flies")), strict=True):
            self._pose.addItem(shown, name)
        self._pose.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._pose.setMinimumContentsLength(5)
        self._pose.view().setMinimumWidth(180)
        self._pose.setAccessibleName(self.tr("Where the thing is"))
        self._pose.setToolTip(self.tr("What stands throws a shadow on the ground; what hangs or flies throws none into the picture"))
        self._occluded = QCheckBox(self.tr("The engine sees the layers in front"))
        self._occluded.setToolTip(self.tr("What stands in front stays in front. The engine sees it too, and makes the new layer whole behind it."))
        self.presets = QToolButton()
        self.presets.setText(self.tr("Presets"))
        self.presets.setToolTip(self.tr("Settings that you have given a name, and earlier prompts"))
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.model = QPushButton()
        self.model.setObjectName("choice")
        self.model.setAccessibleName(self.tr("Model"))
        self.model.clicked.connect(lambda _checked=False: self.model_wanted.emit())
        self._fold = QPushButton(self.tr("Settings"))
        self._fold.setObjectName("link")
        self._fold.setCheckable(True)
        self._fold.toggled.connect(self._unfold)
        self._folded = QWidget()
        self._folded.hide()

    def _build_run(self) -> None:
        self.run = QPushButton(self.tr("Generate"))
        self.run.setObjectName("primary")
        self.run.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.run.clicked.connect(lambda: self.submitted.emit(False))
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Progress of the running job"))
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(policy)
        self._cancel = QToolButton()
        self._cancel.setToolTip(self.tr("Cancel the running job"))
        self._cancel.setAccessibleName(self.tr("Cancel the running job"))
        self._cancel.setFixedSize(SQUARE, SQUARE)
        self._cancel.clicked.connect(self.cancelled)

    def _lay_out(self) -> None:
        for button in (self.seed_lock, self._dice, self._cancel):
            button.setIconSize(QSize(16, 16))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 6)
        column.setSpacing(5)
        column.addLayout(_row(4, self.prompt, self._things, self.reference.choose))
        column.addWidget(self.reference)
        column.addWidget(self._box)
        run = QVBoxLayout()
        run.setSpacing(3)
        run.addLayout(_row(4, self.run, self._candidates, self._cancel))
        run.addWidget(self._progress)
        column.addLayout(run)
        links = _row(4, self._fold, None, self.seed_lock, self.presets)
        links.setContentsMargins(0, 0, -4, 0)  # the words of the last one end where the fields do
        column.addLayout(links)
        column.addWidget(self._folded)
        column.addStretch(1)
        more = QFormLayout(self._folded)
        more.setContentsMargins(0, 0, 0, 4)
        more.setHorizontalSpacing(12)
        more.setVerticalSpacing(6)
        more.addRow(self.tr("Seed"), _row(2, self.seed, self._dice, self._pose))
        more.addRow(self.tr("Steps"), self._steps)
        more.addRow(self.tr("Guidance"), self._guidance)
        more.addRow(self.tr("Model"), self.model)
        more.addRow(self._occluded)

    def _unfold(self, open_: bool) -> None:
        self._folded.setVisible(open_)
        self.retint()

    def retint(self) -> None:
        """Take the theme's colours."""
        theme = self._icons.theme
        self.reference.retint()
        self._things.setIcon(self._icons.icon("things"))
        self._dice.setIcon(self._icons.icon("dice"))
        self._cancel.setIcon(self._icons.icon("cancel"))
        self.seed_lock.setIcon(self._icons.icon("lock" if self.seed_lock.isChecked() else "unlock"))
        self.run.setIcon(self._icons.icon("generate", theme.accent_text))
        self._fold.setIcon(self._icons.icon("chevron-down" if self._fold.isChecked() else "chevron-right", theme.muted))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.prompt and event.type() == QEvent.Type.KeyPress and self._key(event):
            return True
        if watched is self.prompt and event.type() in (QEvent.Type.DragEnter, QEvent.Type.Drop) and event.mimeData().hasUrls():
            event.ignore()  # a file dropped on the words is a reference too, not the words of its path
            return True
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.reference.dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.reference.dropEvent(event)

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return True
        direction = {Qt.Key.Key_Up.value: -1, Qt.Key.Key_Down.value: 1}.get(event.key(), 0)
        if not direction or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier != Qt.KeyboardModifier.AltModifier:
            return False
        self.recall(direction)
        return True


def _row(spacing: int, *widgets: QWidget | None) -> QHBoxLayout:
    """Side by side; the first takes the room that is left, or a gap where None stands."""
    row = QHBoxLayout()
    row.setSpacing(spacing)
    for at, widget in enumerate(widgets):
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget, 1 if at == 0 and None not in widgets else 0)
    return row
