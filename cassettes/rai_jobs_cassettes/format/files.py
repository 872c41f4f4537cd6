"""Files that are whole at every moment: written aside and put in place at once, by one at a time.

Nothing here knows what is in a file.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from ..errors import CassetteFileError

__all__ = ["locked", "write_whole"]

# Some file systems keep folders in order by themselves, and refuse to be told.
_NOTHING_TO_SYNC = frozenset((errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, so that whoever looks sees the old one or the new one, whole.

    It is on the disk when this returns. A link is followed; the file's permissions stay. Folders
    are made.

    Args:
        path: of the file.
        content: all of it.

    Raises:
        CassetteFileError: it cannot be written; what was there before is still there.
    """
    aside: Path | None = None
    try:
        target = Path(os.path.realpath(path))
        mode = _require_writable(path, target)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
        _write(aside, content, mode)
        aside.replace(target)
        aside = None
    except (OSError, ValueError) as error:
        raise CassetteFileError(
            f"{path} cannot be written: {_why(error)}. What was there is as it was; make room, or"
            " name a place where you may write."
        ) from error
    finally:
        if aside is not None:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
    try:
        _sync_folder(target.parent)
    except OSError as error:
        raise CassetteFileError(
            f"{path} was written, and may not outlast a power failure: its folder could not be"
            f" synced: {_why(error)}."
        ) from error


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the right to write a file, against every other holder, in this process and others.

    What a killed writer left beside the file is swept away first.

    Args:
        path: of the file; it need not be there. The lock is `.<name>.lock` beside it, for as long
            as it is held.

    Raises:
        CassetteFileError: somebody else holds it, or no lock can be made there.
    """
    import filelock

    try:
        target = Path(os.path.realpath(path))
        lock_path = target.with_name(f".{target.name}.lock")
        lock = filelock.FileLock(lock_path, timeout=0)
        target.parent.mkdir(parents=True, exist_ok=True)
        cast("Any", lock).acquire()
    except filelock.Timeout as error:
        raise CassetteFileError(
            f"{path} is being written by another process, or by another cassette of this one:"
            " wait until it has ended, or name another file."
        ) from error
    except (OSError, ValueError, NotImplementedError) as error:
        raise CassetteFileError(
            f"{path} cannot be written: no lock can be made beside it: {_why(error)}. Name a place"
            " where you may write."
        ) from error
    try:
        _sweep(target)
        yield
    finally:
        # While it is held, so that nobody takes one that is about to go.
        with suppress(OSError):
            lock_path.unlink(missing_ok=True)
        lock.release()


def _require_writable(path: Path, target: Path) -> int | None:
    """Return the permissions of a file; `None` where there is none.

    Raises:
        CassetteFileError: it is no file, or is not to be written.
    """
    try:
        found = target.stat()
    except FileNotFoundError:
        return None
    if target.is_dir():
        raise CassetteFileError(
            f"{path} is a directory: name a file, such as {path / 'cassette.yaml'}."
        )
    if not target.is_file():
        raise CassetteFileError(f"{path} is no plain file: name the file of a cassette.")
    # A new file in its place would need no permission of the old one; what is protected stays.
    if not found.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise CassetteFileError(
            f"{path} is read-only: allow writing it, or name another file. It is as it was."
        )
    return found.st_mode & 0o7777


def _write(aside: Path, content: bytes, mode: int | None) -> None:
    with aside.open("xb") as file:
        file.write(content)
        if mode is not None:
            aside.chmod(mode)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno in _NOTHING_TO_SYNC:
            return
        raise
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOTHING_TO_SYNC:
            raise
    finally:
        os.close(descriptor)


def _sweep(target: Path) -> None:
    aside = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{12}}\.tmp")
    with suppress(OSError):
        for each in target.parent.iterdir():
            if aside.fullmatch(each.name):
                each.unlink(missing_ok=True)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
