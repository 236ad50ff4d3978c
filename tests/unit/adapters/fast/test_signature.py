"""Our signatures are botocore's, byte for byte."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from adapters.aws.fast.credentials import Credentials
from adapters.aws.fast.signature import Signer

HOST = "sqs.us-west-2.amazonaws.com"
VISIBLE = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~;:,/=@()[]{}<>?\" "
PATH = string.ascii_letters + string.digits + "-._~/%+ é"
MORE_HEADERS = ("x-amz-target", "content-type", "x-custom", "accept", "x-amzn-query-mode")


class Case(NamedTuple):
    """One request, and who sends it when."""

    credentials: Credentials
    service: str
    region: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    epoch_seconds: int


def theirs(case: Case) -> dict[str, str]:
    """Return the headers that botocore makes of the case."""
    sent = {name: value for name, value in case.headers if name != "host"}
    request = AWSRequest("POST", f"https://{HOST}{case.path}", sent, case.body)
    moment = datetime.fromtimestamp(case.epoch_seconds, UTC)
    request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    access_key, secret_key, token, _ = msgspec.structs.astuple(case.credentials)
    keys = BotocoreCredentials(access_key, secret_key, token)
    auth: Any = SigV4Auth(keys, case.service, case.region)
    auth._modify_request_before_signing(request)
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    auth._inject_signature_to_request(request, signature)
    return {name.lower(): value for name, value in request.headers.items()}


def random_case(draw: random.Random) -> Case:
    def text(letters: str, length: int) -> str:
        return "".join(draw.choices(letters, k=length))

    names = draw.sample(MORE_HEADERS, k=draw.randrange(len(MORE_HEADERS)))
    path = "/" + text(PATH, draw.choice((0, 0, 1, 12)))
    return Case(
        Credentials(
            text(string.ascii_uppercase, 20),
            text(string.ascii_letters + "+/", 40),
            text(VISIBLE.strip(), draw.choice((0, 0, 400))),
        ),
        draw.choice(("dynamodb", "sns", "sqs")),
        draw.choice(("us-west-2", "cn-north-1")),
        path.replace("/..", draw.choice(("/..", "/.", "//"))),
        [("host", HOST), *((name, text(VISIBLE, draw.randrange(60))) for name in names)],
        draw.randbytes(draw.randrange(3000)),
        draw.randrange(2_000_000_000),
    )


@pytest.mark.parametrize("seed", range(8))
def test_random_requests_are_signed_as_botocore_signs_them(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same cases every time
    for case in (random_case(draw) for _ in range(500)):
        signer = Signer(case.service, case.region, case.path)
        signed = signer.sign(case.credentials, case.headers, case.body, case.epoch_seconds)
        ours, wanted = dict(signed), theirs(case)
        for name in ("authorization", "x-amz-date", "x-amz-security-token"):
            assert ours.get(name) == wanted.get(name), (name, case)


def test_one_signer_serves_days_and_keys_that_change() -> None:
    signer = Signer("dynamodb", "us-west-2")
    first, second = Credentials("A", "one"), Credentials("B", "two", "token")
    for credentials, epoch in ((first, 86_399), (first, 86_400), (second, 86_400), (first, 86_399)):
        case = Case(credentials, "dynamodb", "us-west-2", "/", [("host", HOST)], b"{}", epoch)
        ours = dict(signer.sign(credentials, case.headers, case.body, epoch))
        assert ours["authorization"] == theirs(case)["authorization"]


def test_the_fraction_of_a_second_is_not_signed() -> None:
    signer = Signer("sns", "us-west-2")
    early, late = (
        signer.sign(Credentials("A", "s"), [("host", HOST)], b"", at) for at in (10.0, 10.999)
    )
    assert early == late
