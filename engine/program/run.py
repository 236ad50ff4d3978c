"""Runs the Pulumi program in a thread and an event loop of its own, one run after another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import runpy
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path

import pulumi
from pulumi.runtime import set_all_config, set_mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import run_pulumi_func

from engine.program.config import StackConfig
from engine.program.mocks import Engine
from engine.runtime.processes import EngineError
from terminal.errors import UserError

_WORKERS = 16
_POLL_SECONDS = 0.1


def run_program(root: Path, config: StackConfig, engine: Engine) -> dict[str, str]:
    """Run `__main__.py` below `root` against the engine and return the stack's outputs as text.

    Pulumi keeps its state in context variables, so each run has a thread and a context of its own;
    the waiting main thread stays open to Ctrl-C.
    """
    run = _Run(root, config, engine)
    thread = threading.Thread(
        target=Context().run, args=(run.execute,), name="pulumi-program", daemon=True
    )
    thread.start()
    while thread.is_alive():
        thread.join(_POLL_SECONDS)
    if run.error is not None:
        log = _write_log(run.error, engine.context.run_dir / "logs" / "program.log")
        raise _readable(run.error, engine, log) from None
    return run.outputs


class _Run:
    def __init__(self, root: Path, config: StackConfig, engine: Engine) -> None:
        self.outputs: dict[str, str] = {}
        self.error: BaseException | None = None
        self._root = root
        self._config = config
        self._engine = engine

    def execute(self) -> None:
        try:
            with _worker_loops() as executor, asyncio.Runner() as runner:
                loop = runner.get_loop()
                loop.set_default_executor(executor)
                # A failed resource fails each output that waits for it: the first error says all.
                loop.set_exception_handler(lambda _loop, _context: None)
                runner.run(self._program())
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread
            self.error = error

    async def _program(self) -> None:
        set_mocks(
            self._engine,
            project=self._config.project,
            stack=self._config.stack,
            preview=False,
            logger=logging.getLogger("engine.program"),
        )
        set_all_config(dict(self._config.values))
        with _inside(self._root):
            await run_pulumi_func(_main_of(self._root))
        self.outputs = await _resolved(getattr(get_root_resource(), "outputs", {}))


def _main_of(root: Path) -> Callable[[], None]:
    def program() -> None:
        runpy.run_path(str(root / "__main__.py"), run_name="__main__")

    return program


@contextlib.contextmanager
def _inside(root: Path) -> Iterator[None]:
    """As `pulumi up` runs a program: in its folder, which imports come from."""
    sys.path.insert(0, str(root))
    try:
        with contextlib.chdir(root):
            yield
    finally:
        sys.path.remove(str(root))


@contextlib.contextmanager
def _worker_loops() -> Iterator[ThreadPoolExecutor]:
    """Threads with an event loop each: Pulumi's monitor would make them and never close them."""
    loops: list[asyncio.AbstractEventLoop] = []

    def initialise() -> None:
        loop = asyncio.new_event_loop()
        loops.append(loop)
        asyncio.set_event_loop(loop)

    try:
        with ThreadPoolExecutor(_WORKERS, "pulumi-worker", initialise) as executor:
            yield executor
    finally:
        for loop in loops:
            loop.close()


async def _resolved(outputs: Mapping[str, object]) -> dict[str, str]:
    values = {}
    for name, value in outputs.items():
        plain = await pulumi.Output.from_input(value).future()
        if plain is not None:
            values[name] = str(plain)
    return values


def _write_log(error: BaseException, log: Path) -> Path:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return log


def _readable(error: BaseException, engine: Engine, log: Path) -> UserError:
    """What a person can act on: the resource that failed, or what the program refused."""
    if engine.first_error is not None:
        return EngineError(f"{engine.first_error}; log: {log}")
    if isinstance(error, UserError):
        return error
    if isinstance(error, pulumi.RunError):
        return UserError(str(error))
    place = _last_place(error)
    return EngineError(
        f"the Pulumi program failed{place}: {type(error).__name__}: {error}; log: {log}"
    )


def _last_place(error: BaseException) -> str:
    frame = error.__traceback__
    place = ""
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        library = "site-packages" in name or f"{os.sep}lib{os.sep}python" in name
        if not library and not name.startswith("<"):
            place = f" at {os.path.relpath(name)}:{frame.tb_lineno}"
        frame = frame.tb_next
    return place
