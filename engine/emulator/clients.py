"""The operator's AWS clients for the emulator; no set-up of the user's reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

    from engine.emulator.server import Credentials

_CONNECT_SECONDS = 5
_READ_SECONDS = 60
_CONNECTIONS = 32


class ClientFactory:
    """Makes synchronous clients with the operator's credentials."""

    def __init__(self, endpoint_url: str, region: str, credentials: Credentials) -> None:
        self._endpoint_url = endpoint_url
        self._session = boto3.Session(
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token or None,
            region_name=region,
        )
        self._config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            max_pool_connections=_CONNECTIONS,
            # The emulator does not throttle: a failed call is an answer, not something to retry.
            retries={"total_max_attempts": 1},
        )

    def client(self, service: str) -> Any:
        """A client of one AWS service; not to be called by several threads at once."""
        return self._session.client(  # type: ignore[call-overload]
            service, endpoint_url=self._endpoint_url, config=self._config
        )


class Clients:
    """One client per service that the makers use, made together: making them is not thread-safe."""

    def __init__(self, factory: ClientFactory) -> None:
        self.apigateway: Any = factory.client("apigateway")
        self.dynamodb: DynamoDBClient = factory.client("dynamodb")
        self.iam: IAMClient = factory.client("iam")
        self.functions: LambdaClient = factory.client("lambda")
        self.logs: Any = factory.client("logs")
        self.sns: SNSClient = factory.client("sns")
        self.sqs: SQSClient = factory.client("sqs")
        self.sts: STSClient = factory.client("sts")
        self.workflows: Any = factory.client("stepfunctions")
        self._all = (
            self.apigateway,
            self.dynamodb,
            self.iam,
            self.functions,
            self.logs,
            self.sns,
            self.sqs,
            self.sts,
            self.workflows,
        )

    def close(self) -> None:
        """Close every connection."""
        for client in self._all:
            client.close()
