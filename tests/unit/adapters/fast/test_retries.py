"""The rules of AWS's standard retry mode, with the figures of its documentation."""

from __future__ import annotations

import pytest

from adapters.aws.fast.dynamodb import POLICY
from adapters.aws.fast.errors import AwsError, NoAnswer, Refused
from adapters.aws.fast.retries import (
    DEFAULT_POLICY,
    Kind,
    RetryPolicy,
    RetryQuota,
    kind_of,
)


def refused(code: str, status: int = 400) -> Refused:
    return Refused(code, "", status=status, request_id="", body=b"")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoAnswer("lost", sent=True), Kind.TRANSIENT),
        (refused("ThrottlingException"), Kind.THROTTLED),
        (refused("ProvisionedThroughputExceededException"), Kind.THROTTLED),
        (refused("Throttling"), Kind.THROTTLED),
        (refused("SlowDown", 503), Kind.THROTTLED),
        (refused("InternalServerError", 500), Kind.TRANSIENT),
        (refused("HTTP503", 503), Kind.TRANSIENT),
        (refused("RequestTimeout"), Kind.TRANSIENT),
        (refused("ConditionalCheckFailedException"), Kind.FINAL),
        (refused("TransactionCanceledException"), Kind.FINAL),
        (refused("AccessDeniedException"), Kind.FINAL),
        (refused("HTTP307", 307), Kind.FINAL),
        (refused("NotImplemented", 501), Kind.FINAL),
    ],
)
def test_failures_are_told_apart(error: AwsError, kind: Kind) -> None:
    assert kind_of(error) is kind


def test_dynamodb_is_asked_four_times_and_others_three() -> None:
    assert (POLICY.attempts, DEFAULT_POLICY.attempts) == (4, 3)


@pytest.mark.parametrize(
    ("policy", "kind", "pauses"),
    [
        (RetryPolicy(draw=lambda: 1.0), Kind.TRANSIENT, [0.05, 0.1, 0.2]),
        (RetryPolicy(draw=lambda: 1.0), Kind.THROTTLED, [1.0, 2.0, 4.0]),
        (RetryPolicy(base_seconds=0.025, draw=lambda: 1.0), Kind.TRANSIENT, [0.025, 0.05, 0.1]),
        (RetryPolicy(draw=lambda: 0.5), Kind.THROTTLED, [0.5, 1.0, 2.0]),
    ],
)
def test_pauses_double_with_full_jitter(
    policy: RetryPolicy, kind: Kind, pauses: list[float]
) -> None:
    assert [policy.pause_seconds(failures, kind, None) for failures in (1, 2, 3)] == pauses


def test_a_pause_is_never_longer_than_twenty_seconds() -> None:
    policy = RetryPolicy(draw=lambda: 1.0)
    assert policy.pause_seconds(40, Kind.THROTTLED, None) == 20.0


@pytest.mark.parametrize(("asked", "pause"), [(0.0, 1.0), (3.0, 3.0), (60.0, 6.0)])
def test_a_service_may_ask_for_five_more_seconds_at_most(asked: float, pause: float) -> None:
    assert RetryPolicy(draw=lambda: 1.0).pause_seconds(1, Kind.THROTTLED, asked) == pause


def test_transient_retries_cost_fourteen_and_throttled_ones_five() -> None:
    quota = RetryQuota()
    assert quota.take(Kind.TRANSIENT) == 14
    assert quota.take(Kind.THROTTLED) == 5
    assert quota.tokens == 481


def test_a_retry_that_succeeds_brings_its_cost_back_and_a_first_try_one_token() -> None:
    quota = RetryQuota(500)
    quota.take(Kind.TRANSIENT)
    quota.take(Kind.TRANSIENT)
    quota.give_back(14)
    assert quota.tokens == 486
    quota.give_back(0)
    assert quota.tokens == 487


def test_a_full_bucket_takes_no_more() -> None:
    quota = RetryQuota(500)
    quota.give_back(14)
    assert quota.tokens == 500


def test_an_empty_bucket_lets_nobody_retry() -> None:
    quota = RetryQuota(20)
    assert quota.take(Kind.TRANSIENT) == 14
    assert quota.take(Kind.TRANSIENT) is None
    assert quota.take(Kind.THROTTLED) == 5
    assert quota.take(Kind.THROTTLED) is None
