"""How a consumer works; checked where it is made, so that a wrong number cannot start."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RECEIVED = 10
LONGEST_POLL_SECONDS = 20
# The age of a message in flight ends here, whatever is extended:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
LONGEST_IN_FLIGHT_SECONDS = 12 * 3600
# SQS counts from its receive, we count from its answer, which may have been under way for so long.
SLOWEST_ANSWER_SECONDS = 60
# How much of a drain is kept for releases and deletes once the handlers' time is up.
FLUSH_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class ConsumerSettings:
    """Numbers of one consumer; seconds unless the name says otherwise."""

    concurrency: int
    visibility_timeout_seconds: int
    visibility_extension_interval_seconds: float
    drain_seconds: float
    wait_seconds: int = LONGEST_POLL_SECONDS
    max_age_seconds: float = LONGEST_IN_FLIGHT_SECONDS
    retry_base_seconds: float = 10
    retry_cap_seconds: float = 900
    unready_after_seconds: float = 15

    def __post_init__(self) -> None:
        for holds, rule in (
            (self.concurrency >= 1, "concurrency must be at least 1"),
            (
                0 < self.visibility_extension_interval_seconds < self.visibility_timeout_seconds,
                (
                    "visibility_extension_interval_seconds must be above 0 and below "
                    "visibility_timeout_seconds"
                ),
            ),
            # SQS takes 0 as well, but an empty queue would then be polled as fast as it answers.
            (1 <= self.wait_seconds <= LONGEST_POLL_SECONDS, "wait_seconds must be 1 to 20"),
            (
                self.wait_seconds < self.drain_seconds * (1 - FLUSH_SHARE),
                "wait_seconds must be below 0.9 * drain_seconds: the open poll must end in it",
            ),
            (
                self.visibility_timeout_seconds <= self.max_age_seconds,
                "max_age_seconds must be at least visibility_timeout_seconds",
            ),
        ):
            if not holds:
                raise ValueError(f"{rule}, got {self}")


def poll_seconds(drain_seconds: float) -> int:
    """Return the longest long poll that surely ends within a drain, at most SQS's 20 s.

    A receive that is cut off can swallow messages: they would be invisible and nobody's. So a stop
    waits for the open one, which therefore must not last longer than the stop may.
    """
    return max(1, min(LONGEST_POLL_SECONDS, int(drain_seconds * 0.8 - 1)))
