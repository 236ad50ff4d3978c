"""A bounded rate."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Lets `per_second` things go on average, however many go together."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.per_second = per_second
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()

    def most(self, limit: int) -> int:
        """Return how many may go together: a second's worth, 1 to `limit`."""
        return max(1, min(limit, int(self.per_second)))

    def wait(self) -> None:
        """Return once those that went before have had their time."""
        seconds = self._free_at - self._clock()
        if seconds > 0:
            self._sleep(seconds)

    def went(self, count: int) -> None:
        """Note that `count` have gone."""
        self._free_at = max(self._free_at, self._clock()) + count / self.per_second
