"""A function's archive: laid out as a folder here, and what the emulator gets in its place."""

from __future__ import annotations

import io
import shlex
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from engine.runtime.processes import EngineError

if TYPE_CHECKING:
    from os import PathLike

_EXECUTABLE = 0o755 << 16

_SCRIPT = """\
#!/bin/sh
echo $$ > {fifo}
exec sleep 2147483647
"""
"""Announces its process id and waits: the fork server reads its environment and output from /proc.

Starting a shell takes 2 ms of CPU where a Python that passes them on takes 10; under load that is
paid some 200 times in a few seconds. Ending it ends the environment.
"""


def unpack(archive: object, target: Path, *, base: Path) -> Path:
    """Lay the archive out at `target`, linked where it can be; relative paths start at `base`.

    Raises EngineError for a path that does not exist and for archives from elsewhere.
    """
    if target.is_symlink():
        target.unlink()
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    _place(archive, target, base)
    return target


def bootstrap_archive(fifo: Path) -> bytes:
    """A zip with `bootstrap`, which asks the fork server that reads `fifo` for an environment."""
    return _zip({"bootstrap": _SCRIPT.format(fifo=shlex.quote(str(fifo)))})


def placeholder_archive() -> bytes:
    """A zip that stands for content which the emulator stores but never opens."""
    return _zip({"README": "The engine's environments import from the unpacked archive.\n"})


def _place(part: object, target: Path, base: Path) -> None:
    match part:
        case pulumi.FileArchive() | pulumi.FileAsset():
            _place_path(
                _existing(base, part.path), target, archive=isinstance(part, pulumi.Archive)
            )
        case pulumi.AssetArchive():
            _place_all(part.assets, target, base)
        case pulumi.StringAsset():
            target.write_text(part.text, encoding="utf-8")
        case _:
            raise EngineError(f"the engine cannot unpack a {type(part).__name__}")


def _place_all(parts: Mapping[str, Any], target: Path, base: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    # Folders first come, deeper paths after them: a file may lie inside a folder of the archive.
    for name in sorted(parts, key=lambda key: key.count("/")):
        inside = target / name
        if name in (".", ""):
            inside = target
        _materialise_parents(inside.parent, target)
        _place(parts[name], inside, base)


def _materialise_parents(folder: Path, top: Path) -> None:
    """Turn a linked parent into a real copy before something is put into it."""
    for parent in [folder, *folder.parents]:
        if parent == top:
            break
        if parent.is_symlink():
            source = parent.resolve()
            parent.unlink()
            shutil.copytree(source, parent)
    folder.mkdir(parents=True, exist_ok=True)


def _place_path(source: Path, target: Path, *, archive: bool) -> None:
    if archive and source.is_file():
        with zipfile.ZipFile(source) as packed:
            packed.extractall(target)
    elif source.is_dir() and target.exists():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.symlink_to(source, target_is_directory=source.is_dir())


def _existing(base: Path, path: str | PathLike[str]) -> Path:
    source = (base / path).resolve()
    if not source.exists():
        raise EngineError(f"archive path {source} does not exist")
    return source


def _zip(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = _EXECUTABLE
            archive.writestr(entry, text)
    return buffer.getvalue()
