"""What a customer puts in the basket."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from typing import Any

LIMITED_PRODUCT = "SKU-LIMITED"
"""The catalogue's scarce product; more of it is ordered than there is, to tempt overselling."""
LIMITED_SHARE = 0.05
MAX_LINES = 3
MAX_QUANTITY = 3


def product_ids(catalogue: Any) -> list[str]:
    """Return the product ids in the answer of `GET /products`.

    Raises:
        ValueError: there is no product in it.
    """
    entries = catalogue.get("products", []) if isinstance(catalogue, dict) else catalogue
    ids = [str(entry["product_id"]) for entry in entries if "product_id" in entry]
    if not ids:
        raise ValueError("GET /products names no product: is the catalogue seeded?")
    return ids


class Baskets:
    """Fills baskets from a catalogue; about one in twenty holds the scarce product."""

    def __init__(self, products: Sequence[str], chance: random.Random | None = None) -> None:
        self._plenty = [product for product in products if product != LIMITED_PRODUCT] or [
            *products
        ]
        self._limited = LIMITED_PRODUCT if LIMITED_PRODUCT in products else None
        self._chance = chance or random.Random()  # noqa: S311 - baskets are no secrets

    def order(self) -> dict[str, Any]:
        """Return the body of a new order, with a key of its own."""
        return {
            "order_id": uuid.uuid4().hex,
            "customer_id": self._chance.randint(1, 100_000),
            "items": [
                {"product_id": product, "quantity": self._chance.randint(1, MAX_QUANTITY)}
                for product in self._products()
            ],
        }

    def _products(self) -> list[str]:
        lines = min(self._chance.randint(1, MAX_LINES), len(self._plenty))
        chosen = self._chance.sample(self._plenty, lines)
        if self._limited and self._chance.random() < LIMITED_SHARE:
            chosen[0] = self._limited
        return chosen
