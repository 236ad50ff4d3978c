"""A queue shop with its doors open: a topic before the queue, a price, and a door to order at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from lab.measure.ledgers import Ledgers, read_ledgers
from tests.support.emulator import RunningEmulator
from tests.support.queue_shop import KEYS, PRICE_CENTS, QueueShop
from tests.support.subscriptions import subscribe


class OpenShop(QueueShop):
    """What receivers and processors work on together."""

    def __init__(self, emulator: RunningEmulator, *, visibility_seconds: int = 30) -> None:
        super().__init__(emulator, visibility_seconds=visibility_seconds)
        sns = emulator.client("sns")
        self._topic = sns.create_topic(Name=f"{self._name}-orders")["TopicArn"]
        subscribe(self.queue, self._topic, sqs=self._sqs, sns=sns)

    def stock(self, units: int, product_id: str = "1") -> None:
        """Put units of a product on the shelf, with its price."""
        item = {
            "productId": {"S": product_id},
            "name": {"S": product_id},
            "priceCents": {"N": str(PRICE_CENTS)},
            "stock": {"N": str(units)},
        }
        self._dynamodb.put_item(TableName=self._table("products"), Item=item)

    def door(self) -> dict[str, str]:
        """The variables of a receiver that takes orders here."""
        return {**self.environment(), "SNS_TOPIC_ARN": self._topic}

    def books(self) -> Ledgers:
        """Orders, payments and stock as they are now."""
        outputs = {f"{table}_table": self._table(table) for table in KEYS}
        return read_ledgers(self._dynamodb, outputs)

    def assert_settled_once(self, order_ids: Iterable[str], stock: int) -> None:
        """These orders are completed and paid once, no other is paid, and the stock agrees."""
        books = self.books()
        wanted = set(order_ids)
        assert {each: books.orders[each].status for each in wanted} == dict.fromkeys(
            wanted, "COMPLETED"
        )
        charges = Counter(each.order_id for each in books.payments if each.status == "CHARGED")
        completed = {each for each, order in books.orders.items() if order.status == "COMPLETED"}
        assert charges == dict.fromkeys(completed, 1)
        assert sum(books.stock.values()) == stock - len(completed)
