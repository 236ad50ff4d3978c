"""Whom a TLS connection to AWS trusts."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache

from adapters.aws.fast.amazon_roots import AMAZON_ROOTS


class TrustError(Exception):
    """The certificates that the environment names cannot be used: variable, value, rule."""


def trust(variables: Mapping[str, str], *, amazon_only: bool) -> ssl.SSLContext:
    """Return a context that trusts `AWS_CA_BUNDLE` if set, Amazon's roots, or the system's.

    Raises:
        TrustError: the bundle cannot be read.
    """
    bundle = variables.get("AWS_CA_BUNDLE", "")
    try:
        return _context(bundle, amazon_only=amazon_only)
    except (OSError, ssl.SSLError) as error:
        raise TrustError(f"AWS_CA_BUNDLE = {bundle}: {error}") from error


@cache
def _context(bundle: str, *, amazon_only: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if bundle:
        context.load_verify_locations(cafile=bundle)
    elif amazon_only:
        # Most of a lean function's start would be loading 140 others.
        context.load_verify_locations(cadata=AMAZON_ROOTS)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context
