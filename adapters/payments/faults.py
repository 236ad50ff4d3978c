"""What may go wrong with the simulated payment provider, by settings; nothing unless asked for."""

from __future__ import annotations

import math
import random
from enum import StrEnum
from typing import Annotated

import msgspec

from kit.environment import Environment

VARIABLE = "PAYMENT_FAULTS"
# Spread of the logarithm: one answer in twenty takes more than twice the mean.
LOGNORMAL_SIGMA = 0.5

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class PaymentLatency(StrEnum):
    """How the time of an answer is distributed; the mean is always `PAYMENT_SECONDS`."""

    FIXED = "fixed"
    UNIFORM = "uniform"
    LOGNORMAL = "lognormal"
    EXPONENTIAL = "exponential"


class PaymentFault(StrEnum):
    """What goes wrong with one charge."""

    DECLINE = "decline"
    ERROR_BEFORE = "error before the charge"
    ERROR_AFTER = "error after the charge"
    HANG = "hang"


class PaymentFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares of all charges, from 0 to 1, at most 1 together, and the latency's distribution.

    Attributes:
        decline_rate: refused by the provider, which is a first answer like any other.
        error_before_rate: an error, and nothing was charged.
        error_after_rate: charged, and the answer was lost.
        hang_rate: no answer ever; every second one of these was charged.
    """

    decline_rate: Share = 0.0
    error_before_rate: Share = 0.0
    error_after_rate: Share = 0.0
    hang_rate: Share = 0.0
    latency: PaymentLatency = PaymentLatency.FIXED

    def __post_init__(self) -> None:
        if math.fsum(share for _, share in self._shares()) > 1:
            raise ValueError("the rates must be at most 1 together")

    def draw(self, source: random.Random) -> PaymentFault | None:
        """Return what goes wrong with the next charge, None mostly."""
        drawn = source.random()
        for fault, share in self._shares():
            if drawn < share:
                return fault
            drawn -= share
        return None

    def seconds(self, mean: float, source: random.Random) -> float:
        """Return how long the next answer takes, `mean` seconds on average."""
        match self.latency:
            case PaymentLatency.FIXED:
                return mean
            case PaymentLatency.UNIFORM:
                return mean * source.uniform(0.5, 1.5)
            case PaymentLatency.LOGNORMAL:
                return mean * source.lognormvariate(-(LOGNORMAL_SIGMA**2) / 2, LOGNORMAL_SIGMA)
            case PaymentLatency.EXPONENTIAL:
                return mean * source.expovariate(1)

    def _shares(self) -> tuple[tuple[PaymentFault, float], ...]:
        return (
            (PaymentFault.DECLINE, self.decline_rate),
            (PaymentFault.ERROR_BEFORE, self.error_before_rate),
            (PaymentFault.ERROR_AFTER, self.error_after_rate),
            (PaymentFault.HANG, self.hang_rate),
        )


NO_FAULTS = PaymentFaults()


def read_payment_faults(environment: Environment) -> PaymentFaults:
    """Return what the optional variable `PAYMENT_FAULTS` asks for, a JSON object."""
    return environment.optional_json(VARIABLE, PaymentFaults, NO_FAULTS)
