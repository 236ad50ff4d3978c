"""The rules between configuration keys, each with a value that puts it right."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from infra.settings import (
    SHORTEST_DRAIN_SECONDS,
    Ingress,
    PythonVersion,
    Settings,
    Topology,
    Workflow,
)

# What a claim or an invocation needs around the payment itself: reads, writes and their retries.
MARGIN_SECONDS = 5
LAST_PORT = 65535
VISIBILITY_PER_TIMEOUT = 6
# A function's failed event is tried again a minute later, and two minutes after that, see
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
FIRST_LAMBDA_RETRY_SECONDS = 60
LONGEST_LAMBDA_LEASE_SECONDS = FIRST_LAMBDA_RETRY_SECONDS - 1


@dataclass(frozen=True)
class Conflict:
    """A broken rule of `key`, and the key and value that mend it."""

    key: str
    rule: str
    remedy_key: str
    remedy: int | Decimal | str


def conflicts(settings: Settings) -> Iterator[Conflict]:
    """Yield each rule between keys that the settings, each valid by itself, break."""
    yield from _ingress(settings)
    yield from _ports(settings)
    yield from _visibility_extension(settings)
    if settings.without_servers:
        yield from _lease(settings)
        yield from _function_visibility(settings)
        yield from _one_origin(settings)
    elif settings.topology is Topology.SERVERLESS:
        yield from _lambda_lease(settings)
    else:
        yield from _lease(settings)
    yield from _drain(settings)
    yield from _function_timeout(settings)
    yield from _snap_start(settings)
    yield from _payment_faults(settings)


def _ingress(settings: Settings) -> Iterator[Conflict]:
    if settings.ingress is Ingress.APIGATEWAY and settings.topology is not Topology.SERVERLESS:
        rule = "must be loadBalancer where the topology is not serverless"
        yield Conflict("ingress", rule, "ingress", Ingress.LOAD_BALANCER.value)
    if settings.workflow is Workflow.STATE_MACHINE and not settings.without_servers:
        rule = "must be queue where the ingress is not apigateway"
        yield Conflict("workflow", rule, "workflow", Workflow.QUEUE.value)


def _ports(settings: Settings) -> Iterator[Conflict]:
    port = settings.receiver_port
    if settings.processor_port == port:
        other = port + 1 if port < LAST_PORT else port - 1
        yield Conflict("processorPort", "must differ from receiverPort", "processorPort", other)


def _visibility_extension(settings: Settings) -> Iterator[Conflict]:
    limit = settings.visibility_timeout_seconds
    if settings.visibility_extension_interval_seconds >= limit:
        rule = f"must be less than visibilityTimeoutSeconds ({limit})"
        if limit > 1:
            yield Conflict(
                "visibilityExtensionIntervalSeconds",
                rule,
                "visibilityExtensionIntervalSeconds",
                max(limit // 3, 1),
            )
        else:
            yield Conflict(
                "visibilityExtensionIntervalSeconds", rule, "visibilityTimeoutSeconds", 180
            )


def _lease(settings: Settings) -> Iterator[Conflict]:
    above = settings.payment_seconds + MARGIN_SECONDS
    limit = settings.visibility_timeout_seconds
    comfortable = int(above) + 10
    if settings.lease_seconds <= above:
        rule = f"must be more than paymentSeconds + {MARGIN_SECONDS} ({above})"
        yield Conflict("leaseSeconds", rule, "leaseSeconds", comfortable)
    elif settings.lease_seconds > limit:
        rule = f"must be at most visibilityTimeoutSeconds ({limit})"
        yield Conflict("leaseSeconds", rule, "visibilityTimeoutSeconds", settings.lease_seconds)


def _lambda_lease(settings: Settings) -> Iterator[Conflict]:
    """A retry that meets the lease of the try before it is wasted, and there are only two."""
    longest = LONGEST_LAMBDA_LEASE_SECONDS
    payment = settings.payment_seconds
    if payment + MARGIN_SECONDS >= longest:
        rule = f"must be less than {longest - MARGIN_SECONDS} in serverless, where no lease fits it"
        payment = Decimal(max(min(settings.lease_seconds, longest) - MARGIN_SECONDS - 1, 0))
        yield Conflict("paymentSeconds", rule, "paymentSeconds", payment)
    above = payment + MARGIN_SECONDS
    comfortable = min(int(above) + 10, longest)
    if settings.lease_seconds > longest:
        rule = f"must be at most {longest} in serverless: Lambda tries again after a minute"
        yield Conflict("leaseSeconds", rule, "leaseSeconds", comfortable)
    elif settings.lease_seconds <= above:
        rule = f"must be more than paymentSeconds + {MARGIN_SECONDS} ({above})"
        yield Conflict("leaseSeconds", rule, "leaseSeconds", comfortable)


def _function_visibility(settings: Settings) -> Iterator[Conflict]:
    """Lambda may hold a batch back and try again before the function fails on it.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    least = VISIBILITY_PER_TIMEOUT * settings.lambda_timeout_seconds
    if settings.visibility_timeout_seconds < least:
        rule = f"must be at least {VISIBILITY_PER_TIMEOUT} x lambdaTimeoutSeconds ({least})"
        yield Conflict("visibilityTimeoutSeconds", rule, "visibilityTimeoutSeconds", least)


def _one_origin(settings: Settings) -> Iterator[Conflict]:
    """The gateway's own answers name what they are told, whoever asks."""
    first, *others = [origin.strip() for origin in settings.cors_origins.split(",")]
    if others:
        rule = "must be one origin, or *, with ingress apigateway"
        yield Conflict("corsOrigins", rule, "corsOrigins", first)


def _drain(settings: Settings) -> Iterator[Conflict]:
    limit = settings.stop_timeout_seconds
    if settings.drain_seconds >= limit:
        rule = f"must be less than stopTimeoutSeconds ({limit})"
        if limit > SHORTEST_DRAIN_SECONDS:
            shorter = max(limit // 2, SHORTEST_DRAIN_SECONDS)
            yield Conflict("drainSeconds", rule, "drainSeconds", shorter)
        else:
            yield Conflict("drainSeconds", rule, "stopTimeoutSeconds", 60)


def _function_timeout(settings: Settings) -> Iterator[Conflict]:
    above = settings.payment_seconds + MARGIN_SECONDS
    if settings.lambda_timeout_seconds <= above:
        rule = f"must be more than paymentSeconds + {MARGIN_SECONDS} ({above})"
        yield Conflict("lambdaTimeoutSeconds", rule, "lambdaTimeoutSeconds", int(above) + 10)


def _snap_start(settings: Settings) -> Iterator[Conflict]:
    """https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes."""
    if settings.lambda_snap_start and settings.python_version is PythonVersion.PY311:
        rule = "must be 3.12 or later with lambdaSnapStart"
        yield Conflict("pythonVersion", rule, "pythonVersion", Decimal("3.13"))


def _payment_faults(settings: Settings) -> Iterator[Conflict]:
    rates = {
        "paymentDeclineRate": settings.payment_decline_rate,
        "paymentErrorBeforeRate": settings.payment_error_before_rate,
        "paymentErrorAfterRate": settings.payment_error_after_rate,
        "paymentHangRate": settings.payment_hang_rate,
    }
    key = max(rates, key=rates.__getitem__)
    others = sum(rates.values()) - rates[key]
    if rates[key] + others > 1:
        rule = f"must be at most 1 together with the other payment faults ({others})"
        yield Conflict(key, rule, key, max(1 - others, Decimal(0)))
