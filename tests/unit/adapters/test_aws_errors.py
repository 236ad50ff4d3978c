import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError
from botocore.parsers import ResponseParserError

from adapters.aws.errors import AWS_ERRORS, error_code, refused_item, unavailable
from tests.support.fake_aws.refusals import refusal


def test_the_item_that_a_condition_found_is_returned() -> None:
    error = refusal("ConditionalCheckFailedException", "no", Item={"a": {"S": "1"}})
    assert refused_item(error) == {"a": {"S": "1"}}


def test_a_condition_that_found_nothing_and_other_errors_have_no_item() -> None:
    assert refused_item(refusal("ConditionalCheckFailedException", "no")) is None
    assert refused_item(refusal("ThrottlingException", "no", Item={"a": {"S": "1"}})) is None


def test_the_code_is_awss() -> None:
    assert error_code(refusal("ThrottlingException", "no")) == "ThrottlingException"


@pytest.mark.parametrize(
    "error",
    [
        refusal("ThrottlingException", "slow down"),
        ConnectTimeoutError(endpoint_url="http://x"),
        NoCredentialsError(),
        ConnectionResetError("reset"),
        TimeoutError(),
        ResponseParserError("<html>"),
    ],
)
def test_whatever_aws_does_is_unavailable_with_its_reason(error: Exception) -> None:
    assert isinstance(error, AWS_ERRORS)
    text = str(unavailable("orders table", error))
    assert text.startswith("orders table: ")
    assert len(text) > len("orders table: ")
