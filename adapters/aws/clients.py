"""The fast client as services open it: counted, and with an operator's keys where no others are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from adapters.aws.calls import AwsCallCounter
from adapters.aws.fast.client import CONNECTIONS, FastClient
from adapters.aws.fast.container import credentials_from
from adapters.aws.fast.credentials import Credentials, NoCredentials
from adapters.aws.fast.endpoints import EndpointError
from adapters.aws.fast.tls import TrustError

if TYPE_CHECKING:
    from botocore.session import Session

# What opening a client can raise: the environment names what cannot be used.
WRONG_ENVIRONMENT = (EndpointError, TrustError, NoCredentials)


def open_fast_client(
    region: str,
    variables: Mapping[str, str],
    calls: AwsCallCounter,
    *,
    connections: int = CONNECTIONS,
) -> FastClient:
    """Return a client that closes with its context; its calls are counted.

    Endpoints, trust and keys are told by the standard AWS variables. Where `variables` name no
    keys and no container that has some, the keys are those that botocore finds.

    Raises:
        NoCredentials: the variables name keys that cannot be used.
    """
    return FastClient(
        region,
        variables=variables,
        credentials=credentials_from(variables) or BotocoreCredentials(),
        connections=connections,
        observe=calls.observe,
    )


class BotocoreCredentials:
    """Keys of a profile, of SSO or of an EC2 instance, which botocore finds and keeps fresh.

    Fulfils `CredentialSource`. botocore is imported by the first call: a container never needs it.
    """

    def __init__(self, session: Session | None = None) -> None:
        self._given = session
        self._found: Any = None

    async def current(self) -> Credentials:
        """Return keys that are good now; looking for and renewing them blocks: in a thread.

        Raises:
            NoCredentials: botocore finds none, or cannot renew them.
        """
        found = self._found
        if found is None or (hasattr(found, "refresh_needed") and found.refresh_needed()):
            return await asyncio.to_thread(self._look)
        return _frozen(found)

    def forget(self, refused: Credentials) -> None:
        """Look for keys anew."""
        del refused
        self._found = None

    def _look(self) -> Credentials:
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - 200 ms that few need
        from botocore.session import get_session  # noqa: PLC0415 - as above

        try:
            self._found = self._found or (self._given or get_session()).get_credentials()
            if self._found is None:
                raise NoCredentials(
                    "no AWS keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
                )
            return _frozen(self._found)
        except (BotoCoreError, OSError) as error:
            raise NoCredentials(f"no AWS keys: {error}") from error


def _frozen(found: Any) -> Credentials:
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")
