"""What commands leave on disk: whole or not at all; a device, a pipe or a link stays what it is."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from terminal.errors import UserError

_NEW = 0o666
"""As every program makes a file: what the user's umask leaves of it."""
_NEW_AND_PRIVATE = 0o600
_DRAFT = ".lab-"
_MOST_LINKS = 40
_MOST_FOLDERS = 1000


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an error of the file system into a UserError that names the file and the reason."""
    try:
        yield
    except OSError as error:
        name = str(error.filename or path)
        place = path if _DRAFT in name else name
        raise UserError(
            f"cannot write {place}: {error.strerror or error}; make room there, make it writable, "
            "or name another place"
        ) from error


def write(text: str, path: Path, *, private: bool = False) -> None:
    """Write a file so that a reader sees the old one or the new one, never a half.

    A file that is there keeps its mode, a new one has what the umask leaves; a `private` one is
    for its owner's eyes. A link is followed; into a device or a pipe the text is written through.

    Raises:
        UserError: it cannot be written; a file that was there is as it was.
    """
    with writing(path):
        if is_stream(path):
            _write_through(text, path)
        else:
            _replace(text, Path(os.path.realpath(path)), private=private)


def is_stream(path: Path) -> bool:
    """Whether somebody reads what is written there as it comes: no file that could be replaced."""
    if _descriptor(path) is not None:
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def check_writable(path: Path | None) -> None:
    """Raise UserError, before anything is done, if what was done could not be written there."""
    if path is not None and (reason := why_not_writable(path)):
        raise UserError(
            f"--json {path} cannot be written: {reason}; name a file in a folder where that is "
            "possible, or leave it out"
        )


def why_not_writable(path: Path) -> str | None:
    """Say why `write` would fail, as far as that can be known without trying; else None.

    It is not tried out: an empty file would look like a result to whoever waits for it.
    """
    try:
        if (descriptor := _descriptor(path)) is not None:
            os.fstat(descriptor)
            return None
        mode = path.stat().st_mode if path.exists() else None
    except OSError as error:
        return error.strerror
    real = Path(os.path.realpath(path))
    if mode is None:
        return _why_no_folder(real.parent)
    if stat.S_ISDIR(mode) or stat.S_ISSOCK(mode):
        return "Is a directory" if stat.S_ISDIR(mode) else "Is a socket"
    return None if os.access(real, os.W_OK) else "Permission denied"


def new_folder(parent: Path, ending: str = "") -> Path:
    """Make a folder of one's own named for the moment, e.g. `20251128-090000`, and return it.

    Raises:
        UserError: it cannot be made.
    """
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}{ending}"
    with writing(parent):
        parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", *(f"-{number}" for number in range(2, _MOST_FOLDERS))):
            folder = parent / f"{name}{suffix}"
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                return folder
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(parent / name))


def _why_no_folder(folder: Path) -> str | None:
    if not folder.exists():
        return f"{folder} does not exist"
    if not folder.is_dir():
        return f"{folder} is not a folder"
    return None if os.access(folder, os.W_OK) else f"{folder} is not writable"


def _descriptor(path: Path) -> int | None:
    """Return the open file of this process that a path such as /dev/stdout stands for.

    To open it by that path would be another file: with a place of its own to write at, or, for a
    socket, none at all.
    """
    own = {Path(f"/proc/{os.getpid()}/fd"), Path("/dev/fd")}
    at = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the last link too
    for _ in range(_MOST_LINKS):
        folder = Path(os.path.realpath(at.parent))
        if folder in own and at.name.isdecimal():
            return int(at.name)
        at = folder / at.name
        if not at.is_symlink():
            return None
        at = folder / at.readlink()
    return None


def _write_through(text: str, path: Path) -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()  # what was said before comes before
    descriptor = _descriptor(path)
    opened = os.open(path, os.O_WRONLY) if descriptor is None else os.dup(descriptor)
    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.write(text)


def _replace(text: str, target: Path, *, private: bool) -> None:
    before = target.stat() if target.exists() else None
    if before is not None and not os.access(target.parent, os.W_OK):
        target.write_text(text, encoding="utf-8")
        return
    draft = target.with_name(f"{_DRAFT}{os.getpid()}-{secrets.token_hex(4)}")
    mode = _NEW_AND_PRIVATE if private else _NEW
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            if before is not None:
                _look_like(before, file.fileno())
            file.write(text)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _look_like(before: os.stat_result, descriptor: int) -> None:
    with contextlib.suppress(OSError):  # only root may give a file away
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
