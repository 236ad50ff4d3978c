"""How a process looks past the user's own AWS set-up and proxies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_NOWHERE = os.devnull

AWS_ISOLATION: Mapping[str, str] = {
    "AWS_CONFIG_FILE": _NOWHERE,
    "AWS_SHARED_CREDENTIALS_FILE": _NOWHERE,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""No configuration file, no credentials file, no instance role."""


@contextmanager
def without_user_aws() -> Iterator[None]:
    """Take the user's AWS variables and proxies out of this process until the block has ended."""
    hidden = {key: value for key, value in os.environ.items() if _is_users(key)}
    for key in hidden:
        del os.environ[key]
    os.environ.update(AWS_ISOLATION, NO_PROXY="*")
    try:
        yield
    finally:
        for key in (*AWS_ISOLATION, "NO_PROXY"):
            os.environ.pop(key, None)
        os.environ.update(hidden)


def _is_users(key: str) -> bool:
    return key.startswith(("AWS_", "BOTO_")) or key.lower().endswith("_proxy")
