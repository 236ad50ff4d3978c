"""The console that commands print on."""

from __future__ import annotations

from rich.console import Console

WIDTH_IN_A_FILE = 100


def make_console() -> Console:
    """Return the console of a command; in a file lines may be wider than rich would guess.

    Paths, ids and what AWS says are printed as they are: `[a]` and `:bell:` mean nothing else.
    """
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH_IN_A_FILE)
    return console
