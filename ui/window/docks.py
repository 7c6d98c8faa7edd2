"""Where the panels stand: docks at the right, the tools at the left; remembered between runs."""

from __future__ import annotations

import base64
from itertools import pairwise

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDockWidget,
    QMainWindow,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QTabBar,
    QTabWidget,
    QToolBar,
    QWidget,
)

from app.config.settings import Settings

LAYOUT_VERSION = 1
WIDTH = 300  # logical pixels of the right column
LOW = 600  # logical pixels: on a screen that is lower, all panels are tabs, or layers would have no room


class _Scrolled(QScrollArea):
    """As high as its panel, and no higher: what is left is for the layers. Where the window is too low for that, it scrolls."""

    changed = Signal()  # the panel needs another height

    def __init__(self, panel: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(panel)
        panel.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self.changed.emit()
        return super().eventFilter(watched, event)

    def fill(self, on: bool) -> None:
        """Take all the room there is, as one of several tabs."""
        policy = QSizePolicy.Policy.Preferred
        self.setSizePolicy(policy, policy if on else QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        return self.widget().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.widget().minimumSizeHint().width(), min(self.widget().minimumSizeHint().height(), 80))


class DockWindow(QMainWindow):
    """A window whose Tab stops at nothing that cannot be seen."""

    def focusNextPrevChild(self, next_: bool) -> bool:
        """Pass over panels that lie behind others, which Qt takes for visible, and bring into sight what was scrolled away."""
        start, hidden = QApplication.focusWidget(), [dock for dock in self.findChildren(QDockWidget) if dock.visibleRegion().isEmpty()]
        while super().focusNextPrevChild(next_):
            now = QApplication.focusWidget()
            if now is start or not any(dock.isAncestorOf(now) for dock in hidden):
                for area in self.findChildren(QScrollArea):
                    if area.isAncestorOf(now):
                        area.ensureWidgetVisible(now)
                return True
        return False


class Docks(QObject):
    """The dock widgets of one window, by name."""

    def __init__(self, window: QMainWindow, generate: QWidget, layers: QWidget, history: QWidget, queue: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._put_away: list[QDockWidget] = []
        self._first = QByteArray()
        self._dress_soon = QTimer(self)  # when Qt has finished moving things
        self._dress_soon.setSingleShot(True)
        self._dress_soon.timeout.connect(self._dress)
        titles = self._titles = {
            "generate": self.tr("Generate"),
            "layers": self.tr("Layers"),
            "history": self.tr("History"),
            "queue": self.tr("Queue"),
        }
        self._generate = _Scrolled(generate)
        self._low = 0  # logical pixels that the user has left the Generate panel; 0: all that it needs
        self._held = 0  # its height when a line between panels was taken hold of
        self._fit_soon = QTimer(self)
        self._fit_soon.setSingleShot(True)
        self._fit_soon.timeout.connect(self._fit)
        self._generate.changed.connect(self._fit_soon.start)
        window.installEventFilter(self)
        widgets = {"generate": self._generate, "layers": layers, "history": history, "queue": queue}
        self.docks = {name: self._dock(name, titles[name], widget) for name, widget in widgets.items()}
        window.setDockNestingEnabled(True)
        window.setDockOptions(window.dockOptions() | QMainWindow.DockOption.GroupedDragging)  # tabs can be pulled out
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for name in ("generate", "layers"):
            window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.docks[name])
        window.splitDockWidget(self.docks["generate"], self.docks["layers"], Qt.Orientation.Vertical)
        window.tabifyDockWidget(self.docks["layers"], self.docks["history"])
        window.tabifyDockWidget(self.docks["layers"], self.docks["queue"])
        self.docks["layers"].raise_()
        self._dress()
        right = [self.docks["generate"], self.docks["layers"]]
        window.resizeDocks(right, [270, 560], Qt.Orientation.Vertical)
        window.resizeDocks(right, [WIDTH, WIDTH], Qt.Orientation.Horizontal)

    def _dock(self, name: str, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"dock {name}")
        dock.setWidget(widget)
        dock.topLevelChanged.connect(lambda _floating: self._dress_soon.start())
        dock.dockLocationChanged.connect(lambda _area: self._dress_soon.start())
        widget.setMinimumWidth(260)
        return dock

    def _dress(self) -> None:
        """Among tabs the tab is the title; a panel that floats, or stands alone, needs one to be taken by."""
        for dock in self.docks.values():
            tabbed = not dock.isFloating() and bool(self._window.tabifiedDockWidgets(dock))
            if tabbed != (dock.titleBarWidget() is not None):
                dock.setTitleBarWidget(QWidget() if tabbed else None)
        self._generate.fill(self.docks["generate"].titleBarWidget() is not None)
        self._fit_soon.start()

    def _fit(self) -> None:
        """Qt only bounds a dock by what its panel needs, and does not follow it: what the panel needs more or less, the tallest one
        in its column gives or gets."""
        dock = self.docks["generate"]
        for layout in (dock.layout(), self._window.layout()):
            layout.invalidate()
            layout.activate()  # or they would still bound it by what it needed before
        if dock.titleBarWidget() is not None:  # it is a tab
            return
        needed = self._generate.sizeHint().height()
        more = (min(self._low, needed) if self._low and not dock.isFloating() else needed) - self._generate.height()
        if dock.isFloating():
            dock.resize(dock.width(), dock.height() + more)
            return
        beside = [other for other in self.docks.values() if not other.isFloating() and other.x() == dock.x()]
        column = [other for other in beside if not other.visibleRegion().isEmpty()]  # a tab that lies behind is visible, says Qt
        tallest = max((other for other in column if other is not dock), key=QWidget.height, default=None)
        if more and tallest is not None:
            changes = {dock: more, tallest: -more}
            self._window.resizeDocks(column, [max(self._taken(other) + changes.get(other, 0), 1) for other in column], Qt.Orientation.Vertical)

    def _taken(self, dock: QDockWidget) -> int:
        """Logical pixels of its column, with its tabs: what Qt finds left over it would share out."""
        tabs = self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return dock.height() + max((bar.height() for bar in tabs if self._window.tabifiedDockWidgets(dock)), default=0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:  # of the window: Qt would share the loss or gain out among the panels
            self._fit_soon.start()
        elif event.type() == QEvent.Type.MouseButtonPress:  # the lines between panels are the window's own
            self._held = self._generate.height()
        elif event.type() == QEvent.Type.MouseButtonRelease and self._generate.height() != self._held:
            height = self._generate.height()
            self._low = height if height < self._generate.sizeHint().height() else 0
        return super().eventFilter(watched, event)

    def _one_column_of_tabs(self) -> None:
        for one, next_ in pairwise(self.docks.values()):
            self._window.tabifyDockWidget(one, next_)
        self.docks["generate"].raise_()
        self._dress()

    def add_tools(self, actions: list[QAction], options: QToolBar) -> None:
        """The strip of tools at the left and the options bar on top."""
        bar = QToolBar(QCoreApplication.translate("Docks", "Tools"), self._window)
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setOrientation(Qt.Orientation.Vertical)
        bar.setIconSize(QSize(20, 20))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        group = QActionGroup(self._window)
        for action in actions:
            group.addAction(action)
            bar.addAction(action)
        self._window.addToolBar(Qt.ToolBarArea.TopToolBarArea, options)
        self._window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, bar)
        for tool in (bar, options):
            tool.toggleViewAction().setVisible(False)

    def add_panel_entries(self, menu: QMenu) -> None:
        """A submenu to take panels out of the window, or back."""
        apart = menu.addMenu(self.tr("In a Window of Its Own"))
        for name, dock in self.docks.items():
            action = apart.addAction(self._titles[name], lambda name=name: self.float_panel(name))
            action.setCheckable(True)
            dock.topLevelChanged.connect(action.setChecked)

    def float_panel(self, name: str) -> None:
        """Take a panel out of the window, or put it back."""
        self._bring_back()
        dock = self.docks[name]
        dock.setFloating(not dock.isFloating())
        dock.show()
        dock.raise_()

    def reset(self) -> None:
        """Every panel where it was when the program was first started."""
        self._bring_back()
        self._low = 0
        self._window.restoreState(self._first, LAYOUT_VERSION)

    def show_panel(self, name: str) -> None:
        """Make sure that a panel is in sight."""
        self._bring_back()
        self.docks[name].show()
        self.docks[name].raise_()

    def go_to_panel(self, name: str) -> None:
        """Bring a panel forward and give it the keys: its list, or the first thing that takes them."""
        self.show_panel(name)
        panel = self.docks[name].widget()
        chain = [panel]
        while (after := chain[-1].nextInFocusChain()) is not panel:
            chain.append(after)
        takers = [each for each in chain if panel.isAncestorOf(each) and each.focusPolicy() & Qt.FocusPolicy.TabFocus and each.isVisible() and each.isEnabled()]
        lists = [widget for widget in takers if isinstance(widget, QAbstractItemView)]
        for widget in (*lists, *takers)[:1]:
            widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def count_jobs(self, count: int) -> None:
        """Say on the queue's tab how many jobs there are."""
        title = self.tr("Queue")
        self.docks["queue"].setWindowTitle(f"{title} ({count})" if count else title)

    def toggle(self) -> None:
        """Hide all panels, or bring back those that were hidden."""
        if self._put_away:
            self._bring_back()
            return
        self._put_away = [dock for dock in self.docks.values() if not dock.isHidden()]
        for dock in self._put_away:
            dock.hide()

    def _bring_back(self) -> None:
        for dock in self._put_away:
            dock.show()
        self._put_away = []

    def save(self, settings: Settings) -> None:
        """Remember size and layout."""
        self._bring_back()
        settings.set("window", _text(self._window.saveGeometry()))
        settings.set("layout", _text(self._window.saveState(LAYOUT_VERSION)))
        settings.set("generate_height", self._low)

    def restore(self, settings: Settings) -> None:
        """Bring back size and layout of the last run."""
        room = self._window.screen().availableGeometry().size() - QSize(16, 48)  # the frame and title that the system adds
        if room.height() < LOW:
            self._one_column_of_tabs()
        for tabs in self._window.findChildren(QTabBar):
            tabs.setAccessibleName(self.tr("Panels"))
        self._first = self._window.saveState(LAYOUT_VERSION)
        self._low = settings.get("generate_height", 0)
        if window := settings.get("window", ""):
            self._window.restoreGeometry(_bytes(window))
        else:
            self._window.layout().activate()  # or it would be as high as it had to be before the panels became tabs
            self._window.resize(QSize(1440, 900).boundedTo(room))
        if layout := settings.get("layout", ""):
            self._window.restoreState(_bytes(layout), LAYOUT_VERSION)


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode()


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text))
    except ValueError:
        return QByteArray()
