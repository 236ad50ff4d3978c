"""One AWS service as the fast client reaches it: signed, sent, retried, counted."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from adapters.aws.fast.credentials import Credentials, CredentialSource
from adapters.aws.fast.endpoints import Endpoint
from adapters.aws.fast.errors import AwsError, NoAnswer, Refused
from adapters.aws.fast.responses import Response
from adapters.aws.fast.retries import Kind, RetryPolicy, RetryQuota, kind_of
from adapters.aws.fast.signature import Signer

FIRST_BYTE_SECONDS = 5.0
# What an answer may take from its first byte to its last.
BODY_SECONDS = 5.0
USER_AGENT = "flash-sale-fast-client/1"

# What services call a request whose time is too far from theirs, or whose keys have ended.
SKEWED_CODES = frozenset(
    {
        "AuthFailure",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)
EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
# AWS allows five minutes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
SKEW_SECONDS = 4 * 60.0

_OK = 200
_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"


class Transport(Protocol):
    """Carries whole requests to one endpoint and whole answers back."""

    async def send(self, request: bytes, first_byte_seconds: float, seconds: float) -> Response:
        """Return the answer.

        Raises:
            NoAnswer: there is none that can be used.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


class Attempt(NamedTuple):
    """One request that was sent, for whoever counts, logs or traces."""

    service: str
    operation: str
    number: int
    seconds: float
    error: AwsError | None
    request_id: str


class Service:
    """Makes the calls of one service; `observe` hears of each attempt."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        *,
        region: str,
        credentials: CredentialSource,
        transport: Transport,
        policy: RetryPolicy,
        refusal: Callable[[Response], Refused],
        observe: Callable[[Attempt], None] = lambda _attempt: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._host = endpoint.authority
        self._begin = f"POST {endpoint.path} HTTP/1.1\r\n"
        self._signer = Signer(name, region, endpoint.path)
        self._credentials = credentials
        self._transport = transport
        self._policy = policy
        self._quota = RetryQuota()
        self._refusal = refusal
        self._observe = observe
        self._now = now
        self._skew_seconds = 0.0

    async def call(
        self,
        operation: str,
        headers: tuple[tuple[str, str], ...],
        body: bytes,
        *,
        first_byte_seconds: float = FIRST_BYTE_SECONDS,
        attempts: int | None = None,
    ) -> Response:
        """Return the answer to one operation; `attempts` instead of the policy's.

        Raises:
            Refused: AWS said no, for good or as often as it was asked.
            NoAnswer: AWS did not answer, as often as it was asked.
            NoCredentials: there are no keys to sign with.
        """
        cost = 0
        most = attempts or self._policy.attempts
        for number in range(1, most + 1):
            credentials = await self._credentials.current()
            error, response = await self._attempt(
                operation, number, self._request(credentials, headers, body), first_byte_seconds
            )
            if error is None:
                self._quota.give_back(cost)
                return response
            if number == most:
                raise error
            if self._mended(error, response, credentials):
                continue
            kind = kind_of(error)
            taken = None if kind is Kind.FINAL else self._quota.take(kind)
            if taken is None:
                raise error
            cost = taken
            await asyncio.sleep(self._policy.pause_seconds(number, kind, _asked_seconds(response)))
        raise AssertionError("a policy has at least one attempt")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def _attempt(
        self, operation: str, number: int, request: bytes, first_byte_seconds: float
    ) -> tuple[AwsError | None, Response]:
        """Send once; return what went wrong, if anything, and the answer."""
        started = time.perf_counter()
        error: AwsError | None
        response = _NOTHING
        try:
            response = await self._transport.send(
                request, first_byte_seconds, first_byte_seconds + BODY_SECONDS
            )
            error = self._problem(response)
        except NoAnswer as lost:
            error = lost
        seconds = time.perf_counter() - started
        self._observe(
            Attempt(self.name, operation, number, seconds, error, request_id_of(response))
        )
        return error, response

    def _problem(self, response: Response) -> AwsError | None:
        if not _is_whole(response):
            return NoAnswer("the answer's checksum is wrong", sent=True)
        return None if response.status == _OK else self._refusal(response)

    def _request(
        self, credentials: Credentials, headers: tuple[tuple[str, str], ...], body: bytes
    ) -> bytes:
        signed = self._signer.sign(
            credentials,
            (("host", self._host), *headers),
            body,
            self._now() + self._skew_seconds,
        )
        lines = "".join([f"{name}: {value}\r\n" for name, value in signed])
        head = (
            f"{self._begin}{lines}content-length: {len(body)}\r\nuser-agent: {USER_AGENT}\r\n\r\n"
        )
        return head.encode() + body

    def _mended(self, error: AwsError, response: Response, credentials: Credentials) -> bool:
        """Tell whether the next try is another one: with the right time, or with new keys."""
        if not isinstance(error, Refused):
            return False
        if error.code in EXPIRED_CODES:
            self._credentials.forget(credentials)
            return True
        if error.code in SKEWED_CODES:
            return self._learn_time(response)
        return False

    def _learn_time(self, response: Response) -> bool:
        told = response.headers.get(b"date", b"").decode("latin-1")
        try:
            theirs = datetime.strptime(told, _HTTP_DATE).replace(tzinfo=UTC).timestamp()
        except ValueError:
            return False
        skew = theirs - self._now()
        if abs(skew - self._skew_seconds) < SKEW_SECONDS:
            return False
        self._skew_seconds = skew
        return True


_NOTHING = Response(0, {}, b"", keep_alive=False)


def request_id_of(response: Response) -> str:
    """Return AWS's id of the request; empty if the answer has none."""
    headers: Mapping[bytes, bytes] = response.headers
    found = headers.get(b"x-amzn-requestid") or headers.get(b"x-amz-request-id") or b""
    return found.decode("latin-1")


def _is_whole(response: Response) -> bool:
    told = response.headers.get(b"x-amz-crc32")
    return told is None or told == str(zlib.crc32(response.body)).encode()


def _asked_seconds(response: Response) -> float | None:
    """Return the pause that the service asks for: `x-amz-retry-after`, in milliseconds."""
    told = response.headers.get(b"x-amz-retry-after", b"")
    return int(told) / 1000 if told.isdigit() and len(told) <= 7 else None  # noqa: PLR2004
