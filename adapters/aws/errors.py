"""Reading botocore's errors, and turning them into the domain's `Unavailable`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from orders.errors import Unavailable

# What an AWS call can raise: refused by the service, never answered, or answered by a proxy.
AWS_ERRORS = (ClientError, BotoCoreError, OSError, TimeoutError, ResponseParserError)


def error_code(error: ClientError) -> str:
    """Return AWS's code of the error, such as `ConditionalCheckFailedException`."""
    return error.response.get("Error", {}).get("Code", "")


def refused_item(error: ClientError) -> Mapping[str, Any] | None:
    """Return the item that a condition found (`ReturnValuesOnConditionCheckFailure`), if any."""
    if error_code(error) != "ConditionalCheckFailedException":
        return None
    # botocore's type of a response leaves this member out
    return cast("Mapping[str, Any] | None", error.response.get("Item"))


def unavailable(what: str, error: BaseException) -> Unavailable:
    """Return an `Unavailable` that says what did not answer, and why."""
    return Unavailable(f"{what}: {str(error) or type(error).__name__}")
