"""The short way to AWS for the calls that every order makes.

botocore's pipeline (serializers, endpoint rules, some forty events, parsers) costs a call about a
millisecond of CPU; what it does for these requests can be said in advance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from itertools import count
from typing import Any, NamedTuple, cast

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.hooks import first_non_none_response
from botocore.parsers import ResponseParserError, create_parser

# Nobody answered, or nobody understands the answer: the call may have been made, or not.
NO_ANSWER = (BotoCoreError, OSError, ResponseParserError)

Sleep = Callable[[float], Awaitable[object]]


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes

    def as_botocore(self) -> dict[str, Any]:
        """Return what botocore's parsers read."""
        return {"status_code": self.status, "headers": self.headers, "body": self.body}


class QuickCalls:
    """POSTs finished bodies to the service of a botocore client.

    Endpoint, credentials, signature, connections, time-outs and the rules of retries are the
    client's own. A refusal is an answer like a success: it is read once and not asked for again.
    """

    def __init__(self, client: Any, *, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._sleep = sleep
        self._url = client.meta.endpoint_url.rstrip("/") + "/"
        self._model = client.meta.service_model
        self._service = self._model.service_id.hyphenize()
        self._parser = create_parser(self._model.resolved_protocol)
        self._has_retried = False

    async def post(
        self, operation: str, headers: Mapping[str, str], body: bytes, *, retry: bool = True
    ) -> Answer:
        """Return a success; throttling and failures of AWS's own are retried, where `retry` is set.

        Raises:
            ClientError: AWS refused; the same error as the client itself would raise.
            BotoCoreError, OSError, ResponseParserError: there was no answer that can be read.
        """
        context: dict[str, Any] = {}
        for attempt in count(1):
            response, answer = await self._send(operation, headers, body)
            if answer.status < HTTPStatus.MULTIPLE_CHOICES:
                # A success gives back to the client's budget of retries, once that was touched.
                if self._has_retried:
                    await self._ended(operation, context, response, {})
                return answer
            parsed = self._parse_error(operation, answer)
            pause = None
            if retry:
                pause = await self._pause(operation, attempt, context, (response, parsed))
            if pause is None:
                parsed["ResponseMetadata"]["RetryAttempts"] = attempt - 1
                await self._ended(operation, context, response, parsed)
                raise self._error(operation, parsed)
            await self._sleep(pause)
        raise AssertionError("counting never ends")

    def parse(self, operation: str, answer: Answer) -> dict[str, Any]:
        """Return a success as the client itself would.

        Raises:
            ResponseParserError: it cannot be read.
        """
        shape = self._model.operation_model(operation).output_shape
        try:
            return cast("dict[str, Any]", self._parser.parse(answer.as_botocore(), shape))
        except KeyError as missing:  # botocore looks no further than for what should be there
            raise ResponseParserError(f"no {missing} in it") from None

    async def missed(self, operation: str, error: BaseException) -> None:
        """Tell whoever watches the client that a call had no answer."""
        await self._emit("after-call-error", operation, exception=error, quick=True)

    async def _send(
        self, operation: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Any, Answer]:
        request = AWSRequest("POST", self._url, headers, body)
        await self._sign(request)
        prepared = request.prepare()
        await self._emit("before-send", operation, request=prepared)
        response = await self._client._endpoint.http_session.send(prepared)  # noqa: SLF001
        return response, Answer(response.status_code, response.headers, await response.content)

    async def _sign(self, request: AWSRequest) -> None:
        auth = await self._client._request_signer.get_auth_instance(  # noqa: SLF001
            self._model.signing_name, self._client.meta.region_name, "v4"
        )
        auth.add_auth(request)

    async def _pause(
        self, operation: str, attempt: int, context: dict[str, Any], response: tuple[Any, Any]
    ) -> float | None:
        """Return how long to wait before the next try; None if the client would not try again.

        The client's own handler decides: which errors, how often, and whether its budget of
        retries still allows one.
        """
        self._has_retried = True
        decisions = await self._emit(
            "needs-retry",
            operation,
            response=response,
            endpoint=None,
            operation=self._model.operation_model(operation),
            attempts=attempt,
            caught_exception=None,
            request_dict={"context": context},
        )
        return cast("float | None", first_non_none_response(decisions))

    async def _ended(
        self, operation: str, context: dict[str, Any], response: Any, parsed: Mapping[str, Any]
    ) -> None:
        await self._emit(
            "after-call",
            operation,
            http_response=response,
            parsed=parsed,
            model=self._model.operation_model(operation),
            context=context,
        )

    async def _emit(self, event: str, operation_name: str, /, **details: Any) -> Any:
        name = f"{event}.{self._service}.{operation_name}"
        return await self._client.meta.events.emit(name, **details)

    def _parse_error(self, operation: str, answer: Answer) -> dict[str, Any]:
        """Return code, message and request id of a refusal, and what else its kind has to say."""
        response = {**answer.as_botocore(), "context": {"operation_name": operation}}
        parsed: dict[str, Any] = self._parser.parse(response, cast("Any", None))
        shape = self._model.shape_for_error_code(_code(parsed))
        if shape is not None:
            parsed.update(self._parser.parse(response, shape))
        return parsed

    def _error(self, operation: str, parsed: dict[str, Any]) -> ClientError:
        kind = self._client.exceptions.from_code(_code(parsed))
        return cast("ClientError", kind(parsed, operation))


def _code(parsed: Mapping[str, Any]) -> str:
    code: str = parsed.get("Error", {}).get("Code", "")
    return code
