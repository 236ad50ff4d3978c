"""The keys of an ECS task or a restored Lambda environment, from the endpoint beside it.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from adapters.aws.fast.connections import Connections
from adapters.aws.fast.credentials import (
    Credentials,
    CredentialSource,
    EnvironmentCredentials,
    NoCredentials,
    RefreshingCredentials,
    container_token,
    credentials_in,
    read_container_answer,
)
from adapters.aws.fast.endpoints import Endpoint, EndpointError, parse_endpoint
from adapters.aws.fast.errors import NoAnswer
from adapters.aws.fast.tls import trust

RELATIVE, FULL = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
ECS_HOST = "169.254.170.2"
# Where keys may be asked for without TLS: the ECS and EKS agents, and this machine.
PLAIN_HOSTS = frozenset({ECS_HOST, "169.254.170.23", "fd00:ec2::23", "localhost"})
FETCH_SECONDS = 2.0
ATTEMPTS = 3


def credentials_from(variables: Mapping[str, str]) -> CredentialSource | None:
    """Return the source that the environment's variables name, or None if they name none.

    Raises:
        NoCredentials: they name one that must not or cannot be asked.
    """
    if credentials_in(variables) is not None:
        return EnvironmentCredentials(variables)
    if not variables.get(RELATIVE) and not variables.get(FULL):
        return None
    endpoint = _endpoint(variables)
    return RefreshingCredentials(lambda: _fetch(endpoint, variables))


def _endpoint(variables: Mapping[str, str]) -> Endpoint:
    if path := variables.get(RELATIVE):
        return Endpoint(secure=False, host=ECS_HOST, port=80, path=path)
    url = variables[FULL]
    try:
        endpoint = parse_endpoint(FULL, url, query=True)
    except EndpointError as error:
        raise NoCredentials(str(error)) from None
    if not endpoint.secure and endpoint.host not in PLAIN_HOSTS and not _is_loopback(endpoint.host):
        raise NoCredentials(
            f"{FULL} = {url}: must be https, or name this machine or the ECS or EKS agent"
        )
    return endpoint


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _fetch(endpoint: Endpoint, variables: Mapping[str, str]) -> Credentials:
    """Ask for keys; what goes wrong on the way is tried again."""
    tls = trust(variables, amazon_only=False) if endpoint.secure else None
    token = container_token(variables)
    authorization = f"authorization: {token}\r\n" if token else ""
    request = (
        f"GET {endpoint.path} HTTP/1.1\r\nhost: {endpoint.authority}\r\n"
        f"accept: application/json\r\n{authorization}connection: close\r\n\r\n"
    ).encode()
    problem = ""
    for _ in range(ATTEMPTS):
        connections = Connections(endpoint, limit=1, tls=tls, connect_seconds=FETCH_SECONDS)
        try:
            response = await connections.send(request, FETCH_SECONDS, FETCH_SECONDS)
        except NoAnswer as error:
            problem = str(error)
            continue
        finally:
            await connections.aclose()
        if response.status == 200:  # noqa: PLR2004 - HTTP's OK
            return read_container_answer(response.body)
        problem = f"HTTP {response.status}"
    raise NoCredentials(f"the container's credentials at {endpoint.authority}: {problem}")
