"""What lies between one process and AWS: latency, lost answers, throttling, and the kill -9."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import Any, TypeVar

from botocore.exceptions import ReadTimeoutError

from tests.support.fake_aws.refusals import refusal

T = TypeVar("T")

LATE_SECONDS = 90.0
# As long as a lease: who was overtaken then meets who overtook.
STALL_SECONDS = 60.0


class ProcessCrash(BaseException):
    """The process is gone. No `Exception`, so that nothing in it can handle its own death."""


class Fault(Enum):
    """What goes wrong with one call."""

    CRASH_BEFORE = auto()
    """The process dies before the request leaves it."""
    CRASH_AFTER = auto()
    """The process dies when the request was carried out."""
    THROTTLED = auto()
    """Nothing is done."""
    BROKEN = auto()
    """Nothing is done; an internal error."""
    LOST_ANSWER = auto()
    """It is carried out, and the caller sees a time-out."""
    LATE = auto()
    """The caller sees a time-out at once; it is carried out `LATE_SECONDS` later."""
    STALLED_BEFORE = auto()
    """The process stands still for `STALL_SECONDS` before the request leaves it."""
    STALLED_AFTER = auto()
    """It is carried out, then the process stands still for `STALL_SECONDS`."""
    REPEATED = auto()
    """It is carried out twice, as botocore does after a lost answer; the second answer counts."""


def be_quiet_about_crashes() -> None:
    """Let the running loop say nothing of tasks that nobody awaits: their process is dead."""

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not _is_crash(context.get("exception")):
            loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(handle)


def _is_crash(error: BaseException | None) -> bool:
    """Tell whether the error is a crash, or a group of crashes and nothing else."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(ProcessCrash)[1] is None
    return isinstance(error, ProcessCrash)


class Wire:
    """Carries the calls of one process; `faults` go by the number of the call, from 0."""

    def __init__(
        self,
        *,
        faults: Mapping[int, Fault] | None = None,
        latency: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.calls: list[str] = []
        self.faults = dict(faults or {})
        self.crashed = False
        self._latency = latency
        self._refusals: defaultdict[str, deque[Mapping[int, str]]] = defaultdict(deque)
        self._work: set[asyncio.Task[Any]] = set()
        self._late: set[asyncio.Task[None]] = set()

    def fail_next(self, fault: Fault, *, after: int = 0) -> None:
        """Let the next call go wrong, or the one `after` further calls."""
        self.faults[len(self.calls) + after] = fault

    def refuse_entries(self, operation: str, codes: Mapping[int, str]) -> None:
        """Let the next batch of this operation fail at these entries alone, with these codes."""
        self._refusals[operation].append(codes)

    def refused_entries(self, operation: str) -> Mapping[int, str]:
        """Return what `refuse_entries` planned for the batch that is being carried out."""
        planned = self._refusals[operation]
        return planned.popleft() if planned else {}

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run `work` as part of this process: a crash ends it.

        Raises:
            ProcessCrash: the process is dead already.
        """
        if self.crashed:
            work.close()
            raise ProcessCrash
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns as part of this process.

        Raises:
            ProcessCrash: the process died meanwhile.
        """
        task = self.start(work)
        await asyncio.wait([task])
        if self.crashed and (task.cancelled() or _is_crash(task.exception())):
            raise ProcessCrash
        return task.result()

    def crash(self) -> None:
        """Kill the process: none of its work goes on, none of its calls leaves any more."""
        self.crashed = True
        for task in self._work - {asyncio.current_task()}:
            task.cancel()

    async def carry(self, operation: str, act: Callable[[], Awaitable[T]]) -> T:
        """Let AWS carry out `act`, with whatever the plan says happens on the way."""
        if self.crashed:
            raise ProcessCrash
        fault = self.faults.get(len(self.calls))
        self.calls.append(operation)
        if fault is Fault.CRASH_BEFORE:
            self.crash()
            raise ProcessCrash
        await asyncio.sleep(self._latency())
        answer = await self._meet(fault, operation, act)
        await asyncio.sleep(self._latency())
        if self.crashed:
            raise ProcessCrash
        return answer

    async def _meet(
        self, fault: Fault | None, operation: str, act: Callable[[], Awaitable[T]]
    ) -> T:
        match fault:
            case Fault.THROTTLED:
                raise refusal("ThrottlingException", f"{operation}: rate exceeded")
            case Fault.BROKEN:
                raise refusal("InternalServerError", f"{operation}: try again", status=500)
            case Fault.LATE:
                self._carry_out_late(act)
                raise ReadTimeoutError(endpoint_url="fake://aws")
            case Fault.STALLED_BEFORE:
                await asyncio.sleep(STALL_SECONDS)
            case Fault.REPEATED:
                await act()
        answer = await act()
        if fault is Fault.STALLED_AFTER:
            await asyncio.sleep(STALL_SECONDS)
        if fault is Fault.LOST_ANSWER:
            raise ReadTimeoutError(endpoint_url="fake://aws")
        if fault is Fault.CRASH_AFTER:
            self.crash()
        return answer

    def _carry_out_late(self, act: Callable[[], Awaitable[Any]]) -> None:
        async def wait_and_act() -> None:
            await asyncio.sleep(LATE_SECONDS)
            with suppress(Exception):  # nobody is there to hear what AWS says
                await act()

        task = asyncio.get_running_loop().create_task(wait_and_act())
        self._late.add(task)
