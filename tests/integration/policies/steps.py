"""What each statement of a policy is for, as something a customer or an operator can see.

A step returns whether the topology does it. The key is the service that carries the statement and
the statement's Sid; `test_policies_bite.py` fails for a statement that has no step.
"""

import json
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.integration.policies.shop import Shop

Step = Callable[[Shop], bool]

SCARCE = "SKU-LIMITED"
MORE_THAN_IN_STOCK = 1000


def order_settles(shop: Shop) -> bool:
    return shop.settles(shop.order())


def paid_on_the_spot(shop: Shop) -> bool:
    order = shop.order(path="/orders/sync")
    return order is not None and order["status"] == "COMPLETED"


def _refunded(shop: Shop, path: str) -> bool:
    order = shop.order(SCARCE, path=path, quantity=MORE_THAN_IN_STOCK)
    if not shop.settles(order):
        return False
    payment = shop.item("payments", order["order_id"])
    return bool(payment["status"] == {"S": "REFUNDED"})


def sold_out_order_is_refunded(shop: Shop) -> bool:
    return _refunded(shop, "/orders")


def sold_out_order_is_refunded_on_the_spot(shop: Shop) -> bool:
    return _refunded(shop, "/orders/sync")


def order_is_found(shop: Shop) -> bool:
    order = shop.order()
    return order is not None and shop.request(f"/orders/{order['order_id']}") is not None


def orders_are_listed(shop: Shop) -> bool:
    return shop.request("/orders?status=COMPLETED") is not None


def catalogue_is_read_again(shop: Shop) -> bool:
    name = f"Renamed {uuid.uuid4().hex}"
    shop.deployment.client("dynamodb").update_item(
        TableName=shop.outputs["products_table"],
        Key={"productId": {"S": "catalogue#1"}},
        UpdateExpression="SET #name = :name",
        ExpressionAttributeNames={"#name": "name"},
        ExpressionAttributeValues={":name": {"S": name}},
    )
    return shop.eventually(lambda: _name_of_product(shop) == name)


def _name_of_product(shop: Shop) -> Any:
    return (shop.request("/products/1") or {}).get("name")


def message_is_deleted(shop: Shop) -> bool:
    return order_settles(shop) and shop.eventually(lambda: shop.messages("queue_url") == 0)


def repeated_message_waits_for_the_first(shop: Shop) -> bool:
    order = shop.order()
    if order is None:
        return False
    body = json.dumps({"schema": 1, "order_id": order["order_id"]})
    for _ in range(3):
        shop.send(body)
    return shop.settles(order) and shop.eventually(lambda: shop.messages("queue_url") == 0)


def charge_is_repeated(shop: Shop) -> bool:
    """An order whose charge was made and whose answer was lost, together with its worker."""
    order_id = uuid.uuid4().hex
    shop.put_pending_order(order_id)
    shop.put_charge(order_id)
    shop.send(json.dumps({"schema": 1, "order_id": order_id}))
    return shop.settles({"order_id": order_id})


def unreadable_message_is_set_aside(shop: Shop) -> bool:
    before = shop.messages("dlq_url")
    shop.send("this is no order")
    return shop.eventually(lambda: shop.messages("dlq_url") > before)


def processor_becomes_ready(shop: Shop) -> bool:
    """A second task of the service, with the first one's environment and role."""
    running = Path(f"/proc/{shop.deployment.pids()['processor-0']}/environ").read_text()
    environment = dict(entry.split("=", 1) for entry in running.split("\0") if entry)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = shop.deployment.logs / f"processor-{port}.log"
    with log.open("wb") as output:
        task = subprocess.Popen(
            [sys.executable, "-m", "processor"],
            env={**environment, "PORT": str(port)},
            stdout=output,
            stderr=output,
        )
    try:
        return shop.eventually(lambda: _answers(f"http://127.0.0.1:{port}/ready"))
    finally:
        task.terminate()
        task.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def repeat_is_recognised(shop: Shop) -> bool:
    order_id = uuid.uuid4().hex
    order = {
        "order_id": order_id,
        "customer_id": 1,
        "items": [{"product_id": "1", "quantity": 1}],
    }
    body = json.dumps(order).encode()
    answers = [shop.request("/orders", body) for _ in range(2)]
    return answers[0] is not None and answers[1] is not None


def new_price_is_taken(shop: Shop) -> bool:
    cents = int(shop.item("products", "catalogue#2")["priceCents"]["N"]) + 1
    shop.deployment.client("dynamodb").update_item(
        TableName=shop.outputs["products_table"],
        Key={"productId": {"S": "catalogue#2"}},
        UpdateExpression="SET priceCents = :cents",
        ExpressionAttributeValues={":cents": {"N": str(cents)}},
    )
    item = {"product_id": "2", "quantity": 1, "price": cents / 100}
    body = json.dumps({"customer_id": 1, "items": [item]}).encode()
    return shop.eventually(lambda: shop.request("/orders", body) is not None)


def settled_order_is_told(shop: Shop) -> bool:
    order = shop.order()
    return shop.settles(order) and shop.eventually(lambda: shop.told(order["order_id"]))


def unreadable_record_is_set_aside(shop: Shop) -> bool:
    before = shop.messages("relay_failures_url")
    shop.put_what_is_no_order()
    return shop.eventually(lambda: shop.messages("relay_failures_url") > before)


def _failed_event_is_kept(shop: Shop, output: str) -> bool:
    before = shop.messages(output)
    shop.publish("this is no order")
    return shop.eventually(lambda: shop.messages(output) > before)


def failed_event_is_kept(shop: Shop) -> bool:
    return _failed_event_is_kept(shop, "dlq_url")


def failed_notification_is_kept(shop: Shop) -> bool:
    return _failed_event_is_kept(shop, "notify_failures_url")


RECEIVER: dict[str, Step] = {
    "InsertOrders": order_is_found,
    "ReadOrders": order_is_found,
    "ListOrdersByStatus": orders_are_listed,
    "ReadCatalogue": catalogue_is_read_again,
    "PublishOrders": order_settles,
    "ClaimAndSettleOrders": paid_on_the_spot,
    "ChargePayments": paid_on_the_spot,
    "RefundPayments": sold_out_order_is_refunded_on_the_spot,
    "TakeStock": paid_on_the_spot,
}
PROCESSOR: dict[str, Step] = {
    "ReceiveMessages": order_settles,
    "DeleteMessages": message_is_deleted,
    "ExtendMessages": repeated_message_waits_for_the_first,
    "ReadQueueAttributes": processor_becomes_ready,
    "SetAsideUnreadable": unreadable_message_is_set_aside,
    "ClaimOrdersInBatches": order_settles,
    "ChargePaymentsInBatches": order_settles,
    "ClaimAndSettleOrders": sold_out_order_is_refunded,
    "ChargePayments": charge_is_repeated,
    "RefundPayments": sold_out_order_is_refunded,
    "TakeStock": order_settles,
}
FUNCTION: dict[str, Step] = {
    "ClaimAndSettleOrders": order_settles,
    "ChargePayments": order_settles,
    "RefundPayments": sold_out_order_is_refunded,
    "TakeStock": order_settles,
    "KeepFailedEvents": failed_event_is_kept,
}
CREATE: dict[str, Step] = {
    "InsertOrders": order_is_found,
    "RecogniseRepeats": repeat_is_recognised,
    "ReadCatalogue": new_price_is_taken,
}
READ: dict[str, Step] = {
    "ReadOrders": order_is_found,
    "ListOrdersByStatus": orders_are_listed,
    "ReadCatalogue": catalogue_is_read_again,
}
RELAY: dict[str, Step] = {
    "DescribeStream": order_settles,
    "ReadStream": order_settles,
    "ListStreams": order_settles,
    "QueueOrders": order_settles,
    "StartWorkflows": order_settles,
    "PublishNotifications": settled_order_is_told,
    "SetAsideUnreadable": unreadable_record_is_set_aside,
}
PROCESS: dict[str, Step] = {
    "ReceiveMessages": order_settles,
    "DeleteMessages": order_settles,
    "ReadQueueAttributes": order_settles,
    "SetAsideUnreadable": unreadable_message_is_set_aside,
    "ClaimOrdersInBatches": order_settles,
    "ChargePaymentsInBatches": order_settles,
    "ClaimAndSettleOrders": sold_out_order_is_refunded,
    "ChargePayments": charge_is_repeated,
    "RefundPayments": sold_out_order_is_refunded,
    "TakeStock": order_settles,
}
# Of the workflow; a task that is denied is tried again, so that the order waits.
TASKS: dict[str, dict[str, Step]] = {
    "claim-order": {"ClaimAndSettleOrders": order_settles},
    "charge-order": {"ChargePayments": order_settles},
    "complete-order": {"ClaimAndSettleOrders": order_settles, "TakeStock": order_settles},
    "decide-failure": {"ClaimAndSettleOrders": sold_out_order_is_refunded},
    "refund-order": {"RefundPayments": sold_out_order_is_refunded},
    "fail-order": {"ClaimAndSettleOrders": sold_out_order_is_refunded},
}
NOTIFY: dict[str, Step] = {"KeepFailedEvents": failed_notification_is_kept}
STEPS: dict[str, dict[str, Step]] = {
    "receiver": RECEIVER,
    "processor": PROCESSOR,
    "order-events": FUNCTION,
    "create-order": CREATE,
    "read-orders": READ,
    "outbox-relay": RELAY,
    "order-processing": PROCESS,
    "order-notifications": NOTIFY,
    "order-workflow-role": {"InvokeTasks": order_settles},
    **{f"order-workflow-{name}": steps for name, steps in TASKS.items()},
}

# The step may still succeed: a long poll that was allowed before goes on, and SQS brings a message
# back by itself. The denial must be seen all the same.
QUIET = {"ReceiveMessages", "ExtendMessages", "DeleteMessages"}

# What Lambda itself does in the function's name; the emulator does it without asking.
# Nor does Step Functions deliver anything there.
NOT_ASKED = {"WriteLogs", "DeliverLogs", "SendTraces"}
