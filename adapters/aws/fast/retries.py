"""When a failed call is made again, and after how long: AWS's standard mode as of 2026.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html and
https://aws.amazon.com/blogs/developer/announcing-updated-retry-behavior-for-aws-sdks-and-tools/
"""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import Enum, auto

from adapters.aws.fast.errors import AwsError, NoAnswer, Refused

QUOTA = 500
TRANSIENT_COST = 14
THROTTLING_COST = 5
FIRST_TRY_INCOME = 1
THROTTLING_BASE_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 20.0
# How much longer than its own backoff a client waits because a service asked for it.
LONGEST_ASKED_SECONDS = 5.0

THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
TRANSIENT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException", "InternalError"})
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})


class Kind(Enum):
    """What a failure says about the next try."""

    FINAL = auto()
    """The same call would fail the same way."""
    TRANSIENT = auto()
    """Something broke on the way or at AWS."""
    THROTTLED = auto()
    """AWS asks to go slower."""


def kind_of(error: AwsError) -> Kind:
    """Return what the failure says about the next try."""
    match error:
        case NoAnswer():
            return Kind.TRANSIENT
        case Refused(code=code) if code in THROTTLING_CODES:
            return Kind.THROTTLED
        case Refused(code=code, status=status):
            again = code in TRANSIENT_CODES or status in TRANSIENT_STATUSES
            return Kind.TRANSIENT if again else Kind.FINAL
        case _:
            return Kind.FINAL


class RetryQuota:
    """Tokens that retries cost and successes bring: in an outage most calls fail fast."""

    def __init__(self, tokens: int = QUOTA) -> None:
        self._most = self.tokens = tokens

    def take(self, kind: Kind) -> int | None:
        """Return what a retry after this failure cost; None if there is not enough left."""
        cost = THROTTLING_COST if kind is Kind.THROTTLED else TRANSIENT_COST
        if cost > self.tokens:
            return None
        self.tokens -= cost
        return cost

    def give_back(self, cost: int) -> None:
        """A call succeeded whose last retry cost that much; 0 if it was its first try."""
        self.tokens = min(self._most, self.tokens + (cost or FIRST_TRY_INCOME))


class RetryPolicy:
    """How often one service's calls are made, and the pauses between."""

    def __init__(
        self,
        *,
        attempts: int = 3,
        base_seconds: float = 0.05,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.attempts = attempts
        self._base_seconds = base_seconds
        self._draw = draw

    def pause_seconds(self, failures: int, kind: Kind, asked_seconds: float | None) -> float:
        """Return the pause after so many failures of one call (1 or more), with full jitter.

        `asked_seconds` is what the service asked for, if it did: at least our own pause, at most
        `LONGEST_ASKED_SECONDS` more.
        """
        base = THROTTLING_BASE_SECONDS if kind is Kind.THROTTLED else self._base_seconds
        longest = min(base * 2.0 ** (failures - 1), LONGEST_BACKOFF_SECONDS)
        own = self._draw() * longest
        if asked_seconds is None:
            return own
        return min(max(asked_seconds, own), own + LONGEST_ASKED_SECONDS)


DEFAULT_POLICY = RetryPolicy()
