"""Standard output of a function: its own log file, and in an environment the emulator's as well."""

import contextlib
import io
import os
import sys
from typing import Any

_BUFFER_BYTES = 65_536


class Output(io.RawIOBase):
    """Writes each line to every descriptor; a reader that is gone is no error of the function's."""

    def __init__(self) -> None:
        super().__init__()
        self._descriptors = [1]

    def also_to(self, descriptor: int) -> None:
        """Copy everything to one more descriptor from now on."""
        self._descriptors.append(descriptor)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any, /) -> int:
        """Write it all, however many descriptors refuse."""
        content = bytes(data)
        for descriptor in self._descriptors:
            with contextlib.suppress(OSError):
                os.write(descriptor, content)
        return len(content)


def install() -> Output:
    """Replace sys.stdout and sys.stderr before the handler's module can keep them."""
    output = Output()
    for name in ("stdout", "stderr"):
        buffered = io.BufferedWriter(output, _BUFFER_BYTES)
        setattr(sys, name, io.TextIOWrapper(buffered, "utf-8", "replace", line_buffering=True))
    return output
