"""The short way to AWS for the two calls that every order makes.

botocore's pipeline (serializers, endpoint rules, some forty events, parsers) costs a call about a
millisecond of CPU; what it does for these two requests can be said in advance.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError


class QuickCalls:
    """POSTs finished bodies to the service of a botocore client.

    Endpoint, credentials, signature, connections and time-outs are the client's own. Only success
    is understood here: anything else is for the ordinary call, which knows retries and errors.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._url = client.meta.endpoint_url.rstrip("/") + "/"
        self._signing_name = client.meta.service_model.signing_name
        self._event_prefix = f"before-send.{client.meta.service_model.service_id.hyphenize()}."

    async def post(self, operation: str, headers: Mapping[str, str], body: bytes) -> bytes | None:
        """Return the body of a 200, or None: then the call may have been made, or not."""
        request = AWSRequest("POST", self._url, headers, body)
        try:
            await self._sign(request)
            prepared = request.prepare()
            await self._client.meta.events.emit(self._event_prefix + operation, request=prepared)
            response = await self._client._endpoint.http_session.send(prepared)  # noqa: SLF001
            answer: bytes = await response.content
        except (BotoCoreError, OSError):
            return None
        return answer if response.status_code == HTTPStatus.OK else None

    async def _sign(self, request: AWSRequest) -> None:
        auth = await self._client._request_signer.get_auth_instance(  # noqa: SLF001
            self._signing_name, self._client.meta.region_name, "v4"
        )
        auth.add_auth(request)
