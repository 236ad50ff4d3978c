"""What the report needs to know of a difference between the emulator and AWS."""

from __future__ import annotations

from typing import Protocol


class Difference(Protocol):
    """One measured difference; the lab's list of them is the engine's."""

    @property
    def name(self) -> str:
        """What differs."""
        ...

    @property
    def emulator(self) -> str:
        """What the emulator does."""
        ...

    @property
    def aws(self) -> str:
        """What AWS does."""
        ...

    @property
    def consequence(self) -> str:
        """What follows for the reader or the code."""
        ...
