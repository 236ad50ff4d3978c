"""botocore's descriptions of services, parsed once a process however many sessions use them."""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader


@cache
def shared_loader() -> Loader:
    """Return the loader that keeps what it has parsed."""
    return Loader()


def load_models(*services: str) -> None:
    """Parse what making a client of each service needs: 40 ms of CPU that its first use saves.

    Reads files of the botocore package and nothing else, as an import would.
    """
    loader = shared_loader()
    for name in ("endpoints", "sdk-default-configuration", "partitions"):
        loader.load_data_with_path(name)
    for service in services:
        for kind in ("service-2", "endpoint-rule-set-1"):
            # Called as botocore calls it: the cache's key is made of the arguments.
            loader.load_service_model(service, kind, api_version=None)
