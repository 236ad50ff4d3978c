"""Calls to AWS on an operator's behalf: what went wrong, in one line, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from terminal.errors import UserError

_NO_IDENTITY = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
_IDENTITY = "sign in again, or name another profile with AWS_PROFILE"
_ACCESS = "let this identity do it, or use another one (AWS_PROFILE)"
_EXISTENCE = "check account, region (AWS_REGION) and stack, or bring the stack up"
_REMEDIES = {
    "AccessDenied": _ACCESS,
    "AccessDeniedException": _ACCESS,
    "AuthorizationError": _ACCESS,
    "AuthorizationErrorException": _ACCESS,
    "ExpiredToken": _IDENTITY,
    "ExpiredTokenException": _IDENTITY,
    "InvalidClientTokenId": _IDENTITY,
    "UnrecognizedClientException": _IDENTITY,
    "SignatureDoesNotMatch": _IDENTITY,
    "AWS.SimpleQueueService.NonExistentQueue": _EXISTENCE,
    "QueueDoesNotExist": _EXISTENCE,
    "NotFound": _EXISTENCE,
    "NotFoundException": _EXISTENCE,
    "ResourceNotFoundException": _EXISTENCE,
}


class Unanswered(UserError):
    """AWS or the receiver could not do it now; trying again may help."""


def error_code(error: ClientError) -> str:
    """Return AWS's name of the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Tell what a call in the block was for, and why it failed.

    Raises:
        Unanswered: nobody answered, or AWS refused for now.
        UserError: the identity, its rights or the stack are wrong.
    """
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        told = f"{what}: {code}: {error.response['Error'].get('Message', '')}".rstrip(": ")
        if code in _REMEDIES:
            raise UserError(f"{told}; {_REMEDIES[code]}") from error
        raise Unanswered(f"{told}; try again") from error
    except _NO_IDENTITY as error:
        raise UserError(f"{what}: {error}; {_IDENTITY}") from error
    except (BotoCoreError, OSError) as error:
        raise Unanswered(f"{what}: {str(error) or type(error).__name__}; try again") from error
