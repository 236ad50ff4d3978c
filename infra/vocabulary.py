"""The closed vocabularies of the configuration."""

from enum import StrEnum


class Topology(StrEnum):
    """What the stack builds."""

    SYNC = "sync"
    ASYNC = "async"
    SERVERLESS = "serverless"


class Ingress(StrEnum):
    """How requests enter the stack."""

    ALB = "alb"


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
