"""What is said of a call to AWS that failed, and whether trying again may help."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from ops.calls import Unanswered, calling
from terminal.errors import UserError


def refused(code: str, message: str = "why") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "SendMessage")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refused("AccessDenied"), "AccessDenied: why; let this identity do it"),
        (refused("ExpiredToken"), "ExpiredToken: why; sign in again"),
        (
            refused("AWS.SimpleQueueService.NonExistentQueue", ""),
            "NonExistentQueue; check account, region",
        ),
        (NoCredentialsError(), "Unable to locate credentials; sign in again"),
    ],
)
def test_a_wrong_set_up_is_told_with_its_remedy(error: Exception, said: str) -> None:
    with pytest.raises(UserError, match=f"^sending: .*{said}") as told, calling("sending"):
        raise error
    assert not isinstance(told.value, Unanswered)


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException"),
        refused("InternalError"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
        ConnectionResetError(),
    ],
)
def test_what_may_pass_is_told_apart(error: Exception) -> None:
    with pytest.raises(Unanswered, match=r"^sending: .+; try again$"), calling("sending"):
        raise error


def test_an_error_of_ones_own_is_left_as_it_is() -> None:
    with pytest.raises(UserError, match=r"^mine$"), calling("sending"):
        raise UserError("mine")
