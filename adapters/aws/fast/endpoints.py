"""Where a service answers, by region and by the standard variables of the AWS SDKs.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html (FIPS, dual stack)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
_ELSEWHERE = ("amazonaws.com", "api.aws")
_CHINA = ("amazonaws.com.cn", "api.amazonwebservices.com.cn")
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-[0-9]+")
_PORTS = {"http": 80, "https": 443}


class EndpointError(Exception):
    """No endpoint can be made of what the environment says: variable, value, rule."""


class Endpoint(NamedTuple):
    """Where to connect, whom to ask for, and under which path."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The `Host` header: the port is in it where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            host
            if self.port == _PORTS["https" if self.secure else "http"]
            else f"{host}:{self.port}"
        )


def endpoint(service: str, region: str, variables: Mapping[str, str]) -> Endpoint:
    """Return the endpoint of `service` (dynamodb, sns, sqs) in `region`.

    Raises:
        EndpointError: a variable holds no URL, or a proxy stands between that this client has no
            use for.
    """
    name, url = _configured(service, variables)
    if url:
        found = parse_endpoint(name, url)
    else:
        host = _regional(service, region, variables)
        found = Endpoint(secure=True, host=host, port=_PORTS["https"], path="/")
    _refuse_proxies(found, variables)
    return found


def _configured(service: str, variables: Mapping[str, str]) -> tuple[str, str]:
    if _is_true(variables, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        return "", ""
    for name in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
        if url := variables.get(name):
            return name, url
    return "", ""


def parse_endpoint(name: str, url: str, *, query: bool = False) -> Endpoint:
    """Return the endpoint of a URL that the variable `name` holds, with its query if it may.

    Raises:
        EndpointError: it is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EndpointError(f"{name} = {url}: {error}") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.fragment:
        rule = "must be a URL such as http://127.0.0.1:4566"
        raise EndpointError(f"{name} = {url}: {rule}")
    path = parts.path or "/"
    if parts.query:
        if not query:
            raise EndpointError(f"{name} = {url}: must have no query")
        path = f"{path}?{parts.query}"
    secure = parts.scheme == "https"
    return Endpoint(secure, parts.hostname, port or _PORTS[parts.scheme], path)


def _regional(service: str, region: str, variables: Mapping[str, str]) -> str:
    """Return the name by the rule that holds for these services in three partitions."""
    if not _REGION.fullmatch(region):
        raise EndpointError(f"AWS_REGION = {region}: must be the name of a region, e.g. us-west-2")
    if "iso" in region or region.startswith("eusc-"):
        rule = "its partition has names of its own; name the endpoints with AWS_ENDPOINT_URL_*"
        raise EndpointError(f"AWS_REGION = {region}: {rule}")
    dual = _is_true(variables, "AWS_USE_DUALSTACK_ENDPOINT")
    fips = _is_true(variables, "AWS_USE_FIPS_ENDPOINT")
    if fips and not dual and region.startswith("us-gov-"):
        # In GovCloud the plain endpoints of the other two are the validated ones.
        fips = service == "dynamodb"
    plain_suffix, dual_suffix = _CHINA if region.startswith("cn-") else _ELSEWHERE
    name = f"{service}-fips" if fips else service
    return f"{name}.{region}.{dual_suffix if dual else plain_suffix}"


def _is_true(variables: Mapping[str, str], name: str) -> bool:
    return variables.get(name, "").lower() == "true"


def _refuse_proxies(found: Endpoint, variables: Mapping[str, str]) -> None:
    scheme = "https" if found.secure else "http"
    for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
        # Upper-case HTTP_PROXY can be a header of a CGI request; nobody honours it.
        if name != "HTTP_PROXY" and variables.get(name) and not _bypasses(found.host, variables):
            raise EndpointError(
                f"{name} = {variables[name]}: calls to {found.host} do not go through a proxy; "
                f"unset it or add the host to NO_PROXY"
            )


def _bypasses(host: str, variables: Mapping[str, str]) -> bool:
    listed = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    for entry in (each.strip().lower() for each in listed.split(",")):
        suffix = entry.partition(":")[0].lstrip("*.")
        if entry == "*" or (suffix and (host == suffix or host.endswith(f".{suffix}"))):
            return True
    return False
