"""Whom a connection trusts, with certificates made for the test."""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import certifi
import pytest
import trustme

from adapters.aws.fast.amazon_roots import AMAZON_ROOTS
from adapters.aws.fast.client import FastClient
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.errors import NoAnswer
from adapters.aws.fast.tls import TrustError
from tests.integration.fast_client.wires import KEY, VARIABLES, Peer, http, serve_for_ever, serving

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def of_server(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def get(client: FastClient) -> object:
    async with client:
        return await open_dynamodb(client).get_item("orders", KEY)


async def test_a_certificate_of_a_trusted_authority_is_good(
    authority: trustme.CA, bundle: str
) -> None:
    tls = of_server(authority.issue_cert("localhost"))
    async with serving(serve_for_ever, tls=tls) as server:
        client = server.client(
            host="localhost", scheme="https", variables={"AWS_CA_BUNDLE": bundle}
        )
        assert await get(client) == KEY
        assert server.connections == 1


@pytest.mark.parametrize("amazon_roots_only", [True, False])
async def test_an_unknown_authority_is_not_trusted(
    authority: trustme.CA,
    amazon_roots_only: bool,  # noqa: FBT001
) -> None:
    tls = of_server(authority.issue_cert("localhost"))
    async with serving(serve_for_ever, tls=tls) as server:
        client = server.client(
            host="localhost", scheme="https", amazon_roots_only=amazon_roots_only
        )
        with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED") as lost:
            await get(client)
    assert not lost.value.sent


async def test_another_name_is_not_trusted(authority: trustme.CA, bundle: str) -> None:
    tls = of_server(authority.issue_cert("elsewhere.example"))
    async with serving(serve_for_ever, tls=tls) as server:
        client = server.client(
            host="localhost", scheme="https", variables={"AWS_CA_BUNDLE": bundle}
        )
        with pytest.raises(NoAnswer, match="Hostname mismatch"):
            await get(client)


async def test_an_expired_certificate_is_not_trusted(authority: trustme.CA, bundle: str) -> None:
    expired = authority.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    async with serving(serve_for_ever, tls=of_server(expired)) as server:
        client = server.client(
            host="localhost", scheme="https", variables={"AWS_CA_BUNDLE": bundle}
        )
        with pytest.raises(NoAnswer, match="expired"):
            await get(client)


async def test_a_peer_that_speaks_no_tls_is_no_answer(bundle: str) -> None:
    async def refuse(peer: Peer) -> None:
        await peer.reader.read(1)
        await peer.say(http(b"", status="400 Bad Request"))

    async with serving(refuse) as server:
        client = server.client(
            host="localhost", scheme="https", variables={"AWS_CA_BUNDLE": bundle}
        )
        with pytest.raises(NoAnswer, match="no connection"):
            await get(client)


def test_a_bundle_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    variables = {**VARIABLES, "AWS_CA_BUNDLE": str(tmp_path / "missing.pem")}
    with pytest.raises(TrustError, match=r"AWS_CA_BUNDLE = .*missing\.pem"):
        open_dynamodb(FastClient("us-west-2", variables=variables))


def test_amazons_roots_are_those_that_browsers_trust() -> None:
    """Fails when one of them leaves the world's list; a new one is announced years ahead."""
    world = set(PEM.findall(Path(certifi.where()).read_text(encoding="utf-8")))
    ours = PEM.findall(AMAZON_ROOTS)
    assert len(ours) == 5
    assert set(ours) <= world
    for certificate in ours:
        fingerprint = sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
        assert f"\n{fingerprint}\n{certificate}" in AMAZON_ROOTS
