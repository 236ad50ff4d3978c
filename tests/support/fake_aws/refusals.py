"""The errors of AWS, in the shape that botocore raises them."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError


class NotFaked(NotImplementedError):
    """The code under test uses something of AWS that the fake does not know; teach it first."""


def refusal(code: str, message: str, *, status: int = 400, **members: Any) -> ClientError:
    """Return the `ClientError` with this code; `members` are the error's own, such as `Item`."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **members,
    }
    return ClientError(response, "FakeOperation")


def invalid(message: str) -> ClientError:
    """Return the error of a request that DynamoDB does not understand."""
    return refusal("ValidationException", message)


def only_these(operation: str, request: dict[str, Any], known: set[str]) -> None:
    """Refuse parameters whose meaning the fake does not implement.

    Raises:
        NotFaked: naming them.
    """
    unknown = set(request) - known
    if unknown:
        raise NotFaked(f"{operation}: {', '.join(sorted(unknown))}")
