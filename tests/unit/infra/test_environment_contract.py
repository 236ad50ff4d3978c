"""Both sides of the contract between infrastructure and services: the environment variables."""

import json
from collections.abc import Callable, Mapping

import pytest

from adapters.payments.faults import NO_FAULTS, PaymentFaults, PaymentLatency
from adapters.settings import FulfilmentSettings
from infra import settings as infra_settings
from infra.config_rules import DecimalSeconds, WholeNumber
from kit.environment import Environment, SettingsError
from lab.measure.backlog import MAX_STATUS_SHARDS, index_keys
from lambda_fn import settings as function_settings
from orders.model import OrderStatus
from orders.status_index import MAX_SHARDS, keys_of
from processor import settings as processor_settings
from receiver import settings as receiver_settings
from tests.support.recorded_stack import RecordedStack, record_stack
from tests.unit.infra.conftest import (
    BEHIND_A_GATEWAY,
    GATEWAY,
    WORKFLOW,
    layer_for_this_machine,
    recorded,
)

pytestmark = pytest.mark.process

READERS: Mapping[str, Callable[[Environment], FulfilmentSettings]] = {
    "receiver": receiver_settings.read_settings,
    "processor": processor_settings.read_settings,
    "function": function_settings.fulfilment_settings,
    "queue-function": function_settings.queue_settings,
}
EVERY_PROCESS = [
    ("sync", "receiver"),
    ("async", "receiver"),
    ("async", "processor"),
    ("serverless", "receiver"),
    ("serverless", "function"),
    (GATEWAY, "queue-function"),
]
SHOP = [
    (GATEWAY, "create-order", function_settings.shop_settings),
    (GATEWAY, "read-orders", function_settings.shop_settings),
    (GATEWAY, "outbox-relay", function_settings.relay_settings),
    (WORKFLOW, "outbox-relay", function_settings.relay_settings),
    (WORKFLOW, "order-workflow-claim-order", function_settings.fulfilment_settings),
    (GATEWAY, "order-notifications-notify", function_settings.function_settings),
]
FUNCTION = "aws:lambda/function:Function"
FUNCTION_OF = {
    "function": "order-events",
    "queue-function": "order-processing-orders",
    **{name: name for _, name, _ in SHOP},
}
every_process = pytest.mark.parametrize(("stack", "process"), EVERY_PROCESS)

SMALLEST = {
    "receiverPort": "1024",
    "processorPort": "1025",
    "paymentSeconds": "0",
    "paymentConcurrency": "1",
    "maxPending": "0",
    "loadBalancerIdleTimeoutSeconds": "1",
    "processorConcurrency": "1",
    "visibilityTimeoutSeconds": "36",
    "visibilityExtensionIntervalSeconds": "1",
    "leaseSeconds": "6",
    "drainSeconds": "2",
    "stopTimeoutSeconds": "3",
    "statusShards": "1",
    "lambdaTimeoutSeconds": "6",
    "paymentHangRate": "0.000001",
    "logLevel": "DEBUG",
}
LARGEST = {
    "receiverPort": "65535",
    "processorPort": "65534",
    "paymentSeconds": "60",
    "paymentConcurrency": "1000",
    "maxPending": "10000",
    "loadBalancerIdleTimeoutSeconds": "4000",
    "processorConcurrency": "1000",
    "visibilityTimeoutSeconds": "43200",
    "visibilityExtensionIntervalSeconds": "43199",
    "leaseSeconds": "43200",
    "drainSeconds": "119",
    "stopTimeoutSeconds": "120",
    "statusShards": "20",
    "lambdaTimeoutSeconds": "900",
    "paymentLatency": "exponential",
    "paymentDeclineRate": "0.7",
    "paymentErrorBeforeRate": "0.1",
    "paymentErrorAfterRate": "0.1",
    "paymentHangRate": "0.1",
    "corsOrigins": "https://shop.example, http://127.0.0.1:8000",
    "logLevel": "ERROR",
}
# What serverless allows less of: see the rule between payment, lease and Lambda's retries.
LARGEST_GATEWAY = {**LARGEST, "corsOrigins": "https://shop.example"}
LARGEST_SERVERLESS = {**LARGEST, "paymentSeconds": "53", "leaseSeconds": "59"}


def record(stack: str, config: Mapping[str, str]) -> RecordedStack:
    """Record a stack with this configuration, its layer from what this machine has."""
    if stack in {"sync", "async"}:
        return record_stack(stack, config)
    gateway = BEHIND_A_GATEWAY if stack == GATEWAY else {}
    return record_stack("serverless", {**gateway, **config, **layer_for_this_machine()})


def largest(stack: str) -> dict[str, str]:
    return {"serverless": LARGEST_SERVERLESS, GATEWAY: LARGEST_GATEWAY}.get(stack, LARGEST)


# What int() and float() take for a number, and a person would not.
ODD_NUMBERS = [
    "1_0",
    "\uff11\uff10",
    "\u0661\u0660",
    " 10",
    "10\n",
    "1e1",
    "0x10",
    "10.",
    ".5",
    "++1",
]


def variables(stack: RecordedStack, process: str) -> dict[str, str]:
    """Return what AWS gives the process: Lambda adds its own region."""
    if process in FUNCTION_OF:
        function = stack.named(FUNCTION, f"{FUNCTION_OF[process]}-function")
        return {**function.inputs["environment"]["variables"], "AWS_REGION": "us-west-2"}
    definition = stack.named("aws:ecs/taskDefinition:TaskDefinition", f"{process}-task-definition")
    (container,) = json.loads(definition.inputs["containerDefinitions"])
    return {entry["name"]: entry["value"] for entry in container["environment"]}


@every_process
def test_every_variable_that_is_set_is_read_and_every_required_one_is_set(
    stack: str, process: str
) -> None:
    given = variables(recorded(stack), process)
    environment = Environment(given)
    READERS[process](environment)
    assert set(given) - environment.required - environment.optional == set()
    assert environment.required - set(given) == set()


@every_process
@pytest.mark.parametrize("size", ["smallest", "largest"])
def test_services_start_with_whatever_the_configuration_allows(
    stack: str, process: str, size: str
) -> None:
    config = SMALLEST if size == "smallest" else largest(stack)
    READERS[process](Environment(variables(record(stack, config), process)))


@every_process
@pytest.mark.parametrize("odd", ODD_NUMBERS)
def test_what_the_configuration_takes_for_no_number_no_service_takes_for_one(
    stack: str, process: str, odd: str
) -> None:
    rules = (WholeNumber(0, 10**6, "1"), DecimalSeconds(10**6, "1"))
    for rule in rules:
        with pytest.raises(ValueError, match="must be a"):
            rule.parse(odd)
    given = variables(recorded(stack), process)
    numbers = [name for name, value in given.items() if value.replace(".", "").isdecimal()]
    assert {"PAYMENT_SECONDS", "LEASE_SECONDS"} <= set(numbers)
    with pytest.raises(SettingsError) as caught:
        READERS[process](Environment({**given, **dict.fromkeys(numbers, odd)}))
    for name in numbers:
        assert f"{name} = {odd}: must be a " in str(caught.value)


def test_the_shortest_payment_is_written_in_digits_that_services_read() -> None:
    stack = record_stack("async", {"paymentSeconds": "0.0000001"})
    settings = receiver_settings.settings_from(variables(stack, "receiver"))
    assert settings.payment_seconds == 1e-7


@every_process
def test_payment_faults_reach_the_service_and_leave_no_trace_when_they_are_off(
    stack: str, process: str
) -> None:
    faulty = record(stack, largest(stack))
    settings = READERS[process](Environment(variables(faulty, process)))
    assert settings.payment_faults == PaymentFaults(
        decline_rate=0.7,
        error_before_rate=0.1,
        error_after_rate=0.1,
        hang_rate=0.1,
        latency=PaymentLatency.EXPONENTIAL,
    )
    given = variables(recorded(stack), process)
    assert "PAYMENT_FAULTS" not in given
    assert READERS[process](Environment(given)).payment_faults == NO_FAULTS


def test_shards_that_can_be_configured_are_all_read_by_services_and_lab() -> None:
    assert infra_settings.MAX_STATUS_SHARDS == MAX_SHARDS == MAX_STATUS_SHARDS
    assert keys_of(OrderStatus.PENDING) == index_keys("PENDING")


def test_every_latency_that_can_be_configured_is_one_that_the_services_know() -> None:
    assert list(map(str, infra_settings.PaymentLatency)) == list(map(str, PaymentLatency))


def test_configured_origins_reach_the_receiver() -> None:
    stack = record_stack("async", {"corsOrigins": "https://shop.example, http://127.0.0.1:8000"})
    settings = receiver_settings.settings_from(variables(stack, "receiver"))
    assert settings.cors_origins == {"https://shop.example", "http://127.0.0.1:8000"}


@pytest.mark.parametrize(("stack", "process", "read"), SHOP)
def test_functions_that_fulfil_nothing_are_told_what_they_read_and_no_more(
    stack: str, process: str, read: Callable[[Environment], object]
) -> None:
    given = variables(recorded(stack), process)
    environment = Environment(given)
    read(environment)
    assert set(given) == environment.required | (environment.optional & set(given))
    assert environment.required <= set(given)


def test_configured_origins_reach_the_functions_behind_the_gateway() -> None:
    given = variables(recorded(GATEWAY), "create-order")
    settings = function_settings.shop_settings(Environment(given))
    assert settings.cors_origins == {"https://shop.example"}
