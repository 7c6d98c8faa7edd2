"""The window: canvas in the middle, panels at the right, and the wires between them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QMenu, QVBoxLayout, QWidget

from app.config.samples import Sample, samples
from app.document.document import Document
from app.render import render
from app.session.session import Session
from bfs_engine.api import LayerResult
from ui.language import language_for
from ui.theme import Icons, Theme, apply_theme, theme_for, watch_system_theme

from ..canvas.apart_bar import ApartBar
from ..canvas.brush_bar import BrushBar
from ..canvas.brush_commands import BrushCommands
from ..canvas.canvas import Canvas
from ..canvas.colour_bar import ColourBar
from ..canvas.menu import CanvasMenu
from ..canvas.options_bar import OptionsBar
from ..canvas.paint import image_of
from ..canvas.tool_desk import PAINTING, TOOLS, ToolDesk
from ..canvas.transform_bar import TransformBar
from ..canvas.view_bar import ViewBar
from ..canvas.view_commands import ViewCommands
from ..commands.action_set import ActionSet
from ..commands.actions import ACTIONS
from ..commands.conditions import conditions
from ..commands.digits import Digits
from ..commands.keys import keys_of, stored_keys
from ..commands.keys_dialog import KeysDialog
from ..commands.palette import CommandPalette
from ..files.clipboard import Clipboard
from ..files.commands import FileCommands
from ..generate.apart import ApartCommands
from ..generate.commands import GenerateCommands
from ..generate.generation import Generation, depth_words
from ..generate.models import ModelChoice
from ..generate.panel import GeneratePanel
from ..generate.queue import QueuePanel
from ..layers.arrange import ArrangeCommands
from ..layers.commands import LayerCommands
from ..layers.history import HistoryPanel
from ..layers.masks import MaskCommands
from ..layers.panel import LayerPanel
from ..widgets.fields import Leaving
from ..widgets.message_bar import MessageBar
from .docks import Docks, DockWindow
from .help_commands import HelpCommands
from .menus import FileMenu, choice_menus
from .preferences import Preferences
from .status import Status
from .surroundings import Surroundings
from .welcome import Welcome

PANELS_WAIT = 80  # milliseconds: how far the panels may lag behind a gesture

log = logging.getLogger(__name__)


class MainWindow(DockWindow):
    """Puts the parts together; each part does its own work."""

    ended = Signal()  # the window is closed for good
    renewal_wanted = Signal()  # another one should take its place, in another language

    def __init__(self, session: Session, around: Surroundings) -> None:
        super().__init__()
        self.session = session
        self._around = around
        self._leaving = False
        theme = theme_for(around.settings.get("theme", "system"))
        apply_theme(QApplication.instance(), theme)
        self.icons = Icons(theme)
        self._panels_later = QTimer(self)
        self._panels_later.setSingleShot(True)
        self._panels_later.timeout.connect(self._refresh)
        self._unsubscribe: Callable[[], None] = lambda: None
        self._make_parts(theme)
        self._make_actions()
        self._lay_out()
        self._wire()
        self.show_session(session)
        self._restore()
        watch_system_theme(self._system_theme_changed)
        self.canvas.setFocus()

    # Building

    def _make_parts(self, theme: Theme) -> None:
        around = self._around
        self.desk = ToolDesk(self.session, self)
        self.canvas = Canvas(render.render_qimage, theme, self.desk)
        self.messages = MessageBar(self.icons, self.canvas)
        self.options = OptionsBar()
        self.brush_bar = BrushBar()
        self.brushes = BrushCommands(self.desk, self.brush_bar, around.settings, self)
        self.colour_bar = ColourBar()
        self.options.add_page(self.brush_bar)
        self.options.add_page(self.colour_bar)
        self.apart_bar = ApartBar()
        self.options.add_page(self.apart_bar)
        self.layer_panel = LayerPanel(self.icons, render.thumbnail)
        self.history_panel = HistoryPanel(self.icons)
        self.queue_panel = QueuePanel(self.icons)
        self.generate_panel = GeneratePanel(self.icons, around.settings.get("prompts", []))
        self.layers = LayerCommands(self.session, self.layer_panel.tree.chosen, self)
        self.digits = Digits(self.layers, self.brushes, self.desk)
        self.clipboard = Clipboard(self.layers, lambda: self.canvas.to_canvas(QPointF(self.canvas.rect().center())), self)
        self.masks = MaskCommands(self.layers, lambda: self.desk.box, self)
        self.arrange = ArrangeCommands(self, self.layers, self.desk)
        self.looks = ViewCommands(self, self.canvas, self.desk, around.settings, theme)
        self.transform_bar = TransformBar(self.icons)
        self.options.add_page(self.transform_bar)
        self.welcome = Welcome(self.icons, around.settings, samples(), self.canvas)
        self.files = FileCommands(self, self.session, around.settings, around.loop, around.recovery_folder)
        self.generation = Generation(around.queue, self.session, around.loop, self)
        self.generate = GenerateCommands(self, self.generate_panel, self.desk, self.generation, self.messages, around.settings)
        self.apart = ApartCommands(self.desk, self.canvas, self.apart_bar, self.generation, self.messages, around.select, self)
        self.help = HelpCommands(self, around, lambda: self.session)
        self.models = ModelChoice(self, self.generate_panel, self.generate, self.generation, self.messages, around)
        self.status = Status(self)
        self.setStatusBar(self.status)

    def _make_actions(self) -> None:
        self.actions_ = ActionSet(self, self.icons, self._handlers(), keys_of(*stored_keys(self._around.settings)))
        self.actions_.fill(self.menuBar())
        self.file_menu = FileMenu(self.actions_.menus["file"], self._around.settings)
        self.theme_menu, self.language_menu, self.keys_menu = choice_menus(self.actions_, self._around.settings)

    def _handlers(self) -> dict[str, Callable[[], None]]:
        layers, files = self.layers, self.files
        return {
            "file.new": files.new,
            "file.new_clipboard": files.new_from_clipboard,
            "file.open": files.open,
            "file.place": files.place,
            "file.save": files.save,
            "file.save_as": files.save_as,
            "file.export": files.export,
            "file.export_layers": files.export_layers,
            "file.recover": files.recover,
            "file.close": files.close_document,
            "file.quit": self.close,
            "edit.undo": lambda: self.desk.give_up() or self.session.undo(),
            "edit.redo": lambda: self.desk.give_up() or self.session.redo(),
            "edit.cancel": self.desk.escape,
            **{f"edit.tool_{tool}": lambda tool=tool: self.desk.choose(tool) for tool in TOOLS},
            **self.arrange.handlers(),
            **self.looks.handlers(),
            **self.brushes.handlers(),
            **self.digits.handlers(),
            **self.clipboard.handlers(),
            **layers.handlers(),
            **self.masks.handlers(),
            **self.generate.handlers(),
            **self.apart.handlers(),
            "generate.models": self.models.open,
            "generate.prompt": self.go_to_prompt,
            "generate.box": lambda: self.desk.put_box(*self.canvas.to_canvas(QPointF(self.canvas.rect().center()))),
            "view.panel_options": self.options.take_keys,
            "view.panels": lambda: self.docks.toggle(),
            **{f"view.panel_{name}": lambda name=name: self.docks.go_to_panel(name) for name in ("generate", "layers", "history", "queue")},
            "view.panel_canvas": self.canvas.setFocus,
            "view.panel_message": self.messages.take_keys,
            "view.panels_reset": lambda: self.docks.reset(),
            "help.commands": self.open_palette,
            "help.keys": self.open_keys,
            "help.welcome": self.welcome.open_page,
            "edit.preferences": self.open_preferences,
            **self.help.handlers(),
        }

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.looks.ruled, 1)
        self.setCentralWidget(middle)
        self.view_bar = ViewBar(self.actions_[f"view.{name}"] for name in ("upright", "turn_left", "turn_right", "flip"))
        self.options.add_page(self.view_bar)
        self.docks = Docks(self, self.generate_panel, self.layer_panel, self.history_panel, self.queue_panel)
        self.docks.add_tools([self.actions_[f"edit.tool_{tool}"] for tool in TOOLS], self.options)
        self.docks.add_panel_entries(self.actions_.menus["view"])
        names = ("generate.again", "", "layer.mask_add", "layer.group", "layer.duplicate", "layer.merge_down", "layer.raise", "layer.lower", "layer.delete")
        self.layer_panel.add_buttons([self.actions_[name] if name else None for name in names])
        self.layer_panel.add_locks([self.actions_[f"layer.{name}"] for name in ("lock_transparency", "lock_pixels", "lock_position", "lock")])
        offered = ("layer.", "generate.again", "generate.recipe", "generate.resettle", "generate.extract", "generate.reference_layer")
        menu = QMenu(self.layer_panel.tree)
        self.actions_.put_into(menu, [action.name for action in ACTIONS if action.name.startswith(offered)])
        self.layer_panel.tree.offer(menu)
        self.canvas_menu = CanvasMenu(self.canvas, self.actions_, self.layers)

    def _wire_menus_and_keys(self) -> None:
        self.files.recent_changed.connect(self.file_menu.refresh)
        self.file_menu.chosen.connect(self.files.open)
        self.file_menu.sample_chosen.connect(self.open_sample)
        self.theme_menu.chosen.connect(self._choose_theme)
        self.language_menu.chosen.connect(self._choose_language)
        self.keys_menu.chosen.connect(self._choose_keys)
        self.help.told.connect(self.messages.say)
        self.help.failed.connect(self.say_error)
        for tool in TOOLS:  # who takes a tool works on the picture: the arrows move things there, and not through the panel
            self.actions_[f"edit.tool_{tool}"].triggered.connect(lambda _checked=False: self.canvas.setFocus())
        for field in self.findChildren(QAbstractSpinBox):
            Leaving(field, self.canvas.setFocus)

    def _wire(self) -> None:
        generation, panel, queue, files = self.generation, self.generate_panel, self.queue_panel, self.files
        self.layer_panel.connect_to(self.layers)
        self.layer_panel.connect_masks(self.masks)
        self.masks.view_changed.connect(self._mask_view_changed)
        self.masks.said.connect(self.messages.say)
        self.layer_panel.active_wanted.connect(self._make_active)
        self.colour_bar.size_wanted.connect(lambda size: setattr(self.desk.eyedropper, "size", size))
        self.layers.refused.connect(self.say_error)
        self.layers.said.connect(self.messages.say)
        self.history_panel.went.connect(lambda index: self.session.go_to(index))
        self.canvas.view_changed.connect(self._view_changed)
        self.view_bar.angle_wanted.connect(self.canvas.turn_to)
        self.canvas.pointed.connect(self.status.show_point)
        self.canvas.dropped.connect(self.clipboard.drop)
        self.clipboard.files_wanted.connect(files.place)
        self.clipboard.open_wanted.connect(files.open)
        self.clipboard.failed.connect(self.say_error)
        self.layer_panel.tree.layer_model.drag_data = self.clipboard.drag_data
        self.canvas.panels_toggled.connect(self.docks.toggle)
        self.desk.changed.connect(self._desk_changed)
        self.desk.box_drawn.connect(self._around.queue.warm_up)
        self.desk.refused.connect(lambda sentence: self.messages.say(sentence, kind="warning"))
        self.desk.works_on(self.layers.chosen)
        self.options.edited.connect(self.desk.set_numbers)
        self.looks.changed.connect(self._looks_changed)
        self.transform_bar.connect_to(self.desk)
        panel.left.connect(self.canvas.setFocus)
        self.generate.asked.connect(self.canvas.setFocus)  # so that V, G and the arrows work at once
        panel.cancelled.connect(generation.cancel_running)
        queue.cancelled.connect(generation.cancel)
        queue.cancelled_all.connect(generation.cancel_all)
        queue.moved_to_front.connect(generation.move_to_front)
        queue.retried.connect(generation.retry)
        queue.dismissed.connect(generation.dismiss)
        generation.changed.connect(self._jobs_changed)
        generation.placed.connect(lambda _id: files.recovery.hurry())
        generation.unplaced.connect(lambda layers: files.recovery.keep_unplaced(layers))
        generation.previewed.connect(self._show_preview)
        self.generate.failed.connect(self.say_error)
        self.apart.failed.connect(self.say_error)
        self.apart.changed.connect(lambda: self.actions_.enable(self.conditions()))
        self.generate.prompt_wanted.connect(self.go_to_prompt)
        files.opened.connect(self.show_session)
        files.opened.connect(self.welcome.hide)
        files.closed.connect(self.begin_anew)
        self.welcome.open_wanted.connect(files.open)
        self.welcome.new_wanted.connect(files.new)
        self.welcome.chosen.connect(files.open)
        self.welcome.sample_chosen.connect(self.open_sample)
        for _, action in self.actions_.entries():
            if not action.objectName().startswith(("file.", "help.", "edit.preferences")):
                action.triggered.connect(self.welcome.hide)  # what works on the document is done in sight of it
        files.generating = lambda: generation.alive
        files.failed.connect(self.say_error)
        files.told.connect(lambda sentence, hint: self.messages.say(sentence, hint))
        files.busy.connect(self.status.show_work)
        self._wire_menus_and_keys()
        self.status.fit_wanted.connect(self.canvas.fit)

    # The document

    def show_session(self, session: Session) -> None:
        """Show another document in place of the present one."""
        self._unsubscribe()
        if session is not self.session:
            self.generation.leave(session)
        self.session = self.layers.session = session
        self.files.show_session(session)
        self.desk.show_session(session)
        self._unsubscribe = session.subscribe(self._document_changed)
        session.occupied = occupied
        self.canvas.show_document(self.masks.seen(session.shown), afresh=True)
        self._refresh()

    def open_sample(self, sample: Sample) -> None:
        """Open a bundled picture with something to put on it."""
        self.files.open(sample.path)
        self.suggest(sample)

    def begin_anew(self) -> None:
        """The document is closed, and the first sample lies under the page of the first moment."""
        self.suggest(samples()[0])
        self.welcome.open_page()

    def suggest(self, sample: Sample) -> None:
        """Fill in the sample's prompt and draw its box."""
        self.generate_panel.set_prompt(sample.prompt)
        self.desk.suggest_box(sample.path, sample.box)

    def _document_changed(self, old: Document, new: Document) -> None:
        self.canvas.show_document(self.masks.seen(new))
        if self.desk.gesture and new is not self.session.document:  # the panels need not show every place on the way
            if not self._panels_later.isActive():
                self._panels_later.start(PANELS_WAIT)
        else:
            self._refresh()

    def _refresh(self) -> None:
        session = self.session
        self.layer_panel.show_document(session.shown, session.active)
        self.history_panel.show_steps(tuple(session.history.labels), session.history.index)
        self.desk.document_changed()
        self.status.show_document(session.shown)
        self.setWindowTitle(f"{self.files.name}[*] — Downstage")
        self.setWindowModified(session.modified)
        self.actions_.enable(self.conditions())

    def conditions(self) -> set[str]:
        """What can be done now, in the words of the table of actions."""
        return conditions(self.session, self.layers.chosen(), self.desk, self.generation.alive) | self.masks.conditions()

    def _make_active(self, id: str) -> None:
        self.session.active = id
        self.actions_.enable(self.conditions())  # several may be chosen while the active one stays

    # Generating

    def _jobs_changed(self) -> None:
        lines = self.generation.lines()
        self.queue_panel.show_jobs(lines)
        share, words = next(((line.share, f"{line.title} · {line.words}") for line in lines if line.state == "running"), (None, ""))
        self.generate_panel.show_progress(share, words)
        self.status.show_jobs(words, sum(line.state == "waiting" for line in lines))
        self.docks.count_jobs(len(lines))
        self.actions_.enable(self.conditions())

    def _show_preview(self, result: LayerResult | None) -> None:
        if result is None:
            self.canvas.show_preview(None)
        else:
            self.canvas.show_preview(image_of(result.pixels), result.left, result.top)

    def go_to_prompt(self) -> None:
        self.docks.show_panel("generate")
        self.generate_panel.prompt.setFocus()
        self.generate_panel.prompt.selectAll()

    # Saying

    def say_error(self, error: Exception) -> None:
        """See MessageBar.say_error."""
        self.messages.say_error(error)

    # Windows and looks

    def open_palette(self) -> None:
        self.command_palette = CommandPalette(self.icons, self.actions_.entries(), self)
        self.command_palette.open_over(self)

    def open_keys(self) -> None:
        KeysDialog(self, self._around.settings, self.actions_.set_keys).open()

    def open_preferences(self) -> None:
        dialog = Preferences(self, self._around.settings)
        dialog.language_chosen.connect(self.language_menu.choose)
        dialog.theme_chosen.connect(self.theme_menu.choose)
        dialog.keys_wanted.connect(self.open_keys)
        dialog.open()

    def _desk_changed(self) -> None:
        for tool in TOOLS:
            self.actions_[f"edit.tool_{tool}"].setChecked(self.desk.tool == tool)
        self.actions_.enable(self.conditions())
        page = None
        if self.desk.tool in PAINTING:
            page = self.brush_bar
            page.show_brush(self.actions_[f"edit.tool_{self.desk.tool}"].text(), self.desk.brush)
        elif self.desk.tool == "pick":
            page = self.colour_bar
            page.show_colour(self.actions_["edit.tool_pick"].text(), self.desk.eyedropper.colour)
        elif self.desk.tool == "transform":
            page = self.transform_bar
            page.show_tool(self.desk.transforming)
        elif self.desk.tool == "apart":
            page = self.apart_bar
        elif self.desk.tool == "rotate":
            page = self.view_bar
        self.options.show_page(page)
        self.options.show_rect(*self.desk.numbers())
        self.generate_panel.show_box(self.desk.box_words(), depth_words(self.session) if self.desk.box else "")
        self.status.show_hint(self.desk.hint())

    def _view_changed(self) -> None:
        self.status.show_view(self.canvas.view)
        self.view_bar.show_angle(self.canvas.view.rotation)
        self.actions_["view.flip"].setChecked(self.canvas.view.flipped)

    def _mask_view_changed(self) -> None:
        self.canvas.show_document(self.masks.seen(self.session.shown))
        self.actions_.enable(self.conditions())

    def _looks_changed(self) -> None:
        for name, on in self.looks.checked().items():
            self.actions_[name].setChecked(on)

    def _choose_theme(self, choice: str) -> None:
        self._around.settings.set("theme", choice)
        self._dress()

    def _choose_language(self, choice: str) -> None:
        before = self._around.settings.get("language", "system")
        self._around.settings.set("language", choice)
        if language_for(choice) != language_for(before):
            self._around.loop.create_task(self._renew())

    async def _renew(self) -> None:
        """Once nothing is on its way to this very window."""
        while not self.files.idle or self.generation.capturing:
            await asyncio.sleep(0.02)
        self.renewal_wanted.emit()

    def _choose_keys(self, choice: str) -> None:
        self._around.settings.set("key_set", choice)
        self.actions_.set_keys(keys_of(*stored_keys(self._around.settings)))

    def _system_theme_changed(self) -> None:
        if self._around.settings.get("theme", "system") == "system":
            self._dress()

    def _dress(self) -> None:
        theme = theme_for(self._around.settings.get("theme", "system"))
        if theme == self.icons.theme:
            return
        self.icons.set_theme(theme)
        apply_theme(QApplication.instance(), theme)
        self.canvas.set_theme(theme)
        self.looks.ruled.set_theme(theme)
        for part in (self.actions_, self.transform_bar, self.messages, self.generate_panel, self.layer_panel, self.history_panel, self.queue_panel):
            part.retint()

    # Coming and going

    def _restore(self) -> None:
        self.looks.apply()
        self.docks.restore(self._around.settings)
        self._words_later = self._around.loop.call_later(0.3, self.models.load_vocabulary)  # after the window is up

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._leaving or not (self.session.modified or self.generation.alive or not self.files.idle):
            self._end()
            event.accept()
            return
        event.ignore()
        self._around.loop.create_task(self._leave())

    @property
    def around(self) -> Surroundings:
        """What main.py has handed in."""
        return self._around

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop the window lives in."""
        return self._around.loop

    def leave_unsaved(self) -> None:
        """Close without asking; what is not saved is lost."""
        self._leaving = True
        self.close()

    async def _leave(self) -> None:
        if await self.files.may_leave():
            self._leaving = True
            self.close()

    def put_down(self) -> None:
        """The window goes, the program goes on; what it held has been taken over."""
        self._leaving = True
        self._close_parts()
        self.hide()
        self.deleteLater()

    def _end(self) -> None:
        self.docks.save(self._around.settings)
        self._close_parts()
        self.ended.emit()

    def _close_parts(self) -> None:
        self._words_later.cancel()
        self._unsubscribe()
        self.generation.close()
        self.models.close()
        self.files.close()
        self.clipboard.close()


def occupied() -> bool:
    """Whether the user is in the middle of something that means the layer which is active now: a button is down, a list is open, a number
    is being typed."""
    field = QApplication.focusWidget()
    typing = isinstance(field, QAbstractSpinBox) and field.isVisible() and field.lineEdit().isModified()
    return typing or QApplication.mouseButtons() != Qt.MouseButton.NoButton or QApplication.activePopupWidget() is not None
