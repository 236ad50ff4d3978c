"""A folder as what is deployed of it: each path with its mode, its time and its bytes."""

import stat
from pathlib import Path

Tree = dict[str, tuple[int, float, bytes]]


def tree(folder: Path) -> Tree:
    """Return everything below the folder; a folder has no bytes."""
    return {
        path.relative_to(folder).as_posix(): (
            stat.S_IMODE(path.lstat().st_mode),
            path.lstat().st_mtime,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }
