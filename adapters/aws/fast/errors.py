"""What an AWS call can end with instead of success: a refusal, or no answer that can be used."""

from __future__ import annotations


class AwsError(Exception):
    """Base of what the fast client raises."""


class NoAnswer(AwsError):
    """No whole and readable answer came back.

    Attributes:
        sent: whether the request, or part of it, may have reached AWS: then it may also have been
            carried out.
    """

    def __init__(self, what: str, *, sent: bool) -> None:
        self.sent = sent
        super().__init__(what)


class Refused(AwsError):
    """AWS answered, and the answer is no.

    Attributes:
        code: AWS's name of the error without its namespace, such as `ThrottlingException`.
        status: the HTTP status.
        request_id: what AWS support asks for; empty if the answer had none.
        body: the answer as it came, for whoever knows more of it.
    """

    def __init__(
        self, code: str, message: str, *, status: int, request_id: str, body: bytes
    ) -> None:
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.body = body
        told = f"{code}: {message}" if message else code
        super().__init__(f"{told} (HTTP {status}, request {request_id or 'without id'})")
