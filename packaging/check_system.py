"""Is this machine fit to run Downstage? Each answer is one sentence with what to do.

    python check_system.py python [--install]      the interpreter is new enough and can make virtual environments
    python check_system.py libraries [--install]   Qt's system libraries are there (run by the interpreter of .venv)

--install lets apt-get fetch what is missing where that needs no question: as root in continuous integration (CI=true).
Written so that an old Python can read it too: it has to be able to say that it is too old.
"""

import ctypes
import importlib
import os
import platform
import shutil
import subprocess
import sys

OLDEST = (3, 11)

# library to open -> package in (apt, dnf, pacman)
LIBRARIES = {
    "libEGL.so.1": ("libegl1", "mesa-libEGL", "libglvnd"),
    "libGL.so.1": ("libgl1", "mesa-libGL", "libglvnd"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    "libX11.so.6": ("libx11-6", "libX11", "libx11"),
    "libfreetype.so.6": ("libfreetype6", "freetype", "freetype2"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig", "fontconfig"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs", "dbus"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2", "glib2"),
}

# What a window needs besides, on an X server or a Wayland session; a machine without a display does not.
X11_LIBRARIES = {
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb", "libxcb"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb", "libxcb"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb", "libxcb"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libX11-xcb", "libx11"),
}

WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": ("libwayland-client0", "libwayland-client", "wayland"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "libwayland-cursor", "wayland"),
}

MANAGERS = (("apt-get", "sudo apt install"), ("dnf", "sudo dnf install"), ("pacman", "sudo pacman -S"))


def missing_libraries(wanted):
    """Names in `wanted` that the system's loader cannot open."""
    missing = []
    for name in wanted:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def advice(missing, packages, manager=None):
    """One sentence that names the missing libraries and how this system's package manager fetches them.

    packages: library -> (apt, dnf, pacman) names. manager: "apt-get", "dnf", "pacman"; None looks which one is there.
    """
    for column, (program, command) in enumerate(MANAGERS):
        if manager == program or (manager is None and shutil.which(program)):
            names = sorted(set(packages[name][column] for name in missing))
            return "Downstage needs system libraries that are not installed (%s); run: %s %s" % (", ".join(missing), command, " ".join(names))
    return "Downstage needs system libraries that are not installed: %s." % ", ".join(missing)


def may_install():
    return os.environ.get("CI", "").lower() in ("1", "true") and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")


def apt_install(names):
    """Fetch Debian packages without a question; True when that worked."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    quiet = {"env": environment, "stdout": subprocess.DEVNULL}
    subprocess.call(["apt-get", "update", "-qq"], **quiet)
    return subprocess.call(["apt-get", "install", "-y", "-qq", "--no-install-recommends"] + list(names), **quiet) == 0


def check_python(install):
    """A sentence about what the interpreter lacks, or None."""
    if sys.version_info < OLDEST:
        return "Downstage needs Python %d.%d or newer, and %s is %s; install a newer one and run: make PYTHON=/path/to/python3" % (
            OLDEST + (sys.executable, platform.python_version())
        )
    if not _has_ensurepip():
        package = "python%d.%d-venv" % sys.version_info[:2]
        if not (install and may_install() and apt_install([package]) and _has_ensurepip()):
            return "This Python cannot make virtual environments; on Debian and Ubuntu run: sudo apt install " + package
    return None


def _has_ensurepip():
    importlib.invalidate_caches()
    try:
        importlib.import_module("ensurepip")
    except ImportError:
        return False
    return True


def check_libraries(install):
    """A sentence about which system libraries Qt lacks, or None."""
    if not sys.platform.startswith("linux"):
        return _qt_trouble()
    packages = dict(LIBRARIES)
    if os.environ.get("WAYLAND_DISPLAY"):
        packages.update(WAYLAND_LIBRARIES)
    elif os.environ.get("DISPLAY"):
        packages.update(X11_LIBRARIES)
    missing = missing_libraries(packages)
    if missing and install and may_install():
        apt_install(sorted(set(packages[name][0] for name in missing)))
        missing = missing_libraries(packages)
    if missing:
        return advice(missing, packages)
    return _qt_trouble()


def _qt_trouble():
    try:
        importlib.import_module("PySide6.QtWidgets")
    except ImportError as error:
        return "Qt does not start on this machine: %s." % error
    return None


def main(arguments):
    checks = {"python": check_python, "libraries": check_libraries}
    if not arguments or arguments[0] not in checks:
        sys.stderr.write("Say what to check: python or libraries.\n")
        return 2
    trouble = checks[arguments[0]]("--install" in arguments)
    if trouble:
        sys.stderr.write(trouble + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
