"""JSON log lines on stdout: event name plus key=value, never a payload, never a secret.

A function imports this in its cold start, which is why it is made of the standard library.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec

Entry = dict[str, Any]

_NAMES = {number: logging.getLevelName(number).lower() for number in range(10, 60, 10)}
_context: ContextVar[Mapping[str, Any]] = ContextVar("log_context", default=MappingProxyType({}))
_process: Entry = {}
_least = logging.DEBUG


def configure_logging(service: str, level: str) -> None:
    """Send our events, and the standard library's records, to stdout as JSON lines of `service`.

    `level` is the least of ours that is written.
    """
    global _least  # noqa: PLW0603 - logging is configured once a process
    _least = logging.getLevelNamesMapping()[level]
    _process["service"] = service
    # Libraries speak up from WARNING on: botocore logs request bodies below it.
    logging.basicConfig(handlers=[_Records()], level=logging.WARNING, force=True)


def bind_to_logs(**fields: Any) -> None:
    """Add these fields to every line that the running task, and what it starts, writes from now."""
    _context.set({**_context.get(), **fields})


class Logger:
    """Writes events with their fields."""

    def debug(self, event: str, **fields: Any) -> None:
        """Tell what only a search for a fault wants to know."""
        _log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Tell what goes as it should."""
        _log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Tell what went wrong and was dealt with."""
        _log(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Tell what went wrong and was not."""
        _log(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """Tell what went wrong, with the traceback of the exception that is being handled."""
        _log(logging.ERROR, event, {**fields, "exception": traceback.format_exc().strip()})


_logger = Logger()


def get_logger() -> Logger:
    """Return the logger; what it writes is decided when it writes."""
    return _logger


class _Records(logging.Handler):
    """Writes the records of libraries as lines like ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        fields: Entry = {"logger": record.name}
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception"] = "".join(traceback.format_exception(*record.exc_info)).strip()
        _log(record.levelno, record.getMessage(), fields)


def _log(level: int, event: str, fields: Mapping[str, Any]) -> None:
    if level >= _least:
        named = {"event": event, "level": _NAMES.get(level, str(level))}
        write({**_process, **_context.get(), **fields, **named})


def write(entry: Entry) -> None:
    """Write one line, with the time; in one piece, since processes may share the file."""
    timestamp = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    line = msgspec.json.encode({**entry, "timestamp": timestamp}, enc_hook=str)
    sys.stdout.write(line.decode() + "\n")
    sys.stdout.flush()
