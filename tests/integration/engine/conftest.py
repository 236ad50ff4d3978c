from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.deployment import Deployment, deploy
from engine.emulator.server import free_port

PROJECT = Path(__file__).with_name("project")
Deploy = Callable[..., AbstractContextManager[Deployment]]


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def small(run_dir: Path) -> Deploy:
    """Deploy a stack of the test project, its service on a free port."""

    @contextmanager
    def start(
        stack: str, *, first_retry_seconds: float = 60.0, **config: Any
    ) -> Iterator[Deployment]:
        values = {"port": str(free_port())} | {key: str(value) for key, value in config.items()}
        with deploy(
            stack,
            config=values,
            run_dir=run_dir,
            project=PROJECT,
            first_retry_seconds=first_retry_seconds,
        ) as deployment:
            yield deployment

    return start
