"""The OpenAPI document against the running receiver, by schemathesis: generated and stateful."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.receiver.process import ReceiverProcess

pytestmark = pytest.mark.integration

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 40
LINKS_FOLLOWED = re.compile(r"API Links:\s+[1-9]\d* covered")
SECONDS = 100


@pytest.mark.parametrize("topology", ["sync", "async"])
def test_the_receiver_does_what_its_document_says(
    process: Callable[..., ReceiverProcess], tmp_path: Path, topology: str
) -> None:
    receiver = process(TOPOLOGY=topology, PAYMENT_SECONDS="0", MAX_PENDING="100")
    url = f"http://127.0.0.1:{receiver.port}/openapi.json"
    tool = str(Path(sys.executable).with_name("schemathesis"))
    command = [tool, "--config-file", str(CONFIG), "run", url]
    ended = subprocess.run(  # noqa: S603 - a tool of the development environment
        [*command, "--max-examples", str(EXAMPLES), "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-5000:]
    assert LINKS_FOLLOWED.search(ended.stdout), "no answer was ever followed to the next request"
