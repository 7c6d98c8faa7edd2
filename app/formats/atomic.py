"""Saving a file so that, whatever happens, either the old or the new one is there in full."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import platform
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

from ..errors import FileChanged, FileError
from ..words import phrase

Stamp = tuple[int, int]  # when a file was last written, in nanoseconds, and its bytes: tells one version from another

_REASONS = {
    errno.ENOSPC: (phrase("the disk is full."), phrase("Free some room or save somewhere else.")),
    errno.EDQUOT: (phrase("your quota on this disk is used up."), phrase("Free some room or save somewhere else.")),
    errno.EFBIG: (phrase("the disk takes no file this large."), phrase("Save somewhere else.")),
    errno.EACCES: (phrase("it is write-protected."), phrase("Save into another folder or under another name.")),
    errno.EPERM: (phrase("it is write-protected."), phrase("Save into another folder or under another name.")),
    errno.EROFS: (phrase("the disk is read-only."), phrase("Save into another folder.")),
    errno.ENOENT: (phrase("the folder does not exist."), phrase("Make the folder first, or save into another one.")),
    errno.ENOTDIR: (phrase("the folder does not exist."), phrase("Make the folder first, or save into another one.")),
    errno.EISDIR: (phrase("there is a folder of that name."), phrase("Choose another name.")),
    errno.ENAMETOOLONG: (phrase("the name is too long."), phrase("Choose a shorter name.")),
}


def save_error(path: Path, error: OSError) -> FileError:
    """The sentence for a save that failed; what was in the file before is still there."""
    reason, hint = _REASONS.get(
        error.errno or 0, (phrase("the system says: {words}.", words=error.strerror or error), phrase("Save somewhere else."))
    )
    return FileError(phrase("“{name}” could not be saved: {reason}", name=path.name, reason=reason), hint)


def stamp(path: str | Path) -> Stamp | None:
    """Which version of the file is there; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def check_unchanged(path: Path, expected: Stamp | None) -> None:
    """FileChanged where another version than the expected one is there. None: whatever is there may go."""
    if expected is not None and (there := stamp(path)) is not None and there != expected:
        raise FileChanged(
            phrase("“{name}” was changed by another window or program after you opened it.", name=path.name),
            phrase("Save under another name to keep both."),
        )


@contextmanager
def replacing(path: str | Path, expected: Stamp | None = None) -> Iterator[Path]:
    """A temporary file beside `path` to write into; it takes the place of `path` when the block ends without an error.

    The temporary file exists (empty) when the block starts and lies in the same folder, so that the last step is one atomic
    rename. A link is followed: what it points at is replaced. OSError becomes FileError; the old file is never touched
    before the new one is safely on the disk.

    expected: the version of the file that may be replaced; FileChanged where another one is there, even at the last moment.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".downstage-{_program()}-{os.getpid()}-{uuid.uuid4().hex}.tmp")
    remove_left_behind(target.parent)
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        check_unchanged(target, expected)
        _create(temporary, like=target)
        yield temporary
        _to_disk(temporary)
        check_unchanged(target, expected)
        os.replace(temporary, target)
        _to_disk_folder(target.parent)
    except OSError as error:
        raise save_error(Path(path), error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _create(temporary: Path, like: Path) -> None:
    """An empty file with the rights of `like`, or those of any new file."""
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    if like.exists():
        if not os.access(like, os.W_OK):  # a rename would replace even a file that is write-protected
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with suppress(PermissionError):
            os.chmod(temporary, like.stat().st_mode & 0o777)


def _to_disk(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _to_disk_folder(folder: Path) -> None:
    """Make the rename itself durable; not every system can open a folder, and there it is not needed."""
    if os.name != "posix":
        return
    with suppress(OSError):  # some network file systems refuse it; the new file is in its place by now
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _program() -> str:
    """Which computer, and which container on it, the number of a process belongs to."""
    space = ""
    with suppress(OSError):
        space = str(os.stat("/proc/self/ns/pid").st_ino)
    return hashlib.blake2b(f"{platform.node()} {space}".encode("utf-8", "replace"), digest_size=4).hexdigest()


def remove_left_behind(folder: Path) -> None:
    """Remove the temporary files of saves that were killed: of processes of this computer that are there no more. Never raises."""
    with suppress(OSError):
        for file in folder.glob(f".downstage-{_program()}-*.tmp"):
            number = file.name.split("-")[2]
            if number.isdecimal() and int(number) != os.getpid() and not _is_running(int(number)):
                with suppress(OSError):
                    file.unlink()


def _is_running(process: int) -> bool:
    """In doubt yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


@contextmanager
def one_at_a_time(path: Path, patience: float) -> Iterator[None]:
    """Hold the folder of a file while it is saved in place or replaced: two programs would break the file between them. The lock
    ends with the process. Where folders cannot be locked (Windows holds the open file itself; some networks), nothing is held.

    patience: seconds to wait for another; then FileError."""
    if fcntl is None:
        yield
        return
    try:
        handle = os.open(os.path.realpath(path.parent), os.O_RDONLY)
    except OSError:  # the save says why
        yield
        return
    try:
        until = time.monotonic() + patience
        while not _locked(handle):
            if time.monotonic() > until:
                raise FileError(
                    phrase("“{name}” is being read or saved by another window or program.", name=path.name),
                    phrase("Save again in a moment."),
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks here
        return True
    return True


# File systems with a journal of their own on a disk of this machine: where they say that something is written, it is.
_JOURNALED = {"ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "bcachefs", "overlay", "tmpfs"}


def on_local_disk(path: Path) -> bool:
    """Whether locks and syncs can be relied on where the file lies. Network folders and sticks: no, and neither in doubt."""
    folder = os.path.realpath(path.parent)
    try:
        if sys.platform == "win32":
            return ctypes.windll.kernel32.GetDriveTypeW(os.path.splitdrive(folder)[0] + "\\") == 3  # DRIVE_FIXED
        if sys.platform == "darwin":
            return os.stat(folder).st_dev in {os.stat(place).st_dev for place in ("/", "/System/Volumes/Data") if os.path.exists(place)}
        return _linux_file_system(folder) in _JOURNALED
    except OSError:
        return False


def _linux_file_system(folder: str) -> str:
    """The kind of the file system that holds a folder (proc(5), /proc/self/mountinfo)."""
    best, kind = "", ""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            fields, _, rest = line.partition(" - ")
            mount = fields.split()[4].replace("\\040", " ")
            inside = folder == mount or folder.startswith(mount.rstrip("/") + "/")
            if inside and len(mount) >= len(best):
                best, kind = mount, rest.split()[0]
    return kind
