"""Every configuration key with its type and range, told once, and the closed vocabularies."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from infra.config_rules import (
    DecimalSeconds,
    Flag,
    OneOf,
    OneOfNumbers,
    Origins,
    Share,
    WholeNumber,
)

MAX_PENDING_CAP = 10_000
# A drain waits for the open receive, which SQS ends after a second at the earliest.
SHORTEST_DRAIN_SECONDS = 2
# Listings read them all: more would cost each page more than it gives, see docs/adr/0010.
MAX_STATUS_SHARDS = 20
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731)
_RETENTION_YEARS = (1096, 1827, 2192, 2557, 2922, 3288, 3653)


class Topology(StrEnum):
    """What the stack builds."""

    SYNC = "sync"
    ASYNC = "async"
    SERVERLESS = "serverless"


class Ingress(StrEnum):
    """What customers reach in the serverless topology."""

    LOAD_BALANCER = "loadBalancer"
    APIGATEWAY = "apigateway"


class Workflow(StrEnum):
    """What fulfils orders behind API Gateway."""

    QUEUE = "queue"
    STATE_MACHINE = "stateMachine"


class Architecture(StrEnum):
    """The processor of tasks and functions, in Lambda's spelling."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


class PythonVersion(StrEnum):
    """The interpreters that the images and the Lambda runtime offer."""

    PY311 = "3.11"
    PY312 = "3.12"
    PY313 = "3.13"


class PaymentLatency(StrEnum):
    """How the time of the simulated gateway is distributed around `paymentSeconds`, its mean."""

    FIXED = "fixed"
    UNIFORM = "uniform"
    LOGNORMAL = "lognormal"
    EXPONENTIAL = "exponential"


class LogLevel(StrEnum):
    """The least severe level that a service logs."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Every configuration key of the project under its snake_case name, and the region."""

    region: str
    topology: Annotated[Topology, OneOf(Topology, "async")]
    ingress: Annotated[Ingress, OneOf(Ingress, "loadBalancer")]
    workflow: Annotated[Workflow, OneOf(Workflow, "queue")]
    architecture: Annotated[Architecture, OneOf(Architecture, "arm64")]
    python_version: Annotated[PythonVersion, OneOf(PythonVersion, "3.13")]
    receiver_tasks: Annotated[int, WholeNumber(1, 100, "1")]
    processor_tasks: Annotated[int, WholeNumber(1, 100, "1")]
    receiver_port: Annotated[int, WholeNumber(1024, 65535, "8080")]
    processor_port: Annotated[int, WholeNumber(1024, 65535, "8081")]
    payment_seconds: Annotated[Decimal, DecimalSeconds(60, "3")]
    payment_latency: Annotated[PaymentLatency, OneOf(PaymentLatency, "fixed")]
    payment_decline_rate: Annotated[Decimal, Share("0.05")]
    payment_error_before_rate: Annotated[Decimal, Share("0.01")]
    payment_error_after_rate: Annotated[Decimal, Share("0.01")]
    payment_hang_rate: Annotated[Decimal, Share("0.01")]
    payment_concurrency: Annotated[int, WholeNumber(1, 1000, "5")]
    max_pending: Annotated[int, WholeNumber(0, MAX_PENDING_CAP, "0")]
    cors_origins: Annotated[str, Origins("https://shop.example")]
    load_balancer_idle_timeout_seconds: Annotated[int, WholeNumber(1, 4000, "60")]
    processor_concurrency: Annotated[int, WholeNumber(1, 1000, "20")]
    visibility_timeout_seconds: Annotated[int, WholeNumber(1, 43200, "180")]
    visibility_extension_interval_seconds: Annotated[int, WholeNumber(1, 43200, "60")]
    lease_seconds: Annotated[int, WholeNumber(1, 43200, "60")]
    max_receive_count: Annotated[int, WholeNumber(1, 1000, "3")]
    drain_seconds: Annotated[int, WholeNumber(SHORTEST_DRAIN_SECONDS, 120, "30")]
    stop_timeout_seconds: Annotated[int, WholeNumber(2, 120, "60")]
    status_shards: Annotated[int, WholeNumber(1, MAX_STATUS_SHARDS, "10")]
    lambda_memory_mb: Annotated[int, WholeNumber(128, 10240, "256")]
    lambda_timeout_seconds: Annotated[int, WholeNumber(1, 900, "30")]
    max_concurrent_batches: Annotated[int, WholeNumber(2, 1000, "50")]
    api_rate_per_second: Annotated[int, WholeNumber(1, 10_000, "500")]
    api_burst: Annotated[int, WholeNumber(1, 5_000, "1000")]
    api_quota_per_day: Annotated[int, WholeNumber(0, 1_000_000_000, "0")]
    lambda_snap_start: Annotated[bool, Flag("false")]
    log_retention_days: Annotated[int, OneOfNumbers((*_RETENTION_DAYS, *_RETENTION_YEARS), "7")]
    log_level: Annotated[LogLevel, OneOf(LogLevel, "INFO")]

    @property
    def without_servers(self) -> bool:
        """Whether customers reach functions, and a queue of orders is worked off by one."""
        return self.topology is Topology.SERVERLESS and self.ingress is Ingress.APIGATEWAY

    @property
    def waiting_room(self) -> int:
        """Orders that may wait in one receiver: `maxPending`, or as many as are paid in time.

        The last order let in is paid before the load balancer's idle timeout cuts its connection.
        """
        if self.max_pending:
            return self.max_pending
        if not self.payment_seconds:
            return MAX_PENDING_CAP
        rounds = int(self.load_balancer_idle_timeout_seconds // self.payment_seconds)
        derived = (rounds - 1) * self.payment_concurrency
        return min(max(derived, self.payment_concurrency), MAX_PENDING_CAP)
