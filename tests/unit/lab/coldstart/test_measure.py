import json

from lab.coldstart.measure import event, without_payments
from orders.message import OrderPlaced, decode_order_placed


def test_the_function_is_handed_what_the_topic_would_hand_it() -> None:
    (record,) = event("order-1")["Records"]
    assert decode_order_placed(record["Sns"]["Message"]) == OrderPlaced("order-1", 1)


def test_payments_take_no_time_and_do_not_fail_meanwhile() -> None:
    faults = json.dumps({"decline_rate": 1})
    environment = {"PAYMENT_SECONDS": "3", "PAYMENT_FAULTS": faults, "LEASE_SECONDS": "45"}
    assert without_payments(environment) == {"PAYMENT_SECONDS": "0", "LEASE_SECONDS": "45"}
