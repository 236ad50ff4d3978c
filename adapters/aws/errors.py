"""Turning what an AWS call can end with into the domain's `Unavailable`."""

from __future__ import annotations

from adapters.aws.fast.credentials import NoCredentials
from adapters.aws.fast.errors import AwsError
from orders.errors import Unavailable

# What a call of the fast client can raise: refused, never answered, or never signed.
AWS_ERRORS = (AwsError, NoCredentials)


def unavailable(what: str, error: BaseException) -> Unavailable:
    """Return an `Unavailable` that says what did not answer, and why."""
    return Unavailable(f"{what}: {str(error) or type(error).__name__}")
