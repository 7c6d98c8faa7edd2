"""Saving a file so that, whatever happens, either the old or the new one is there in full."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import FileError

_REASONS = {
    errno.ENOSPC: ("The disk is full.", "Free some room or save somewhere else."),
    errno.EDQUOT: ("Your quota on this disk is used up.", "Free some room or save somewhere else."),
    errno.EFBIG: ("The disk takes no file this large.", "Save somewhere else."),
    errno.EACCES: ("It is write-protected.", "Save into another folder or under another name."),
    errno.EPERM: ("It is write-protected.", "Save into another folder or under another name."),
    errno.EROFS: ("The disk is read-only.", "Save into another folder."),
    errno.ENOENT: ("The folder does not exist.", "Make the folder first, or save into another one."),
    errno.ENOTDIR: ("The folder does not exist.", "Make the folder first, or save into another one."),
    errno.EISDIR: ("There is a folder of that name.", "Choose another name."),
    errno.ENAMETOOLONG: ("The name is too long.", "Choose a shorter name."),
}


def save_error(path: Path, error: OSError) -> FileError:
    """The sentence for a save that failed; what was in the file before is still there."""
    reason, hint = _REASONS.get(error.errno or 0, (f"The system says: {error.strerror or error}.", "Save somewhere else."))
    return FileError(f"“{path.name}” could not be saved: {reason[0].lower()}{reason[1:]}", hint)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary file beside `path` to write into; it takes the place of `path` when the block ends without an error.

    The temporary file exists (empty) when the block starts and lies in the same folder, so that the last step is one atomic
    rename. A link is followed: what it points at is replaced. OSError becomes FileError; the old file is never touched
    before the new one is safely on the disk.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".downstage-{uuid.uuid4().hex}.tmp")
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _create(temporary, like=target)
        yield temporary
        _to_disk(temporary)
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
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems refuse it; the new file is in its place by now
            os.fsync(handle)
    finally:
        os.close(handle)
