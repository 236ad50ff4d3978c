"""Publishing on an SNS topic, in AWS's older query protocol: forms in, XML out.

https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote_plus
from xml.etree import ElementTree as ET

import msgspec

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.errors import NoAnswer, Refused
from adapters.aws.fast.responses import Response
from adapters.aws.fast.retries import DEFAULT_POLICY, RetryPolicy
from adapters.aws.fast.service import Service, request_id_of

API_VERSION = "2010-03-31"
_HEADERS = (("content-type", "application/x-www-form-urlencoded; charset=utf-8"),)
_ENTRY = "PublishBatchRequestEntries.member"
_QUOTED = {code: quote_plus(chr(code)) for code in range(128)}


class PublishError(msgspec.Struct, frozen=True):
    """Why one message of a batch was not taken."""

    code: str
    message: str
    sender_fault: bool


def open_sns(client: FastClient, *, policy: RetryPolicy = DEFAULT_POLICY) -> SNS:
    """Open SNS; it closes with the client."""
    return SNS(client.open("sns", refusal=xml_refusal, policy=policy))


class SNS:
    """Every operation raises `Refused`, `NoAnswer` and `NoCredentials` as `Service.call`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def publish_batch(
        self,
        topic_arn: str,
        messages: Sequence[str],
        attributes: Sequence[Mapping[str, str]] = (),
    ) -> list[PublishError | None]:
        """Publish up to 10 messages; return what went wrong with each, in order.

        `attributes` are texts by name, one mapping a message: filter policies look at them.
        """
        form = [f"Action=PublishBatch&Version={API_VERSION}&TopicArn={quoted(topic_arn)}"]
        for index, message in enumerate(messages):
            entry = f"{_ENTRY}.{index + 1}"
            form.append(f"{entry}.Id={index}&{entry}.Message={quoted(message)}")
            if attributes:
                form.extend(_attributes(entry, attributes[index]))
        body = "&".join(form).encode()
        answer = await self._service.call("PublishBatch", _HEADERS, body)
        return _results(answer.body, len(messages))


def _attributes(entry: str, attributes: Mapping[str, str]) -> Iterator[str]:
    for number, (name, text) in enumerate(attributes.items(), start=1):
        attribute = f"{entry}.MessageAttributes.entry.{number}"
        yield (
            f"{attribute}.Name={quoted(name)}&{attribute}.Value.DataType=String"
            f"&{attribute}.Value.StringValue={quoted(text)}"
        )


def quoted(text: str) -> str:
    """Return the text as a form holds it; a table does for ASCII what `quote_plus` would."""
    return text.translate(_QUOTED) if text.isascii() else quote_plus(text)


def _results(body: bytes, count: int) -> list[PublishError | None]:
    """Return an entry for each message; one that the answer does not name was not taken."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - AWS's own answer, over TLS
    except ET.ParseError as error:
        raise NoAnswer(f"the answer to PublishBatch is no XML: {error}", sent=True) from None
    results: list[PublishError | None] = [
        PublishError("Unconfirmed", "the answer does not name the message", sender_fault=False)
    ] * count
    for kind, member in _members(root):
        if (index := _index(member, count)) is not None:
            results[index] = None if kind == "Successful" else _publish_error(member)
    return results


def _publish_error(member: ET.Element) -> PublishError:
    return PublishError(
        _child(member, "Code"),
        _child(member, "Message"),
        sender_fault=_child(member, "SenderFault") == "true",
    )


def xml_refusal(response: Response) -> Refused:
    """Return what an answer that is no success says, whatever it looks like."""
    code = message = request_id = ""
    try:
        root = ET.fromstring(response.body)  # noqa: S314 - AWS's own answer, over TLS
    except ET.ParseError:
        pass
    else:
        for element in root.iter():
            match _bare(element.tag):
                case "Code":
                    code = code or (element.text or "").strip()
                case "Message":
                    message = message or (element.text or "").strip()
                case "RequestId" | "RequestID":
                    request_id = request_id or (element.text or "").strip()
    return Refused(
        code or f"HTTP{response.status}",
        message,
        status=response.status,
        request_id=request_id_of(response) or request_id,
        body=response.body,
    )


def _members(root: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    """Yield what was taken, then what failed: a message that is named as both was not taken."""
    found = [(_bare(each.tag), each) for result in root for each in result]
    for kind in ("Successful", "Failed"):
        for name, section in found:
            if name == kind:
                yield from ((kind, member) for member in section)


def _index(member: ET.Element, count: int) -> int | None:
    name = _child(member, "Id")
    return int(name) if name.isascii() and name.isdigit() and int(name[:3]) < count else None


def _child(element: ET.Element, name: str) -> str:
    for child in element:
        if _bare(child.tag) == name:
            return (child.text or "").strip()
    return ""


def _bare(tag: object) -> str:
    """Return the name of an element without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
