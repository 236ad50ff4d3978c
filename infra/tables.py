"""The tables: orders, the payment provider's ledger, and the products that are on sale."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

STATUS_INDEX = "status-index"
# What a listing shows of an order, and what a reconciliation asks: when its lease ends.
LISTED_ATTRIBUTES = (
    "customerId",
    "lines",
    "totalCents",
    "status",
    "settledAt",
    "failureReason",
    "leaseExpiresAt",
)
CATALOGUE_PREFIX = "catalogue#"
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


class Tables(pulumi.ComponentResource):
    """The three DynamoDB tables, on demand, encrypted, restorable to a point in time."""

    orders: aws.dynamodb.Table
    payments: aws.dynamodb.Table
    products: aws.dynamodb.Table

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("flashsale:data:Tables", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.orders = self._create_orders()
        self.payments = self._create_table("payments", key="idempotencyKey")
        self.products = self._create_table("products", key="productId")
        for product in CATALOGUE:
            self._seed(product)
        self.register_outputs(
            {
                "orders": self.orders.name,
                "payments": self.payments.name,
                "products": self.products.name,
            }
        )

    @property
    def status_index_arn(self) -> pulumi.Output[str]:
        """The ARN of the index that lists orders by status, newest first."""
        return pulumi.Output.concat(self.orders.arn, "/index/", STATUS_INDEX)

    def _create_orders(self) -> aws.dynamodb.Table:
        return self._create_table(
            "orders",
            key="orderId",
            index_keys=("statusShard", "createdAt"),
            indexes=[
                aws.dynamodb.TableGlobalSecondaryIndexArgs(
                    name=STATUS_INDEX,
                    projection_type="INCLUDE",
                    non_key_attributes=LISTED_ATTRIBUTES,
                    key_schemas=[
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                            attribute_name="statusShard", key_type="HASH"
                        ),
                        aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                            attribute_name="createdAt", key_type="RANGE"
                        ),
                    ],
                )
            ],
            stream_view_type="NEW_AND_OLD_IMAGES",
        )

    def _create_table(
        self,
        kind: str,
        *,
        key: str,
        index_keys: Sequence[str] = (),
        indexes: Sequence[aws.dynamodb.TableGlobalSecondaryIndexArgs] = (),
        stream_view_type: str | None = None,
    ) -> aws.dynamodb.Table:
        return aws.dynamodb.Table(
            f"{self._name}-{kind}",
            billing_mode="PAY_PER_REQUEST",
            hash_key=key,
            attributes=[
                aws.dynamodb.TableAttributeArgs(name=each, type="S") for each in (key, *index_keys)
            ],
            global_secondary_indexes=indexes,
            stream_enabled=stream_view_type is not None,
            stream_view_type=stream_view_type,
            server_side_encryption=aws.dynamodb.TableServerSideEncryptionArgs(enabled=True),
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
            opts=self._child,
        )

    def _seed(self, product: Product) -> None:
        """Put a product on sale: two items, one that we deploy and one that orders write.

        The provider compares and writes an item as a whole: together, a new price would give back
        what was sold, and ignoring what was sold would ignore the price.
        """
        entry = self._create_item(
            f"{self._name}-catalogue-{product.product_id.lower()}",
            {
                "productId": {"S": f"{CATALOGUE_PREFIX}{product.product_id}"},
                "name": {"S": product.name},
                "priceCents": {"N": str(product.price_cents)},
            },
            self._child,
        )
        self._create_item(
            f"{self._name}-product-{product.product_id.lower()}",
            {"productId": {"S": product.product_id}, "stock": {"N": str(product.stock)}},
            # Seeded once. A product without a price is none: readers would stumble over it.
            pulumi.ResourceOptions(parent=self, ignore_changes=["item"], depends_on=[entry]),
        )

    def _create_item(
        self, name: str, item: Mapping[str, Mapping[str, str]], opts: pulumi.ResourceOptions
    ) -> aws.dynamodb.TableItem:
        return aws.dynamodb.TableItem(
            name,
            table_name=self.products.name,
            hash_key=self.products.hash_key,
            item=json.dumps(item),
            opts=opts,
        )
