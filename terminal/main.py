"""The outermost layer of a command: whatever happens, it ends with a code of `terminal.errors`.

Nothing is imported here that may be missing: an import that fails is one of the things that happen.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from typing import Any, TextIO

from terminal.errors import INTERRUPTED, WRONG_SETUP, UserError

_SIZES = ("COLUMNS", "LINES", "TERMINAL_WIDTH")


def run_command_line(program: str, module: str) -> None:
    """Call `run` of the module; a UserError ends it with one line and code 2, Ctrl-C with 130.

    So does any other error with code 2, below its traceback: Python's own code for it is 1, which
    means that the audit found an order lost.
    """
    code = _run(program, module)
    for stream in (sys.stdout, sys.stderr):
        _drop_what_cannot_be_written(stream)
    raise SystemExit(code)


def _run(program: str, module: str) -> Any:
    _forget_terminals_without_a_size()
    try:
        with _Output.in_place_of_stdout():
            importlib.import_module(module).run()
    except SystemExit as ended:
        return ended.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except UserError as error:
        _say(f"{program}: {error}")
    except ImportError as error:
        _say(
            f"{program}: {error}; {sys.executable} lacks what {program} needs: run `make setup`, "
            f"then `.venv/bin/{program}`"
        )
    except Exception as error:  # noqa: BLE001 - every other way to end is a fault of ours
        _say(traceback.format_exc())
        _say(
            f"{program}: {type(error).__name__}: {error}; this is a fault of ours: please report it"
        )
    return WRONG_SETUP


class _Output:
    """Standard output; that it is full or closed is said as what it is, and no fault of a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @classmethod
    @contextlib.contextmanager
    def in_place_of_stdout(cls) -> Any:
        """Put it there until the block has ended, then write what is left of it."""
        if sys.stdout is None:  # closed before we began: nobody wants to know
            yield
            return
        output: Any = cls(sys.stdout)
        with contextlib.redirect_stdout(output):
            try:
                yield
            finally:
                output.flush()

    def write(self, text: str) -> int:
        with _told():
            return self._stream.write(text)

    def flush(self) -> None:
        with _told():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def _told() -> Any:
    try:
        yield
    except OSError as error:
        raise UserError(f"standard output cannot be written: {error.strerror}") from error


def _say(text: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(text.rstrip(), file=sys.stderr)  # noqa: T201 - the one place that prints it


def _drop_what_cannot_be_written(stream: TextIO | None) -> None:
    """Python would try once more at its very end, and end with code 120 for it."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), stream.fileno())


def _forget_terminals_without_a_size() -> None:
    """COLUMNS=0, as some shells set it without a terminal, would leave room for no letter."""
    for name in _SIZES:
        if not os.environ.get(name, "1").isdecimal() or not int(os.environ.get(name, "1")):
            del os.environ[name]
