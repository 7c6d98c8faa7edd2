"""The canvas in the window: zoom, rotation, flip, rulers, guides, grid, snapping, backdrop, and every pixel in its place."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox, QToolButton

from app.document.document import Document, Guide, make_layer
from app.document.geometry import Placement, Rect
from app.document.pixels import Pixels
from app.formats import save_document
from app.render.render import render, render_qimage
from tests.ui.conftest import Editor
from ui.canvas.lines import paint_grid
from ui.canvas.paint import checker_tile, paint_backdrop, paint_outline
from ui.canvas.view import View, centred
from ui.theme import load_theme

Tell = Callable[..., None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """160 × 120 with a hole in the background, and two blocks of 30 × 20 at (20, 20) and (90, 70)."""
    ground = np.random.default_rng(0).integers(0, 256, (120, 160, 4), np.uint8)
    ground[..., 3] = 255
    ground[100:, :40] = 0
    block = Pixels.from_array(np.full((20, 30, 4), (255, 0, 0, 255), np.uint8))
    layers = [make_layer("ground", Pixels.from_array(ground), locked=True)]
    layers += [make_layer(name, block, Placement(x, y)) for name, x, y in (("one", 20, 20), ("two", 90, 70))]
    save_document(Document(160, 120, tuple(layers)), path := tmp_path / "scene.downstage")
    return path


def place(editor: Editor, name: str) -> tuple[float, float]:
    layer = next(layer for layer in editor.window.session.document.layers if layer.name == name)
    return layer.placement.x, layer.placement.y


def shown(editor: Editor) -> np.ndarray:
    """(h, w, 3) uint8: the canvas widget in device pixels."""
    image = editor.window.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    return np.array(image.constBits()).reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width(), :3]


def alone(editor: Editor) -> None:
    """No outline and no box over the picture."""
    editor.window.session.active = None
    editor.do("edit.tool_move")
    editor.window.desk._box_tool.box = None


# Pixels


def test_at_100_and_300_percent_every_pixel_is_there_in_every_quarter_turn_and_mirrored(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        alone(editor)
        canvas, document = editor.window.canvas, editor.window.session.document
        picture = render(document, document.rect)[:100, 40:, :3]  # without the hole
        for zoom in (1, 3):
            for rotation in (0, 90, 180, 270):
                for flipped in (False, True):
                    canvas.centre_at(zoom)
                    canvas.set_view(centred((160, 120), canvas.device_size, zoom, canvas.view.__class__(rotation=rotation, flipped=flipped)))
                    wanted = np.rot90(picture[:, ::-1] if flipped else picture, -rotation // 90).repeat(zoom, 0).repeat(zoom, 1)
                    corners = [canvas.to_widget(x, y) for x, y in ((40, 0), (160, 100))]
                    left, top = (round(min(getattr(point, axis)() for point in corners)) for axis in "xy")
                    seen = shown(editor)[max(top, 0) : top + wanted.shape[0], max(left, 0) : left + wanted.shape[1]]
                    assert np.array_equal(seen, wanted[max(-top, 0) :, max(-left, 0) :][: seen.shape[0], : seen.shape[1]])

    tell(story, scene)


def test_what_is_transparent_is_seen_on_checks_on_white_or_on_black_and_that_is_remembered(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        alone(editor)
        at = editor.point(20, 110)
        colours = []
        for kind in ("light", "dark", "checker"):
            editor.do(f"view.backdrop_{kind}")
            seen = shown(editor)
            colours.append({tuple(seen[at.y() + dy, at.x()]) for dy in range(-8, 9)})
        assert colours[:2] == [{(255, 255, 255)}, {(0, 0, 0)}] and len(colours[2]) == 2
        editor.do("view.backdrop_dark")

    async def later(editor: Editor) -> None:
        assert editor.window.actions_["view.backdrop_dark"].isChecked() and not editor.window.actions_["view.backdrop_light"].isChecked()

    tell(story, scene)
    tell(later, scene)


# The view


def test_the_wheel_zooms_at_the_pointer(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        canvas = editor.window.canvas
        canvas.turn_to(30)
        for zoom in (4.7, 0.4, 1.9):
            point = canvas.to_widget(30, 40)
            canvas.zoom_to(zoom, point)
            back = canvas.to_widget(30, 40)
            assert abs(back.x() - point.x()) <= 1 and abs(back.y() - point.y()) <= 1

    tell(story, scene)


def test_the_bar_of_the_rotate_tool_has_the_angle_and_the_way_back(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        canvas, bar = editor.window.canvas, editor.window.view_bar
        editor.key(Qt.Key.Key_R)
        assert bar.isVisible()
        centre = QPointF(canvas.rect().center())
        middle = canvas.to_canvas(centre)
        bar.angle.setFocus()
        bar.angle.selectAll()
        QTest.keyClicks(bar.angle, "30")
        QTest.keyClick(bar.angle, Qt.Key.Key_Return)
        assert canvas.view.rotation == 30 and canvas.to_canvas(centre) == pytest.approx(middle, abs=1)
        buttons = {button.defaultAction().objectName(): button for button in bar.findChildren(QToolButton)}
        buttons["view.turn_left"].click()
        assert canvas.view.rotation == 15 and bar.angle.value() == 15
        buttons["view.flip"].click()
        assert canvas.view.flipped and buttons["view.flip"].isChecked() and bar.angle.value() == canvas.view.rotation
        canvas.setFocus()
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center() + QPoint(100, 0))
        QTest.mouseMove(canvas, canvas.rect().center() + QPoint(0, 100))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center() + QPoint(0, 100))
        assert bar.angle.value() == pytest.approx(canvas.view.rotation, abs=0.1) != 15  # it follows the hand
        buttons["view.upright"].click()
        assert canvas.view.rotation == bar.angle.value() == 0

    tell(story, scene)


def test_r_turns_the_view_and_the_tools_work_in_it(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        canvas = editor.window.canvas
        editor.key(Qt.Key.Key_R)
        middle = QPoint(canvas.width() // 2, canvas.height() // 2)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, SHIFT, middle + QPoint(100, 0))
        QTest.mouseMove(canvas, middle + QPoint(58, 79))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, SHIFT, middle + QPoint(58, 79))
        assert 50 < canvas.view.rotation < 57 and not editor.window.session.modified
        editor.do("view.flip")
        assert "⇋" in editor.window.status._zoom.text() and "°" in editor.window.status._zoom.text()
        editor.key(Qt.Key.Key_V)
        editor.do("view.snap")
        editor.drag((105, 80), (70, 50))
        assert place(editor, "two") == pytest.approx((55, 40), abs=1)
        editor.key(Qt.Key.Key_R)
        editor.key(Qt.Key.Key_Escape)
        assert canvas.view.rotation == 0 and canvas.view.flipped
        before = place(editor, "two")
        editor.key(Qt.Key.Key_V)
        editor.key(Qt.Key.Key_Right)
        assert place(editor, "two") == (before[0] - 1, before[1])  # to the right as it is seen

    tell(story, scene)


# Rulers, guides, grid


def test_a_guide_comes_from_the_ruler_draws_layers_and_goes_back(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        window, canvas = editor.window, editor.window.canvas
        assert not window.looks.ruled.across.isVisible()
        editor.key(Qt.Key.Key_R, CTRL)
        await editor.until(window.looks.ruled.down.isVisible)
        ruler = window.looks.ruled.down

        def along(x: float, y: float) -> QPoint:
            return ruler.mapFromGlobal(canvas.mapToGlobal(editor.point(x, y)))

        QTest.mousePress(ruler, Qt.MouseButton.LeftButton, pos=QPoint(5, 200))
        QTest.mouseMove(ruler, along(58, 50))
        QTest.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=along(58, 50))
        assert window.session.document.guides == (Guide(False, 58),)
        editor.key(Qt.Key.Key_V)
        editor.drag((105, 80), (75, 95))  # its left edge to 60: near enough
        assert place(editor, "two")[0] == 58
        editor.drag((58, 10), (130, 10))
        assert window.session.document.guides == (Guide(False, 130),)
        editor.do("view.guides_lock")
        editor.drag((130, 10), (150, 10))
        assert window.session.document.guides == (Guide(False, 130),)
        editor.do("view.guides_lock")
        editor.drag((130, 10), (-30, 10))
        assert window.session.document.guides == () and editor.steps[-1] == "Remove the guide"

    tell(story, scene)


@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("zoom", [0.33, 1.0])
@pytest.mark.parametrize("backdrop", ["black", "white", "#4b4b4f"])
def test_grid_lines_show_on_every_backdrop_and_leave_room_between_them(ratio: int, zoom: float, backdrop: str) -> None:
    image = QImage(400, 60, QImage.Format.Format_RGB32)
    image.fill(QColor(backdrop))
    painter = QPainter(image)
    paint_grid(painter, View(zoom), Document(2000, 300), Rect(0, 0, 2000, 300), 8, ratio)
    painter.end()
    between_lines = image.pixelColor(ratio + 2, ratio + 2).lightness()
    row = [image.pixelColor(x, ratio + 2).lightness() for x in range(400)]
    lines = [x for x in range(1, 400) if row[x] != between_lines and row[x - 1] == between_lines]
    assert len(lines) > 5 and min(np.diff(lines)) >= 8 * ratio
    assert all(abs(row[x] - between_lines) >= 24 for x in lines)


def test_dashed_outlines_are_as_thin_as_plain_lines() -> None:
    for ratio in (1, 2):
        image = QImage(60, 60, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        paint_outline(painter, QPolygonF(list(QPolygonF(QRectF(10, 10, 40, 40)))[:4]), load_theme("light"), ratio)
        painter.end()
        assert sum(image.pixelColor(x, 30) != QColor("white") for x in range(30)) == ratio


@pytest.mark.parametrize("degrees", [0.7, 13, 45, -30])
def test_a_turned_backdrop_looks_as_one_smooth_outline_would(degrees: float) -> None:
    theme, view = load_theme("dark"), centred((160, 120), (260, 240), 1.0).turned(degrees, 130, 120)
    canvas = QPolygonF([QPointF(*view.to_device(x, y)) for x, y in ((0, 0), (160, 0), (160, 120), (0, 120))])
    images = [QImage(260, 240, QImage.Format.Format_RGB32) for _ in range(2)]
    for image in images:
        image.fill(QColor(theme.surround))
    painter = QPainter(images[0])
    paint_backdrop(painter, canvas, "light", checker_tile(theme, 1), theme)
    painter.end()
    painter = QPainter(images[1])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.line), 2))
    painter.setBrush(QColor("white"))
    painter.drawPolygon(canvas)
    painter.end()
    painted, smooth = (np.array(image.constBits()).reshape(240, 260, 4)[..., :3].astype(int) for image in images)
    assert np.abs(painted - smooth).max() <= 60  # of 226 between the white and the surround


def test_a_new_guide_by_number_and_the_grid_by_its_spacing(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        for action, value, named in (("view.guide_new", 33, "Position"), ("view.grid_spacing", 40, "Pixels from line to line")):
            editor.do(action)
            dialog = QApplication.activeModalWidget() or window.findChildren(QSpinBox)[0].window()
            field = next(field for field in dialog.findChildren(QSpinBox) if field.accessibleName() == named)
            field.setValue(value)
            dialog.accept()
        assert window.session.document.guides == (Guide(False, 33),)
        assert window.looks.aids.spacing == 40 and window.actions_["view.grid"].isChecked()
        editor.do("view.guides")
        editor.do("edit.tool_move")
        editor.drag((105, 80), (98, 93))  # the left edge to 83: the grid is at 80
        assert place(editor, "two")[0] == 80
        editor.do("view.guides_clear")
        assert window.session.document.guides == ()

    tell(story, scene)


def test_several_layers_are_dragged_at_once_and_lines_show_what_they_snap_to(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        window = editor.window
        ids = [layer.id for layer in window.session.document.layers]
        window.layer_panel.tree.choose(ids[1:], ids[2])
        editor.do("edit.tool_move")
        canvas = window.canvas
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=editor.point(105, 80))
        QTest.mouseMove(canvas, editor.point(100, 85))
        QTest.mouseMove(canvas, editor.point(88, 83))  # the left edge to 3: the canvas's edge is near
        lines = window.desk.overlay().lines
        assert any(line.upright and line.position == 0 for line in lines)
        pink = QColor("#ff4fa3").getRgb()[:3]
        column = round(canvas.to_widget(0, 60).x())
        assert (shown(editor)[round(canvas.to_widget(0, 30).y()), column] == pink).all()
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=editor.point(88, 83))
        assert (place(editor, "one")[0], place(editor, "two")[0]) == (0, 70)
        assert place(editor, "one")[1] - 20 == place(editor, "two")[1] - 70
        editor.do("edit.undo")
        assert (place(editor, "one"), place(editor, "two")) == ((20, 20), (90, 70))

    tell(story, scene)


# While something moves


def test_the_panels_follow_a_drag_and_are_right_when_it_pauses(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        window, canvas = editor.window, editor.window.canvas
        window.session.active = window.session.document.layers[1].id
        editor.do("edit.tool_move")
        editor.do("view.snap")
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=editor.point(30, 30))
        for step in range(1, 6):
            QTest.mouseMove(canvas, editor.point(30 + 8 * step, 30))
        left = window.session.shown.layers[1].placement.x
        assert left == pytest.approx(60, abs=1)
        await editor.until(lambda: window.options.fields[0].value() == left)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=editor.point(70, 30))
        assert window.options.fields[0].value() == place(editor, "one")[0]

    tell(story, scene)


def test_while_the_view_moves_what_comes_into_sight_next_is_painted_ahead(tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.canvas.canvas.PAINT_BUDGET", 10.0)  # a slow machine has the time too
    monkeypatch.setattr("ui.canvas.canvas.AHEAD", 5.0)
    ground = np.full((2400, 3000, 4), (10, 90, 200, 255), np.uint8)
    save_document(Document(3000, 2400, (make_layer("ground", Pixels.from_array(ground)),)), path := tmp_path / "large.downstage")

    async def story(editor: Editor) -> None:
        alone(editor)
        canvas = editor.window.canvas
        canvas.centre_at(1.0)
        canvas._rest.timeout.disconnect()  # there is no rest between the frames
        for _step in range(2):
            canvas.set_view(canvas.view.moved(9, 4))
            seen = shown(editor)
            assert (seen[5:-5, 5:-5] == (10, 90, 200)).all()
        assert not canvas._backing.has_margin_left

    tell(story, path)


def test_when_a_drag_pauses_nothing_of_the_picture_is_left_behind(tell: Tell, scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that has no time: every frame paints one piece."""
    monkeypatch.setattr("ui.canvas.canvas.PAINT_BUDGET", 0.0)
    monkeypatch.setattr("ui.canvas.backing.PIECE", 40)
    monkeypatch.setattr("ui.canvas.backing.BLOCK", 8)

    async def story(editor: Editor) -> None:
        window, canvas = editor.window, editor.window.canvas
        alone(editor)
        window.session.active = window.session.document.layers[2].id
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=editor.point(105, 80))
        draw, drawn = canvas._backing.draw, []

        def watched(painter: QPainter, view: View, area: Rect, exposed: QRectF) -> None:
            drawn.append((canvas._backing.is_behind, exposed.toRect() == canvas.rect()))
            draw(painter, view, area, exposed)

        monkeypatch.setattr(canvas._backing, "draw", watched)
        for step in range(1, 9):
            QTest.mouseMove(canvas, editor.point(105 - 9 * step, 80 - 5 * step))
            canvas.repaint()
        assert drawn[-1] == (True, True)
        drawn.clear()
        await editor.until(lambda: (False, True) in drawn)  # all of the window, from all of the picture
        sheet = canvas._backing._sheet
        expected = render_qimage(window.session.shown, sheet.rect, 2.0**-sheet.level)
        a, b = (np.array(image.constBits()).astype(int) for image in (sheet.image, expected))
        assert np.abs(a - b).max() <= 2
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=editor.point(33, 40))

    tell(story, scene)


def test_a_part_of_the_window_that_is_painted_again_fits_without_a_seam(tell: Tell, tmp_path: Path) -> None:
    y, x = np.mgrid[:1200, :1600]
    ramp = np.dstack([x // 8, y // 6, (x + y) // 16, np.full_like(x, 255)]).astype(np.uint8)
    save_document(Document(1600, 1200, (make_layer("ramp", Pixels.from_array(ramp)),)), path := tmp_path / "ramp.downstage")

    async def story(editor: Editor) -> None:
        alone(editor)
        canvas = editor.window.canvas
        for zoom in (1 / 3, 2 / 3, 1.5, 4.7):
            for rotation in (0, 15, 90, 131):
                canvas.set_view(centred((1600, 1200), canvas.device_size, zoom, canvas.view.__class__(rotation=rotation)))
                await editor.until(lambda: shown(editor) is not None and not canvas._backing.is_behind)
                whole = shown(editor).astype(int)
                middle = QPoint(canvas.width() // 2, canvas.height() // 2)
                for rect in (QRect(middle - QPoint(31, 17), QSize(43, 29)), QRect(middle, QSize(60, 1)), QRect(middle - QPoint(7, 40), QSize(1, 70))):
                    part = canvas.grab(rect).toImage().convertToFormat(QImage.Format.Format_RGBA8888)
                    seen = np.array(part.constBits()).reshape(part.height(), -1, 4)[:, : part.width(), :3]
                    assert np.abs(seen - whole[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1]).max() <= 2

    tell(story, path)


# A screen of twice the density

HIDPI = """
import sys
import numpy as np
import main
from app.render.render import render, render_qimage
from tests.ui.double import DiscEngine, Words
from tests.ui.canvas.test_canvas import Editor, alone, shown

async def story(window):
    editor = Editor(window, None)
    alone(editor)
    canvas, document = window.canvas, window.session.document
    canvas.actual_size()
    picture = render(document, document.rect)[:100, 40:, :3]
    corner = canvas.to_widget(40, 0) * canvas.devicePixelRatioF()
    left, top = round(corner.x()), round(corner.y())
    same = np.array_equal(shown(editor)[top : top + 100, left : left + 120], picture)
    print(canvas.devicePixelRatioF(), same)
    window.leave_unsaved()

tasks = []
main.main(sys.argv[1:], engine=DiscEngine, vocabulary=Words, opened=lambda window: tasks.append(window.loop.create_task(story(window))))
tasks[0].result()
"""


@pytest.mark.parametrize("factor", ["2", "1.5"])
def test_on_a_dense_screen_100_percent_is_one_pixel_of_the_screen(scene: Path, factor: str) -> None:
    environment = os.environ | {"QT_SCALE_FACTOR": factor, "QT_QPA_PLATFORM": "offscreen"}
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", HIDPI, str(scene)], cwd=root, env=environment, capture_output=True, text=True, timeout=60)
    assert run.stdout.split() == [str(float(factor)), "True"], run.stderr


def test_a_tool_whose_key_is_held_is_only_lent(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        desk, canvas = editor.window.desk, editor.window.canvas
        editor.do("edit.tool_move")
        QTest.keyPress(canvas, Qt.Key.Key_G)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=editor.point(30, 30))
        QTest.mouseMove(canvas, editor.point(60, 60))
        QTest.keyPress(canvas, Qt.Key.Key_Shift)
        QTest.keyRelease(canvas, Qt.Key.Key_Shift)
        QTest.mouseMove(canvas, editor.point(80, 70))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=editor.point(80, 70))
        assert (desk.tool, desk.box) == ("box", Rect(30, 30, 80, 70))
        QTest.keyRelease(canvas, Qt.Key.Key_G)
        assert desk.tool == "move"
        QTest.keyPress(canvas, Qt.Key.Key_R)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=editor.point(120, 20))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=editor.point(120, 20))
        QTest.keyRelease(canvas, Qt.Key.Key_R)
        assert desk.tool == "move"
        editor.key(Qt.Key.Key_G)
        editor.drag((10, 10), (50, 50))
        assert desk.tool == "box", "a key that was only pressed chooses the tool for good"

    tell(story, scene)


def test_a_lent_tool_finishes_its_gesture_though_the_key_is_up(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        desk, canvas = editor.window.desk, editor.window.canvas
        editor.do("edit.tool_move")
        QTest.keyPress(canvas, Qt.Key.Key_G)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=editor.point(30, 30))
        QTest.keyRelease(canvas, Qt.Key.Key_G)
        QTest.mouseMove(canvas, editor.point(80, 70))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=editor.point(80, 70))
        assert (desk.tool, desk.box) == ("move", Rect(30, 30, 80, 70))

    tell(story, scene)


def test_a_key_that_is_held_down_neither_breaks_the_drag_nor_asks_for_layers_twice(tell: Tell, scene: Path) -> None:
    async def story(editor: Editor) -> None:
        actions = editor.window.actions_
        once = ("edit.tool_box", "edit.swap", "generate.run", "layer.delete", "layer.duplicate", "file.save")
        assert not any(actions[name].autoRepeat() for name in once)
        assert all(actions[name].autoRepeat() for name in ("edit.undo", "edit.brush_larger", "view.zoom_in", "layer.select_above"))

    tell(story, scene)
