"""What the user can do to get layers: from the panel, the box and the active layer to a request, and what is said when not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.config.settings import Settings
from app.document.document import Layer
from app.document.effects import split_effects
from app.errors import ExpectedError
from app.session.references import Reference, from_recipe, of_box, of_file, of_layer
from app.session.taking import shows_below
from app.tools.tools import as_engine_box
from app.words import phrase
from bfs_engine.api import Box, EngineError, UnknownPrompt

from ..canvas.tool_desk import ToolDesk
from ..widgets.dialogs import ThingsDialog
from ..widgets.message_bar import MessageBar
from ..window.surroundings import Vocabulary
from .generation import Generation
from .panel import GeneratePanel
from .presets import Presets

VARIATIONS = 4  # candidates of one “Vary”


class GenerateCommands(QObject):
    """Works on the session that `generation` works on."""

    failed = Signal(object)  # an error to be told
    prompt_wanted = Signal()  # the user should type
    asked = Signal()  # a request is on its way

    def __init__(
        self, window: QWidget, panel: GeneratePanel, desk: ToolDesk, generation: Generation, messages: MessageBar, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window, self._panel, self._desk, self._generation = window, panel, desk, generation
        self._messages, self._settings = messages, settings
        self._vocabulary: Vocabulary | None = None
        generation.failed.connect(self._refused)
        generation.told.connect(messages.say)
        self._reference: Reference | None = None
        self.presets = Presets(window, panel, settings.folder / "presets.json")
        self.presets.failed.connect(self.failed)
        panel.submitted.connect(self.run)
        panel.things_wanted.connect(self.open_things)
        row = panel.reference
        row.file_wanted.connect(self.ask_reference)
        row.layer_wanted.connect(self.reference_from_layer)
        row.box_wanted.connect(self.reference_from_box)
        row.cleared.connect(lambda: self.set_reference(None))
        row.dropped.connect(self.reference_from_file)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """What the actions do that lead to requests."""
        return {
            "generate.run": self.run,
            "generate.run_first": lambda: self.run(first=True),
            "generate.again": self.again,
            "generate.vary": self.vary,
            "generate.rerun": self.rerun,
            **self.presets.handlers(),
            "generate.recipe": self.take_recipe,
            "generate.prompt_previous": lambda: self._panel.recall(-1),
            "generate.prompt_next": lambda: self._panel.recall(+1),
            "generate.cancel_all": self._generation.cancel_all,
            "help.things": self.open_things,
            "generate.extract": self.extract,
            "generate.resettle": self.resettle,
            "generate.reference_file": self.ask_reference,
            "generate.reference_layer": self.reference_from_layer,
            "generate.reference_box": self.reference_from_box,
            "generate.reference_clear": lambda: self.set_reference(None),
            "layer.split_effects": self.split_effects,
        }

    def know(self, vocabulary: Vocabulary | None) -> None:
        """The model's words, as soon as they are loaded; None: any words will do."""
        self._vocabulary = vocabulary
        self._panel.set_things(self.things, vocabulary.adjectives if vocabulary else frozenset())

    @property
    def things(self) -> tuple[str, ...]:
        """The names of what the model can make; empty: any words will do."""
        return tuple(self._vocabulary.names) if self._vocabulary else ()

    def run(self, first: bool = False) -> None:
        """Ask for a layer in the box."""
        panel = self._panel
        panel.close_completions()
        if self._desk.box is None:
            self._desk.choose("box")
            self._messages.say(self.tr("There is no box yet."), self.tr("Draw one on the picture where the thing should stand."), "warning")
        elif not panel.text and self._reference is None:
            self.prompt_wanted.emit()
            self._messages.say(self.tr("The prompt is empty."), self.tr("Type what should stand in the box."), "warning")
        elif self._reference is not None or self._understood(panel.text):
            prompt = panel.text or self._reference.name
            shown = {"reference": self._reference.pixels if self._reference else None, "occluded": panel.occluded, "pose": panel.pose}
            if self._generation.submit(as_engine_box(self._desk.box), prompt, first=first, **shown, **self._wishes()):
                if panel.text:
                    panel.remember_prompt()
                    self._settings.set("prompts", panel.remembered)
                self.asked.emit()

    def _wishes(self) -> dict:
        panel = self._panel
        panel.take_typed()
        return {"seed": panel.take_seed(), "steps": panel.steps, "guidance": panel.guidance, "count": panel.candidates}

    def _understood(self, prompt: str) -> bool:
        """Say at once what the model cannot make, and which words it does not follow."""
        self._messages.hide()
        if self._vocabulary is None:
            return True
        try:
            found = self._vocabulary.understand(prompt)
        except EngineError as error:
            self._refused(error, prompt)
            return False
        if found.ignored:
            words = ", ".join(f"“{word}”" for word in found.ignored)
            sentence = self.tr("This model makes a plain {thing}; it does not follow {words}.")
            self._messages.say(sentence.format(thing=found.described, words=words))
        return True

    def again(self) -> None:
        """Make the active layer again with a new seed."""
        layer = self._generated()
        if layer is not None:
            self._panel.take_typed()
            self._generation.again(layer, self._panel.fresh_seed(), self._panel.candidates)

    def vary(self) -> None:
        """Several more candidates of the active layer, from its recipe with other seeds."""
        layer = self._generated()
        if layer is not None:
            self._generation.again(layer, self._panel.fresh_seed(), VARIATIONS)

    def rerun(self) -> None:
        """The active layer once more by its recipe as it is stored, seed and all, for what lies behind it now."""
        layer = self._generated()
        if layer is not None:
            self._generation.again(layer, int(layer.recipe.get("seed") or 0))

    def resettle(self) -> None:
        """Give the active layer's thing the light and the shadow of the place where it stands now."""
        layer = self._generation.session.active_node
        if isinstance(layer, Layer) and self._generation.resettle(layer, **self._wishes()):
            self.asked.emit()

    def extract(self) -> None:
        """Take what the active layer shows more than those below it, in the box if there is one, as a layer of its own.
        Where there is nothing below it, the thing is taken out of this one picture."""
        session, box = self._generation.session, self._desk.box
        layer = session.active_node
        if isinstance(layer, Layer) and not shows_below(session.document, layer.id):
            self._desk.choose("apart")
            self._messages.say(self.tr("Drag a box around a thing in the picture, or click on it."))
        elif isinstance(layer, Layer) and self._generation.extract(layer, as_engine_box(box) if box else None, self._panel.text):
            self.asked.emit()

    def split_effects(self) -> None:
        """Part the active layer into the thing and its shadow."""
        session = self._generation.session
        node = session.active_node
        if node is None:
            return
        try:
            document, _group = split_effects(session.document, node.id)
        except ExpectedError as error:
            self.failed.emit(error)
            return
        session.commit(phrase("Split shadow of “{name}”", name=node.name), document, active=node.id)

    # References

    def take_over(self, other: GenerateCommands) -> None:
        """The reference of another window."""
        self.set_reference(other._reference)

    def set_reference(self, reference: Reference | None) -> None:
        """Show the engine this picture instead of words from now on; None: words again."""
        self._reference = reference
        self._panel.reference.show_reference(reference.name if reference else "", reference.pixels if reference else None)

    def ask_reference(self) -> None:
        """Let the user choose a picture file."""
        filters = self.tr("Pictures") + " (*.png *.webp *.jpg *.jpeg *.tif *.tiff *.avif *.psd *.downstage)"
        self._dialog = QFileDialog(self._window, self.tr("Reference"), "", filters)
        self._dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._dialog.fileSelected.connect(lambda path: self.reference_from_file(Path(path)))
        self._dialog.open()

    def reference_from_file(self, path: Path) -> None:
        self._generation.beside(lambda: of_file(path), self.set_reference)

    def reference_from_layer(self) -> None:
        node = self._generation.session.active_node
        if isinstance(node, Layer):
            self._take_reference(lambda: of_layer(node))

    def reference_from_box(self) -> None:
        session, box = self._generation.session, self._desk.box
        if box is not None:
            self._take_reference(lambda: of_box(session.document, session.active, as_engine_box(box)))

    def _take_reference(self, read: Callable[[], Reference]) -> None:
        try:
            self.set_reference(read())
        except ExpectedError as error:
            self.failed.emit(error)

    def take_recipe(self) -> None:
        """Fill the panel from the active layer's recipe, and draw its box."""
        layer = self._generated()
        if layer is not None:
            self._panel.set_recipe(layer.recipe)
            self._take_reference_of(layer)
            self._desk.set_box(Box(**layer.recipe["box"]))

    def _take_reference_of(self, layer: Layer) -> None:
        try:
            pixels = from_recipe(layer.recipe)
        except ExpectedError as error:
            self.failed.emit(error)
            return
        self.set_reference(None if pixels is None else Reference(layer.name, pixels))

    def _generated(self) -> Layer | None:
        node = self._generation.session.active_node
        return node if isinstance(node, Layer) and "box" in (node.recipe or {}) else None

    def open_things(self) -> None:
        """List what the model knows."""
        if self._vocabulary is None:
            self._messages.say(self.tr("This model takes any words."))
            return
        things = {name: self._vocabulary.synonyms(name) for name in self.things}
        ThingsDialog(things, self._take_thing, self._window).open()

    def _take_thing(self, name: str) -> None:
        self._panel.set_prompt(name)
        self.prompt_wanted.emit()

    def _refused(self, error: Exception, prompt: str) -> None:
        if isinstance(error, UnknownPrompt) and error.nearest:
            choices = [(name, lambda name=name: self._take_thing(name)) for name in error.nearest[:5]]
            self._messages.say(error.sentence, self.tr("It can make one of these instead:"), "warning", choices)
        else:
            self.failed.emit(error)
