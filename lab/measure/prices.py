"""The price list, kept as data beside this module, and the load balancer's unit of price."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PRICE_FILE = Path(__file__).with_name("prices.toml")
SECONDS_PER_HOUR = 3600
# An hour of a load balancer is billed by the dimension that needs the most capacity units:
# https://aws.amazon.com/elasticloadbalancing/pricing/. Rule evaluations are none of ours: the
# listener has its default action only, and the first ten rules are free.
CONNECTIONS_PER_SECOND = 25
ACTIVE_CONNECTIONS = 3_000
BYTES_PER_HOUR = 1e9


@dataclass(frozen=True)
class Price:
    """Dollars for one unit, and the page it is listed on."""

    dollars: float
    unit: str
    source: str


@dataclass(frozen=True)
class PriceList:
    """List prices of one region at one date."""

    region: str
    as_of: str
    prices: Mapping[str, Price]


@cache
def price_list() -> PriceList:
    """Return the price list."""
    data = tomllib.loads(PRICE_FILE.read_text(encoding="utf-8"))
    return PriceList(
        region=data.pop("region"),
        as_of=data.pop("as_of"),
        prices={
            name: Price(entry["price"] / entry["per"], entry["unit"], entry["source"])
            for name, entry in data.items()
        },
    )


@dataclass(frozen=True)
class Traffic:
    """What one order brings: new connections, the seconds they stay open, and HTTP's bytes."""

    connections: float
    connected_seconds: float
    http_bytes: float


def capacity_unit_hours(traffic: Traffic) -> float:
    """Return the capacity unit hours of that traffic."""
    return max(
        traffic.connections / (CONNECTIONS_PER_SECOND * SECONDS_PER_HOUR),
        traffic.connected_seconds / (ACTIVE_CONNECTIONS * SECONDS_PER_HOUR),
        traffic.http_bytes / BYTES_PER_HOUR,
    )
