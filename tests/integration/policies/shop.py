"""A deployed topology as an operator sees it: orders go in, policies can be taken apart."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from engine.deployment import Deployment
from engine.makers.iam import ALIASES

PATIENCE_SECONDS = 12.0
POLL_SECONDS = 0.1
ALIAS_OF = {alias.granted_by: alias.emulator_action for alias in ALIASES}
DENIAL = re.compile(r"assumed-role/(\S+)/\S+ is not authorized to perform: ([\w:]+)")


@dataclass(frozen=True)
class Statement:
    """One statement of one role's inline policy."""

    role: str
    policy: str
    sid: str
    actions: tuple[str, ...]


class Shop:
    """Orders over HTTP, and the operator's view of tables, queues and policies."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.outputs = deployment.outputs
        self._iam = deployment.client("iam")
        self._gone: Statement | None = None

    def order(self, product_id: str = "1", *, path: str = "/orders", quantity: int = 1) -> Any:
        """Send an order and return the answer's document, or None unless it was accepted."""
        order = {"customer_id": 1, "items": [{"product_id": product_id, "quantity": quantity}]}
        return self.request(path, json.dumps(order).encode())

    def request(self, path: str, body: bytes | None = None) -> Any:
        """Return the document of a 2xx answer, or None."""
        request = Request(self.outputs["api_url"] + path, data=body)  # noqa: S310 - loopback
        if "apiKey" in self.outputs:
            request.add_header("x-api-key", self.outputs["apiKey"])
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - loopback
                return json.load(answer)
        except HTTPError as error:
            error.close()
            if error.code == HTTPStatus.INTERNAL_SERVER_ERROR and "apiKey" not in self.outputs:
                raise
            return None

    def settles(self, order: Any) -> bool:
        """Tell whether an accepted order settles in time, as the operator sees the table."""
        if order is None:
            return False
        return self.eventually(lambda: "settledAt" in self.item("orders", order["order_id"]))

    def item(self, table: str, key: str) -> Any:
        """Return one item of the orders, payments or products table; empty when there is none."""
        name = {"orders": "orderId", "payments": "idempotencyKey", "products": "productId"}[table]
        client = self.deployment.client("dynamodb")
        found = client.get_item(
            TableName=self.outputs[f"{table}_table"], Key={name: {"S": key}}, ConsistentRead=True
        )
        return found.get("Item", {})

    def messages(self, output: str) -> int:
        """Return how many messages a queue holds, visible or in flight."""
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.deployment.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs[output], AttributeNames=counts
        )["Attributes"]
        return sum(int(found[name]) for name in counts)

    def told(self, order_id: str) -> bool:
        """Tell whether a function's log says that the customer heard of the order."""
        logs = self.deployment.logs.glob("function-order-notifications-*.log")
        lines = [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
        return any("customer_notified" in line and order_id in line for line in lines)

    def publish(self, body: str) -> None:
        """Publish a message on the stack's topic, past whoever does so."""
        status = {"DataType": "String", "StringValue": "COMPLETED"}
        topic = self.outputs.get("topic_arn") or self.outputs["notifications_topic_arn"]
        self.deployment.client("sns").publish(
            TopicArn=topic, Message=body, MessageAttributes={"status": status}
        )

    def put_what_is_no_order(self) -> None:
        """Write an item into the orders table that no relay can read."""
        self._put_item("orders", {"orderId": {"S": f"not {uuid.uuid4().hex}"}})

    def send(self, body: str) -> None:
        """Put a message into the processor's queue, past the topic."""
        queue = self.outputs["queue_url"]
        self.deployment.client("sqs").send_message(QueueUrl=queue, MessageBody=body)

    def put_pending_order(self, order_id: str) -> None:
        """Store a copy of a fresh order under another id, as if it had just been accepted."""
        order = self.order()
        assert order is not None
        item = self.item("orders", order["order_id"])
        for later in ("leaseOwner", "leaseExpiresAt", "settledAt"):
            item.pop(later, None)
        pending = {"status": {"S": "PENDING"}, "statusShard": {"S": "PENDING#00"}}
        copy = {**item, "orderId": {"S": order_id}, **pending}
        self._put_item("orders", copy)

    def put_charge(self, order_id: str) -> None:
        """Charge an order, as a worker does whose crash comes right after."""
        charge = {"idempotencyKey": {"S": order_id}, "orderId": {"S": order_id}}
        money = {"amountCents": {"N": "2999"}, "chargedAt": {"S": "2026-01-01T00:00:00.000000Z"}}
        self._put_item("payments", {**charge, **money, "status": {"S": "CHARGED"}})

    def eventually(self, holds: Callable[[], bool]) -> bool:
        """Tell whether something comes true before the statement that is gone is missed."""
        gone = self._gone
        missed = self.missed(gone) if gone else 0
        came_true = False

        def decided() -> bool:
            nonlocal came_true
            came_true = holds()
            return came_true or (gone is not None and self.missed(gone) > missed)

        return self.waits_for(decided) and came_true

    def waits_for(self, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
        """Tell whether something comes true in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if holds():
                return True
            time.sleep(POLL_SECONDS)
        return False

    def statements(self) -> list[Statement]:
        """Return every statement that the topology's roles carry, without those for ECS itself."""
        return [
            Statement(role, policy, sid, tuple(actions))
            for role in self._roles()
            for policy in self._iam.list_role_policies(RoleName=role)["PolicyNames"]
            for sid, actions in _actions_by_sid(self._document(role, policy)).items()
        ]

    @contextmanager
    def without(self, statement: Statement) -> Iterator[None]:
        """Take one statement out of its policy, and put the policy back at the end."""
        whole = self._document(statement.role, statement.policy)
        rest = [each for each in whole["Statement"] if each.get("Sid") != statement.sid]
        assert len(rest) < len(whole["Statement"])
        self._put(statement, {**whole, "Statement": rest})
        self._gone = statement
        try:
            yield
        finally:
            self._gone = None
            self._put(statement, whole)

    def missed(self, statement: Statement) -> int:
        """Return how often the services' own logs name what the statement allows as denied."""
        named = {*statement.actions, *(ALIAS_OF.get(action, "") for action in statement.actions)}
        return sum(
            role == statement.role and action in named
            for log in sorted(self.deployment.logs.glob("*.log"))
            for role, action in DENIAL.findall(log.read_text(encoding="utf-8", errors="replace"))
        )

    def _put_item(self, table: str, item: Any) -> None:
        client = self.deployment.client("dynamodb")
        client.put_item(TableName=self.outputs[f"{table}_table"], Item=item)

    def _roles(self) -> list[str]:
        pages = self._iam.get_paginator("list_roles").paginate()
        return [
            role["RoleName"]
            for page in pages
            for role in page["Roles"]
            if "execution" not in role["RoleName"]
        ]

    def _document(self, role: str, policy: str) -> Any:
        answer = self._iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        return json.loads(answer) if isinstance(answer, str) else answer

    def _put(self, statement: Statement, document: Any) -> None:
        self._iam.put_role_policy(
            RoleName=statement.role,
            PolicyName=statement.policy,
            PolicyDocument=json.dumps(document),
        )


def _actions_by_sid(document: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in document["Statement"]:
        actions = each["Action"] if isinstance(each["Action"], list) else [each["Action"]]
        found.setdefault(each["Sid"], []).extend(actions)
    return found
