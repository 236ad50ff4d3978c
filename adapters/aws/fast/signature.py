"""AWS Signature Version 4 for requests whose body is whole, with a cached signing key.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from urllib.parse import quote

from adapters.aws.fast.credentials import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"
_SHA256 = "sha256"

Headers = Sequence[tuple[str, str]]


class Signer:
    """Signs POST requests to one service in one region.

    The path is signed as botocore signs that of every service but S3: encoded once more.
    """

    def __init__(self, service: str, region: str, path: str = "/") -> None:
        self._scope_end = f"{region}/{service}/aws4_request"
        self._region, self._service = region, service
        self._request_begin = f"POST\n{canonical_path(path)}\n\n"
        self._second = -1
        self._moment = self._date = ""
        self._key_of: tuple[str, str] | None = None
        self._key = b""

    def sign(
        self, credentials: Credentials, headers: Headers, body: bytes, epoch_seconds: float
    ) -> list[tuple[str, str]]:
        """Return the headers with those of the signature.

        `headers` have names in lower case and hold `host`; each of them is signed.
        """
        self._tell_time(int(epoch_seconds))
        signed = [*headers, ("x-amz-date", self._moment)]
        if credentials.token:
            signed.append(("x-amz-security-token", credentials.token))
        ordered = sorted(signed)
        names = ";".join([name for name, _ in ordered])
        lines = "".join([f"{name}:{_folded(value)}\n" for name, value in ordered])
        payload = hashlib.sha256(body).hexdigest()
        request = f"{self._request_begin}{lines}\n{names}\n{payload}"
        scope = f"{self._date}/{self._scope_end}"
        digest = hashlib.sha256(request.encode()).hexdigest()
        to_sign = f"{_ALGORITHM}\n{self._moment}\n{scope}\n{digest}"
        key = self._signing_key(credentials.secret_key)
        signature = hmac.digest(key, to_sign.encode(), _SHA256).hex()
        identity = f"{credentials.access_key}/{scope}"
        value = f"{_ALGORITHM} Credential={identity}, SignedHeaders={names}, Signature={signature}"
        signed.append(("authorization", value))
        return signed

    def _tell_time(self, second: int) -> None:
        if second != self._second:
            self._second = second
            self._moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
            self._date = self._moment[:8]

    def _signing_key(self, secret_key: str) -> bytes:
        """Derive the key that is good for a day, once."""
        wanted = (secret_key, self._date)
        if self._key_of != wanted:
            key = f"AWS4{secret_key}".encode()
            for part in (self._date, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), _SHA256)
            self._key_of, self._key = wanted, key
        return self._key


def canonical_path(path: str) -> str:
    """Return the path without `.`, `..` and empty segments, encoded as a signature wants it."""
    if not path:
        return "/"
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in {"", "."}:
            kept.append(segment)
    begin = "/" if path[0] == "/" else ""
    end = "/" if path[-1] == "/" and kept else ""
    return quote(f"{begin}{'/'.join(kept)}{end}", safe="/~")


def _folded(value: str) -> str:
    """Return a header's value with runs of white space as one space."""
    return " ".join(value.split())
