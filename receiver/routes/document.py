"""The description of this service, for machines."""

from __future__ import annotations

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from receiver.openapi import openapi_document


def document_handler(topology: str) -> Handler:
    """Return the handler that answers with the OpenAPI document of `topology`."""
    document = msgspec.json.encode(openapi_document(topology))

    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=document, content_type="application/json")

    return show
