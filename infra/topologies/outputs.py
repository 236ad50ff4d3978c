"""The stack outputs that every topology has."""

from collections.abc import Mapping

import pulumi

from infra.foundation import Foundation
from infra.receiver import Receiver

Outputs = Mapping[str, pulumi.Input[str]]


def common_outputs(foundation: Foundation, receiver: Receiver) -> Outputs:
    """Return the outputs that have the same name and meaning in each topology."""
    return {
        "topology": foundation.settings.topology.value,
        "api_url": receiver.url,
        "orders_table": foundation.tables.orders.name,
        "payments_table": foundation.tables.payments.name,
        "products_table": foundation.tables.products.name,
    }
