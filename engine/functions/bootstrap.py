"""The executable that the emulator takes for a custom runtime: it asks for a forked environment."""

from __future__ import annotations

import io
import shlex
import zipfile
from pathlib import Path

_EXECUTABLE = 0o755 << 16

_SCRIPT = """\
#!/bin/sh
echo $$ > {door}
exec sleep 2147483647
"""
"""Says who it is and waits: the parent process reads its environment and output from /proc.

Starting a shell takes 2 ms of CPU where a Python that passes them on takes 10; in a sale that is
paid some 200 times in a few seconds. Ending it ends the environment.
"""


def bootstrap_archive(door: Path) -> bytes:
    """A zip with `bootstrap`, which asks the parent process behind `door` for an environment."""
    return _zip({"bootstrap": _SCRIPT.format(door=shlex.quote(str(door)))})


def placeholder_archive() -> bytes:
    """A zip that stands for content which the emulator stores but never opens."""
    return _zip({"README": "The lab's environments import from the unpacked archive.\n"})


def _zip(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = _EXECUTABLE
            archive.writestr(entry, text)
    return buffer.getvalue()
