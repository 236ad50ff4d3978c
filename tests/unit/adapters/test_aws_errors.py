import pytest

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.credentials import NoCredentials
from adapters.aws.fast.errors import NoAnswer, Refused


@pytest.mark.parametrize(
    "error",
    [
        Refused("ThrottlingException", "slow down", status=400, request_id="r", body=b""),
        NoAnswer("the connection was lost", sent=True),
        NoCredentials("no AWS keys"),
    ],
)
def test_whatever_aws_does_is_unavailable_with_its_reason(error: Exception) -> None:
    assert isinstance(error, AWS_ERRORS)
    text = str(unavailable("orders table", error))
    assert text == f"orders table: {error}"
    assert len(text) > len("orders table: ")
