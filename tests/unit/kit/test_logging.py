"""Log lines, from a process of their own: logging is configured once a process."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.process

PROGRAM = """
import logging, sys
from pathlib import PurePosixPath
from kit.logging import configure_logging, get_logger

before = get_logger()
configure_logging("receiver", sys.argv[1])
before.debug("quiet")
before.info("order_stored", order_id="001", path=PurePosixPath("/x"))
logging.getLogger("botocore").info("a request's body")
logging.getLogger("asyncio").warning("slow %s", "callback")
try:
    1 / 0
except ZeroDivisionError:
    get_logger().exception("failed")
"""


def lines(level: str) -> list[dict[str, Any]]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, level], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_is_a_json_event_of_its_service() -> None:
    stored, slow, failed = lines("INFO")
    assert (stored["event"], stored["order_id"], stored["path"]) == ("order_stored", "001", "/x")
    assert slow["event"] == "slow callback"
    assert failed["event"] == "failed"
    assert "ZeroDivisionError" in failed["exception"]
    for line in (stored, slow, failed):
        assert line["service"] == "receiver"
        assert line["timestamp"].endswith("Z")
        assert line["level"]


def test_the_level_decides_what_is_said() -> None:
    assert [line["event"] for line in lines("DEBUG")] == [
        "quiet",
        "order_stored",
        "slow callback",
        "failed",
    ]
    assert [line["event"] for line in lines("ERROR")][-1] == "failed"
    assert "order_stored" not in [line["event"] for line in lines("WARNING")]
