"""What makes the window pleasant: menus under the pointer, panels that can be moved, keys that can be changed."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QWidget,
)

from app.config.settings import Settings, settings_path
from app.document import edits
from app.document.geometry import Rect
from tests.ui.conftest import Editor, answer
from ui.canvas.tool_desk import TOOLS
from ui.commands.actions import ACTIONS
from ui.commands.keys_dialog import KeysDialog
from ui.window.preferences import Preferences

Tell = Callable[..., None]


def test_a_right_click_on_the_canvas_lists_the_layers_under_the_pointer(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (10, 10), (60, 60))
        await editor.insert("cat", (30, 30), (90, 90))
        editor.window.canvas.customContextMenuRequested.emit(editor.point(47, 47))
        menu = editor.window.canvas_menu.menu
        await editor.until(menu.isVisible)
        texts = [action.text() for action in menu.actions()]
        assert texts[:3] == ["cat", "apple", "photo"] and "Copy Merged" in texts
        menu.actions()[1].trigger()
        assert editor.active.name == "apple" and editor.window.layers.chosen() == [editor.active.id]
        menu.close()
        editor.window.canvas.customContextMenuRequested.emit(editor.point(150, 110))
        assert editor.window.canvas_menu.menu.actions()[0].text() == "photo"
        editor.window.canvas_menu.menu.close()

    tell(story, photo)


def test_a_panel_leaves_the_window_and_stays_out_at_the_next_start(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        docks = editor.window.docks
        assert docks.docks["layers"].titleBarWidget() is not None
        docks.float_panel("layers")
        assert docks.docks["layers"].isFloating()
        await editor.until(lambda: docks.docks["layers"].titleBarWidget() is None)  # there is a title to take it by
        assert docks.docks["history"].titleBarWidget() is not None  # among tabs the tab is the title

    async def later(editor: Editor) -> None:
        docks = editor.window.docks
        assert docks.docks["layers"].isFloating()
        docks.float_panel("layers")
        assert not docks.docks["layers"].isFloating()
        docks.float_panel("history")
        docks.reset()
        assert not docks.docks["history"].isFloating() and docks.docks["layers"].isVisible()

    tell(story, photo)
    tell(later, photo)


def test_keys_are_changed_hold_at_once_and_are_remembered(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("help.keys")
        dialog = editor.window.findChild(KeysDialog)
        dialog.search.setText("mask brush")
        row = next(row for row in range(dialog.table.rowCount()) if not dialog.table.isRowHidden(row))
        dialog.table.selectRow(row)
        assert dialog.field.keySequence().toString() == "B"
        dialog.field.setKeySequence(QKeySequence("V"))
        assert "Move Tool" in dialog.words.text()
        dialog.assign.click()
        assert dialog.table.item(row, 1).text() == "V"
        dialog.close()
        editor.key(Qt.Key.Key_V)
        assert editor.window.desk.tool == "brush"
        assert editor.window.actions_["edit.tool_brush"].toolTip() == "Mask Brush (V)"
        assert editor.window.actions_["edit.tool_move"].toolTip() == "Move Tool"

    async def later(editor: Editor) -> None:
        editor.key(Qt.Key.Key_V)
        assert editor.window.desk.tool == "brush"
        editor.do("help.keys")
        dialog = editor.window.findChild(KeysDialog)
        dialog.reset_all.click()
        dialog.set_box.setCurrentIndex(dialog.set_box.findData("gimp"))
        dialog.set_box.activated.emit(dialog.set_box.currentIndex())
        dialog.close()
        editor.key(Qt.Key.Key_M)
        assert editor.window.desk.tool == "move"

    tell(story, photo)
    tell(later, photo)


def test_the_eyedropper_reads_the_colour_of_the_picture_and_copies_its_name(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.key(Qt.Key.Key_I)
        bar = editor.window.colour_bar
        assert bar.isVisible() and not bar.copy.isEnabled()
        editor.drag((10, 20), (100, 50))  # follows the pointer until it is released
        assert bar.name.text() == "#64649b"
        bar.copy.click()
        assert QGuiApplication.clipboard().text() == "#64649b"
        bar.sizes.setCurrentIndex(2)
        bar.sizes.activated.emit(2)
        editor.drag((0, 0), (0, 0))
        assert editor.window.desk.eyedropper.colour == (1, 2, 254, 255)  # the 3 × 3 pixels that lie on the canvas

    tell(story, photo)


def test_the_first_page_offers_samples_and_recent_files(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        page = editor.window.welcome
        assert page.isVisible() and page.recent.isHidden() and page.samples.count() == 2
        editor.key(Qt.Key.Key_Escape, widget=page)
        assert not page.isVisible()
        editor.do("help.welcome")
        editor.key(Qt.Key.Key_E, widget=page)  # a tool is asked for: the picture comes into sight
        assert not page.isVisible() and editor.window.desk.tool == "eraser"
        editor.window.files.open(photo)
        await editor.files_done()
        editor.do("help.welcome")
        assert page.recent.item(0).text().startswith("photo.png")
        page.samples.itemActivated.emit(page.samples.item(1))
        await editor.files_done()
        assert editor.names == ["rocket"] and not page.isVisible() and editor.window.desk.box is not None
        editor.do("help.welcome")
        page.recent.itemActivated.emit(page.recent.item(0))
        await editor.files_done()
        assert editor.names == ["photo"]
        page.always.setChecked(False)

    async def later(editor: Editor) -> None:
        assert not editor.window.welcome.isVisible()

    tell(story)
    tell(later)


def test_with_a_file_or_the_sample_asked_for_there_is_no_first_page(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        assert not editor.window.welcome.isVisible()

    tell(story, photo)
    tell(story, "--sample")


def test_preferences_change_the_theme_at_once_and_lead_to_the_keys(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("edit.preferences")
        dialog = editor.window.findChild(Preferences)
        dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
        dialog.theme.activated.emit(dialog.theme.currentIndex())
        assert editor.window.icons.theme.name == "light"
        dialog.keys.click()
        assert editor.window.findChild(KeysDialog).isVisible()
        editor.window.findChild(KeysDialog).close()
        dialog.close()

    tell(story, photo)


def test_the_whole_window_speaks_german(tell: Tell, photo: Path, english_afterwards: None) -> None:
    Settings(settings_path()).set("language", "de")

    async def story(editor: Editor) -> None:
        menus = [action.text() for action in editor.window.menuBar().actions()]
        assert menus[:3] == ["&Datei", "&Bearbeiten", "B&ild"]
        assert len({menu[menu.index("&") + 1].lower() for menu in menus}) == len(menus)  # Alt and a letter opens one of them
        assert editor.window.actions_["layer.mask_invert"].toolTip() == "Maske umkehren (Strg+I)"
        await editor.insert("apple", (20, 20), (100, 100))
        editor.key(Qt.Key.Key_B)
        editor.drag((50, 50), (60, 60))
        assert editor.window.messages.sentence.startswith("„apple“ hat keine Maske")
        editor.key(Qt.Key.Key_E)
        editor.drag((50, 50), (60, 60))
        assert editor.steps[0] == "Geöffnet" and editor.steps[-1] == "Auf der Maske radieren"
        box = editor.window.layer_panel.blend
        assert box.itemText(box.findData("multiply")) == "Multiplizieren"

    tell(story, photo)


def test_every_control_of_the_window_has_a_name_for_screen_readers(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        editor.do("layer.mask_add")
        for tool in TOOLS:
            editor.window.desk.choose(tool)
            controls = [w for w in editor.window.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
            nameless = [w for w in controls if w.window() is editor.window and not spoken(w)]
            assert not [f"{type(w).__name__} {w.objectName()} in {type(w.parent()).__name__}" for w in nameless]

    tell(story, photo)


def test_every_command_of_the_tools_and_panels_is_reached_by_the_keyboard(tell: Tell, photo: Path) -> None:
    """Each action stands in a menu of the bar, or in one of its submenus."""

    async def story(editor: Editor) -> None:
        reached: set[str] = set()

        def visit(menu: QMenu) -> None:
            for action in menu.actions():
                reached.add(action.objectName())
                if action.menu():
                    visit(action.menu())

        for action in editor.window.menuBar().actions():
            visit(action.menu())
        assert {action.name for action in ACTIONS} <= reached

    tell(story, photo)


def spoken(widget: QWidget) -> str:
    """What a screen reader says: the name, or the text on it."""
    parent = widget.parentWidget()
    inner = isinstance(widget, QLineEdit) and isinstance(parent, (QAbstractSpinBox, QComboBox, QKeySequenceEdit)) and spoken(parent)
    text = widget.text() if isinstance(widget, (QAbstractButton, QLabel)) else ""
    return widget.accessibleName() or text or inner or (isinstance(widget, QToolButton) and widget.toolTip())


def test_the_keyboard_alone_reaches_the_panels_and_comes_back(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (20, 20), (100, 100))
        window = editor.window
        window.activateWindow()
        await editor.until(lambda: QApplication.activeWindow() is window)
        editor.do("view.panel_layers")
        assert window.layer_panel.tree.hasFocus()
        QTest.keyClick(window.layer_panel.tree, Qt.Key.Key_Down)
        assert editor.active.name == "photo"
        editor.do("view.panel_history")
        assert window.history_panel.list.hasFocus() and window.docks.docks["history"].isVisible()
        QTest.keyClick(window.history_panel.list, Qt.Key.Key_Up)
        assert editor.names == ["photo"]
        editor.do("view.panel_canvas")
        assert window.canvas.hasFocus()

    tell(story, photo)


OTHER_WORDS = {  # what a menu calls otherwise than the palette -> the command that does it
    "Picture File…": "generate.reference_file",
    "Active Layer": "generate.reference_layer",
    "What Is in the Box": "generate.reference_box",
}


def test_the_palette_finds_every_entry_of_every_menu(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        await editor.insert("apple", (10, 10), (60, 60))
        window.canvas.customContextMenuRequested.emit(editor.point(40, 40))
        editor.do("help.commands")
        palette = window.command_palette
        for menu in window.findChildren(QMenu):
            for action in menu.actions():
                if action.isSeparator() or action.menu() or action is window.actions_["help.commands"] or action.text() in editor.names:
                    continue
                action = window.actions_[OTHER_WORDS[action.text()]] if action.text() in OTHER_WORDS else action
                palette.field.setText(action.text().replace("&", ""))
                found = [palette.list.item(row).data(Qt.ItemDataRole.UserRole + 1) for row in range(palette.list.count())]
                assert action in found, action.text()
        assert {action.name for action in ACTIONS} <= {action.objectName() for _, action in window.actions_.entries()} | {"help.commands"}
        palette.close()
        window.canvas_menu.menu.close()

    tell(story, photo)


def test_theme_language_and_keys_are_chosen_in_the_palette(tell: Tell, photo: Path, english_afterwards: None) -> None:
    async def story(editor: Editor) -> None:
        def command(words: str) -> None:
            editor.do("help.commands")
            QTest.keyClicks(editor.window.command_palette.field, words)
            QTest.keyClick(editor.window.command_palette.field, Qt.Key.Key_Return)

        command("theme light")
        assert editor.window.icons.theme.name == "light"
        command("keys krita")
        editor.key(Qt.Key.Key_T)
        assert editor.window.desk.tool == "move"
        editor.window.keys_menu.submenu.aboutToShow.emit()
        assert [action.text() for action in editor.window.keys_menu.submenu.actions() if action.isChecked()] == ["Krita"]
        command("language deutsch")
        await editor.renewed()
        assert editor.window.language_menu.submenu.title() == "Sprache"

    tell(story, photo)


def test_a_bundle_for_finding_faults_names_nothing_of_the_user(tell: Tell, photo: Path, tmp_path: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.insert("apple", (10, 10), (60, 60))
        logging.getLogger("downstage").error("“%s” could not be read: %s; asked for “apple”", photo.name, photo)
        logging.getLogger("downstage").error("in File %s, line 3", Path(edits.__file__))
        editor.window.help.ask_target = answer(tmp_path / "bundle.zip")
        editor.do("help.diagnostics")
        await editor.until(lambda: (tmp_path / "bundle.zip").exists())
        assert "Look into it" in editor.window.messages.hint

    tell(story, photo)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) == {"versions.txt", "settings.json", "log.txt"}
    assert "Downstage: 0." in texts["versions.txt"] and "PySide6-Essentials: 6." in texts["versions.txt"]
    assert "could not be read" in texts["log.txt"] and "<downstage>/app/document/edits.py" in texts["log.txt"]
    for secret in (photo.name, str(tmp_path), "apple", Path.home().name if Path.home().name != "home" else str(Path.home())):
        assert not [name for name, text in texts.items() if secret in text], secret
    assert json.loads(texts["settings.json"])["prompts"] == "(1 entries)"


DIALOGS = ("help.commands", "help.keys", "help.things", "edit.preferences", "image.size", "view.guide_new", "view.grid_spacing", "file.export_layers")


def test_every_control_of_every_dialog_has_a_name_for_screen_readers(tell: Tell, photo: Path) -> None:
    async def story(editor: Editor) -> None:
        await editor.until(lambda: editor.window.generate.things)
        for name in (*DIALOGS, "file.export"):
            editor.do(name)
            await editor.until(lambda: opened(editor))
            controls = [w for dialog in opened(editor) for w in dialog.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
            assert controls
            assert not [f"{type(w).__name__} {w.objectName()} of {name}" for w in controls if w.isVisible() and not spoken(w)]
            for dialog in opened(editor):
                dialog.close()
            await editor.files_done()

    tell(story, photo)


def opened(editor: Editor) -> list[QWidget]:
    return [widget for widget in QApplication.topLevelWidgets() if widget.isVisible() and widget is not editor.window and not isinstance(widget, QMenu)]


def test_the_whole_main_job_is_done_with_the_keyboard(tell: Tell, photo: Path, tmp_path: Path) -> None:
    """Box, prompt, layer, move, transform, mask, group, save: no pointer is used."""

    async def story(editor: Editor) -> None:
        window = editor.window
        window.activateWindow()

        def keys(*pressed: str) -> None:
            for one in pressed:
                QTest.keySequence(QApplication.focusWidget(), QKeySequence(one))

        window.canvas.setFocus()
        keys("Shift+G")
        box = window.desk.box
        assert box.width == box.height == 40 and Rect(60, 40, 100, 80).grown(2).unite(box) == Rect(60, 40, 100, 80).grown(2)
        keys("Right", "Shift+Down", "F4")
        assert window.desk.box == box.moved(1, 10) and QApplication.focusWidget() is window.options.fields[0]
        keys("Ctrl+L")
        QTest.keyClicks(QApplication.focusWidget(), "apple")
        window.generate_panel.prompt.completer().popup().hide()
        keys("Ctrl+Return")
        await editor.generated()
        window.activateWindow()  # the words that were offered had a window of their own
        await editor.until(lambda: QApplication.activeWindow() is window)
        keys("F5")
        assert editor.names == ["photo", "apple"] and QApplication.focusWidget() is window.canvas
        keys("V", "Right", "Shift+Left")
        assert editor.active.placement.x == box.left + 1 + 1 - 10
        keys("Ctrl+T", "F4")
        width = window.transform_bar.fields["width"]
        for _ in range(9):
            if QApplication.focusWidget() is not width:
                QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is width
        width.selectAll()
        QTest.keyClicks(width, "80")
        keys("Return", "F5", "Return")
        assert editor.active.placement.scale_x == 2.0 and window.desk.tool == "move"
        keys("G", "Ctrl+Shift+P")
        QTest.keyClicks(window.command_palette.field, "mask from the box")
        QTest.keyClick(window.command_palette.field, Qt.Key.Key_Return)
        assert editor.active.mask is not None
        keys("F7", "Ctrl+G")
        assert editor.names == ["photo", "Group", "apple"]
        keys("Down")
        assert editor.active.name == "apple"
        window.files.ask_target = answer(tmp_path / "by keys.downstage")
        keys("Ctrl+S")
        await editor.files_done()
        assert not window.isWindowModified()

    tell(story, photo)
