"""What an order takes of an application load balancer, in capacity units.

An hour is billed by the dimension that needs the most of them:
https://aws.amazon.com/elasticloadbalancing/pricing/. Rule evaluations are none of ours: the
listener has its default action only, and the first ten rules are free.
"""

from __future__ import annotations

from dataclasses import dataclass

SECONDS_PER_HOUR = 3600
CONNECTIONS_PER_SECOND = 25
ACTIVE_CONNECTIONS = 3_000
BYTES_PER_HOUR = 1e9


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
