"""The products on sale, as the products table is seeded."""

from dataclasses import dataclass

PLENTY = 1_000_000


@dataclass(frozen=True)
class Product:
    """A product, its price in cents and the units in stock."""

    product_id: str
    name: str
    price_cents: int
    stock: int = PLENTY


CATALOGUE = (
    Product("1", "Wireless earbuds", 2999),
    Product("2", "Phone case", 1499),
    Product("3", "USB-C charger", 2499),
    Product("SKU-001", "Travel mug", 1999),
    Product("SKU-002", "Desk lamp", 3499),
    Product("SKU-003", "Running socks", 999),
    Product("SKU-004", "Yoga mat", 2799),
    Product("SKU-005", "Water bottle", 1299),
    Product("SKU-006", "Backpack", 5999),
    # Few enough to sell out in a sale: shows that nothing is sold twice.
    Product("SKU-LIMITED", "Signed edition", 4999, stock=25),
)
