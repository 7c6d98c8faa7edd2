"""What the user can do to get layers: from the panel, the box and the active layer to a request, and what is said when not."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.document import Layer
from app.settings import Settings
from app.tools import as_engine_box
from bfs_engine.api import Box, EngineError, UnknownPrompt
from ui.dialogs import ThingsDialog
from ui.generate_panel import GeneratePanel
from ui.generation import Generation
from ui.message_bar import MessageBar
from ui.surroundings import Vocabulary
from ui.tool_desk import ToolDesk


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
        panel.submitted.connect(self.run)
        panel.things_wanted.connect(self.open_things)

    def know(self, vocabulary: Vocabulary | None) -> None:
        """The model's words, as soon as they are loaded; None: any words will do."""
        self._vocabulary = vocabulary
        self._panel.set_things(self.things)

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
        elif not panel.text:
            self.prompt_wanted.emit()
            self._messages.say(self.tr("The prompt is empty."), self.tr("Type what should stand in the box."), "warning")
        elif self._understood(panel.text):
            asked = as_engine_box(self._desk.box)
            if self._generation.submit(asked, panel.text, seed=panel.take_seed(), steps=panel.steps, guidance=panel.guidance, first=first):
                panel.remember_prompt()
                self._settings.set("prompts", panel.remembered)
                self.asked.emit()

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
            self._messages.say(sentence.format(thing=found.name, words=words))
        return True

    def again(self) -> None:
        """Make the active layer again with a new seed."""
        layer = self._generated()
        if layer is not None:
            self._generation.again(layer, self._panel.fresh_seed())

    def take_recipe(self) -> None:
        """Fill the panel from the active layer's recipe, and draw its box."""
        layer = self._generated()
        if layer is not None:
            self._panel.set_recipe(layer.recipe)
            self._desk.set_box(Box(**layer.recipe["box"]))

    def _generated(self) -> Layer | None:
        node = self._generation.session.active_node
        return node if isinstance(node, Layer) and node.recipe else None

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
