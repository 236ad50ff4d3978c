"""Keys from a container's endpoint, over a real socket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.aws.fast.container import credentials_from
from adapters.aws.fast.credentials import CredentialSource, NoCredentials
from tests.integration.fast_client.wires import Act, Peer, http, serving

KEYS = json.dumps(
    {
        "AccessKeyId": "AKIATASK",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": "2099-01-01T00:00:00Z",
    }
).encode()


class Agent:
    """Answers with `responses` in turn, one a connection, and keeps the requests' heads."""

    def __init__(self, *responses: bytes) -> None:
        self.heads: list[str] = []
        self._responses = list(responses)

    def acts(self) -> list[Act]:
        return [self._answering(response) for response in self._responses]

    def _answering(self, response: bytes) -> Act:
        async def act(peer: Peer) -> None:
            self.heads.append((await peer.reader.readuntil(b"\r\n\r\n")).decode())
            await peer.say(response)

        return act


def source(port: int, **variables: str) -> CredentialSource:
    url = f"http://127.0.0.1:{port}/v2/credentials?id=1"
    found = credentials_from({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, **variables})
    assert found is not None
    return found


async def test_keys_are_asked_for_with_the_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret-token")
    agent = Agent(http(KEYS))
    async with serving(*agent.acts()) as server:
        named = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}
        found = await source(server.port, **named).current()
    assert (found.access_key, found.token) == ("AKIATASK", "t")
    (head,) = agent.heads
    assert head.startswith("GET /v2/credentials?id=1 HTTP/1.1\r\n")
    assert "\r\nauthorization: secret-token\r\n" in head


async def test_an_agent_that_stumbles_is_asked_again() -> None:
    agent = Agent(http(b"", status="500 Oops"), b"", http(KEYS))
    async with serving(*agent.acts()) as server:
        assert (await source(server.port).current()).access_key == "AKIATASK"


@pytest.mark.parametrize(
    ("response", "why"),
    [(http(b"", status="403 Forbidden"), "HTTP 403"), (http(b"{}"), "cannot be read")],
)
async def test_an_agent_without_keys_is_told(response: bytes, why: str) -> None:
    agent = Agent(response)
    async with serving(*agent.acts()) as server:
        with pytest.raises(NoCredentials, match=why):
            await source(server.port).current()
