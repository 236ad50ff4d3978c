"""The fake AWS behind the fast client: requests are taken apart, answers put into HTTP.

What the adapters send is therefore signed, encoded and decoded as on the wire.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws.fast.errors import NoAnswer
from adapters.aws.fast.responses import Response

OK = 200


class FakeTransport:
    """Fulfils the fast client's `Transport` over one of the fakes."""

    def __init__(self, fake: object) -> None:
        self._fake = fake

    async def send(self, request: bytes, first_byte_seconds: float, seconds: float) -> Response:
        """Return what the fake makes of the request."""
        assert first_byte_seconds <= seconds
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        target = headers.get("x-amz-target")
        operation, parameters = _json_call(target, body) if target else _form_call(body)
        try:
            answer = await getattr(self._fake, xform_name(operation))(**parameters)
        except ClientError as error:
            return _refusal(error, as_json=target is not None)
        except (BotoCoreError, OSError, TimeoutError) as lost:
            raise NoAnswer(repr(lost), sent=True) from lost
        document = json.dumps(answer) if target else _xml(operation, answer)
        return _response(OK, document)

    async def aclose(self) -> None:
        """Nothing is open."""


def _json_call(target: str, body: bytes) -> tuple[str, dict[str, Any]]:
    parameters = json.loads(body)
    # The fake carries no call out twice that arrives once.
    parameters.pop("ClientRequestToken", None)
    return target.rpartition(".")[2], parameters


def _form_call(body: bytes) -> tuple[str, dict[str, Any]]:
    """SNS's PublishBatch, the only operation that comes as a form."""
    form = dict(parse_qsl(body.decode(), strict_parsing=True))
    entries: dict[str, dict[str, Any]] = {}
    for name, value in form.items():
        if name.startswith("PublishBatchRequestEntries.member."):
            _, _, number, member, *inner = name.split(".")
            entry = entries.setdefault(number, {})
            if inner:
                _, attribute, *place = inner
                entry.setdefault(member, {}).setdefault(attribute, {})[place[-1]] = value
            else:
                entry[member] = value
    for entry in entries.values():
        if "MessageAttributes" in entry:
            entry["MessageAttributes"] = {
                each.pop("Name"): each for each in entry["MessageAttributes"].values()
            }
    return form["Action"], {
        "TopicArn": form["TopicArn"],
        "PublishBatchRequestEntries": list(entries.values()),
    }


def _refusal(error: ClientError, *, as_json: bool) -> Response:
    told: dict[str, Any] = {**error.response}
    problem, metadata = told.pop("Error"), told.pop("ResponseMetadata")
    code, message = problem["Code"], problem["Message"]
    document = json.dumps({"__type": code, "message": message, **told})
    if not as_json:
        members = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        document = f"<ErrorResponse><Error>{members}</Error></ErrorResponse>"
    headers = {b"x-amzn-requestid": metadata.get("RequestId", "").encode()}
    return _response(metadata["HTTPStatusCode"], document, headers)


def _xml(operation: str, answer: Mapping[str, Any]) -> str:
    lists = "".join(
        f"<{kind}>{''.join(map(_member, answer[kind]))}</{kind}>"
        for kind in ("Successful", "Failed")
    )
    result = f"<{operation}Result>{lists}</{operation}Result>"
    return f"<{operation}Response>{result}</{operation}Response>"


def _member(entry: Mapping[str, Any]) -> str:
    texts = {n: str(v).lower() if isinstance(v, bool) else str(v) for n, v in entry.items()}
    return f"<member>{''.join(f'<{n}>{escape(v)}</{n}>' for n, v in texts.items())}</member>"


def _response(status: int, document: str, headers: dict[bytes, bytes] | None = None) -> Response:
    return Response(status, headers or {}, document.encode(), keep_alive=True)
