"""The one table of what the lab knows about topologies.

Who pays an order decides the rest: where the backlog is, what theory predicts, what is billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from ops.stack import TopologyName

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, without a window
LARGEST_BATCH = 10
# A state machine has no such bound: each order is an execution of its own.
STATE_MACHINE = "stateMachine"


class PaidBy(StrEnum):
    """What takes an order's payment."""

    RECEIVER = "receiver"
    """While the customer waits for the answer."""
    PROCESSOR = "processor"
    """From a queue, after the customer was answered."""
    FUNCTION = "function"
    """In an environment of its own, after the customer was answered."""
    BATCHES = "batches"
    """In a function, with up to nine others from a queue, after the customer was answered."""


@dataclass(frozen=True)
class Topology:
    """One topology; `paid_by` is None in results of a lab that knows more topologies.

    It is `stack` with `config` on top of what the stack's file says. `light` and `dark` are its
    colour on a page of that theme, `terminal` rich's name of it; `title` says what a short name
    stands for.
    """

    name: str
    paid_by: PaidBy | None
    stack: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    backlog: str = ""
    light: str = ""
    dark: str = ""
    terminal: str = ""

    @property
    def deployed_as(self) -> str:
        """The stack that is deployed."""
        return self.stack or self.name

    @property
    def answers_when_paid(self) -> bool:
        """Whether the customer waits for the payment."""
        return self.paid_by is PaidBy.RECEIVER

    def payment_slots(self, config: Mapping[str, str]) -> int | None:
        """Return how many payments the configuration allows concurrently; None: no limit."""
        match self.paid_by:
            case PaidBy.RECEIVER:
                return int(config["receiverTasks"]) * int(config["paymentConcurrency"])
            case PaidBy.PROCESSOR:
                return int(config["processorTasks"]) * int(config["processorConcurrency"])
            case PaidBy.BATCHES if config.get("workflow") != STATE_MACHINE:
                return int(config["maxConcurrentBatches"]) * LARGEST_BATCH
            case _:
                return None


# Orange, blue and teal stay apart for all common kinds of colour blindness.
SYNC = Topology(
    name=TopologyName.SYNC.value,
    paid_by=PaidBy.RECEIVER,
    backlog="the customers are the queue",
    light="#c2500a",
    dark="#fb9a4b",
    terminal="dark_orange",
)
ASYNC = Topology(
    name=TopologyName.ASYNC.value,
    paid_by=PaidBy.PROCESSOR,
    backlog="it grows while they shop and is worked off after they left",
    light="#1d5fd1",
    dark="#7db0ff",
    terminal="dodger_blue1",
)
SERVERLESS = Topology(
    name=TopologyName.SERVERLESS.value,
    paid_by=PaidBy.FUNCTION,
    backlog="every order gets a worker of its own",
    light="#0b7d69",
    dark="#3ed0b2",
    terminal="green3",
)
# The one that is no stack of its own, but serverless with another front.
GATEWAY = Topology(
    name="gateway",
    paid_by=PaidBy.BATCHES,
    stack=TopologyName.SERVERLESS.value,
    config={"ingress": "apigateway"},
    title="serverless, API Gateway",
    backlog="it waits in a queue for functions that take ten orders at a time",
    light="#8a3fc7",
    dark="#c9a2f7",
    terminal="medium_purple1",
)
TOPOLOGIES: Mapping[str, Topology] = MappingProxyType(
    {each.name: each for each in (SYNC, ASYNC, SERVERLESS, GATEWAY)}
)


def named(name: str) -> Topology:
    """Return the topology of that name, one that nothing is known of where it is not ours."""
    return TOPOLOGIES.get(name) or Topology(name, paid_by=None)


def deployed(stack: str, config: Mapping[str, str]) -> Topology:
    """Return which topology a stack with that configuration is."""
    if stack == GATEWAY.stack and GATEWAY.config.items() <= config.items():
        return GATEWAY
    return named(stack)
