"""What is for sale, and what an order of it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from orders.errors import InvalidOrder
from orders.model import OrderLine, Product
from orders.request import MAX_CENTS, ItemRequest


class Catalogue:
    """A snapshot of the products; pricing an order reads nothing else."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._products: Mapping[str, Product] = {p.product_id: p for p in products}

    def __len__(self) -> int:
        return len(self._products)

    def get(self, product_id: str) -> Product | None:
        """Return the product, or None when it is not for sale."""
        return self._products.get(product_id)

    def all(self) -> list[Product]:
        """Return every product, by id."""
        return sorted(self._products.values(), key=lambda product: product.product_id)

    def search(self, text: str) -> list[Product]:
        """Return the products whose id or name contains `text`, whatever the case, by id."""
        wanted = text.casefold()
        return [p for p in self.all() if wanted in f"{p.product_id} {p.name}".casefold()]

    def price(self, items: Iterable[ItemRequest]) -> tuple[OrderLine, ...]:
        """Return the items at the catalogue's prices.

        Raises:
            InvalidOrder: a product is not for sale, or the price sent is not the catalogue's.
        """
        return tuple(self._line(index, item) for index, item in enumerate(items))

    def _line(self, index: int, item: ItemRequest) -> OrderLine:
        product_id = str(item.product_id)
        product = self._products.get(product_id)
        if product is None:
            field = f"items[{index}].product_id"
            raise InvalidOrder(field=field, rule="is not in the catalogue", value=product_id)
        # Cents / 100 is the double nearest to the decimal price, and so is the number that was
        # sent: the comparison is exact.
        if item.price is not None and item.price != product.price_cents / 100:
            rule = f"must be the catalogue's {product.price_cents / 100:.2f}"
            raise InvalidOrder(field=f"items[{index}].price", rule=rule, value=item.price)
        return OrderLine(product_id, item.quantity, product.price_cents)


def total_cents(lines: Iterable[OrderLine]) -> int:
    """Return what the lines cost together, in cents.

    Raises:
        InvalidOrder: the total is beyond what a payment can carry.
    """
    total = sum(line.quantity * line.unit_price_cents for line in lines)
    if total > MAX_CENTS:
        raise InvalidOrder(field="items", rule=f"must cost at most {MAX_CENTS} cents", value=total)
    return total
