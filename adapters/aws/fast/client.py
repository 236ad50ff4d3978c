"""Opening the fast client: one endpoint, one pool of connections and one signer a service."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Self

from adapters.aws.fast.connections import Connections
from adapters.aws.fast.container import credentials_from
from adapters.aws.fast.credentials import CredentialSource, NoCredentials
from adapters.aws.fast.endpoints import Endpoint, endpoint
from adapters.aws.fast.errors import Refused
from adapters.aws.fast.responses import Response
from adapters.aws.fast.retries import DEFAULT_POLICY, RetryPolicy
from adapters.aws.fast.service import Attempt, Service, Transport
from adapters.aws.fast.tls import trust

CONNECTIONS = 64

Connect = Callable[[str, Endpoint], Transport]


class FastClient:
    """Opens services; what was opened is closed with it.

    `variables` is the environment: region, endpoints, keys and trust are told there, as to every
    AWS SDK. A function trusts Amazon's own roots only, which is most of what its start saves.
    """

    def __init__(
        self,
        region: str,
        *,
        variables: Mapping[str, str],
        credentials: CredentialSource | None = None,
        connections: int = CONNECTIONS,
        amazon_roots_only: bool = False,
        observe: Callable[[Attempt], None] = lambda _attempt: None,
        connect: Connect | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._region = region
        self._variables = variables
        self._credentials = credentials or self._found_credentials()
        self._connections = connections
        self._amazon_roots_only = amazon_roots_only
        self._observe = observe
        self._connect = connect or self._pool
        self._now = now
        self._opened: list[Service] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def open(
        self,
        name: str,
        *,
        refusal: Callable[[Response], Refused],
        policy: RetryPolicy = DEFAULT_POLICY,
    ) -> Service:
        """Open a service by the name in its endpoint; `refusal` reads its errors.

        Raises:
            EndpointError, TrustError: the environment names none that can be used.
        """
        where = endpoint(name, self._region, self._variables)
        service = Service(
            name,
            where,
            region=self._region,
            credentials=self._credentials,
            transport=self._connect(name, where),
            policy=policy,
            refusal=refusal,
            observe=self._observe,
            now=self._now,
        )
        self._opened.append(service)
        return service

    async def aclose(self) -> None:
        """Close every connection."""
        for service in self._opened:
            await service.aclose()

    def _pool(self, _name: str, where: Endpoint) -> Transport:
        tls = None
        if where.secure:
            tls = trust(self._variables, amazon_only=self._amazon_roots_only)
        return Connections(where, limit=self._connections, tls=tls)

    def _found_credentials(self) -> CredentialSource:
        found = credentials_from(self._variables)
        if found is None:
            raise NoCredentials(
                "no AWS keys: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor "
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set"
            )
        return found
