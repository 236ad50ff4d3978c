"""Folders under build/ that are deployed: the same source makes the same bytes on any machine."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
BUILD_DIR = PROJECT_ROOT / "build"
FILE_MODE, FOLDER_MODE = 0o644, 0o755
# 1980-01-01, the earliest time that a zip file can tell.
MODIFIED_AT = 315_532_800


class BuildError(Exception):
    """What is deployed could not be built; the message says what failed and what to do."""


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder; at the end it is `folder`, unless another program was quicker.

    `folder` is complete or absent, and its name must tell its content: who comes second finds the
    same there. Modes and times are the same whatever the umask and the clock say. BuildError if it
    cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
            built = Path(scratch) / "folder"
            built.mkdir()
            yield built
            _normalise(built)
            _publish(built, folder)
    except OSError as error:
        raise BuildError(f"{folder} cannot be written: {error.strerror or error}") from None


def modules(packages: Iterable[str], root: Path = PROJECT_ROOT) -> dict[str, Path]:
    """Return the Python files of the packages under `root` by their path, in a fixed order.

    Nothing else is deployed: no caches, no editor's backups, no Dockerfile.
    """
    return {
        path.relative_to(root).as_posix(): path
        for package in sorted(packages)
        for path in sorted((root / package).rglob("*.py"))
    }


def content_digest(files: Mapping[str, bytes]) -> str:
    """Return 16 characters that tell these files, by name and content, from any others."""
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files below the folder, by their path in it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _normalise(folder: Path) -> None:
    # Files first: their making changes the times of folders.
    for path in sorted([folder, *folder.rglob("*")], reverse=True):
        path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
        os.utime(path, (MODIFIED_AT, MODIFIED_AT))


def _publish(built: Path, folder: Path) -> None:
    try:
        built.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
