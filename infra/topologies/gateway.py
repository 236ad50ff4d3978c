"""API Gateway -> functions -> orders table -> stream -> queue and notifications: no server."""

from infra import permissions
from infra.environment import shop_environment
from infra.foundation import Foundation, Outputs
from infra.function import API_SECONDS, Function, FunctionArgs, FunctionCode, FunctionFolders
from infra.iam import Statement
from infra.messaging import OrderQueue
from infra.notifications import Notifications, NotificationsArgs
from infra.order_api import OrderApi, OrderApiArgs
from infra.order_processing import OrderProcessing, OrderProcessingArgs
from infra.outbox import Outbox, OutboxArgs
from infra.settings import Settings


def build(settings: Settings, folders: FunctionFolders) -> Outputs:
    """Declare the serverless topology behind API Gateway, from its end to its beginning."""
    foundation = Foundation("flash-sale", settings)
    code = FunctionCode("functions", foundation, folders)
    notifications = Notifications(
        "order-notifications", NotificationsArgs(foundation=foundation, code=code)
    )
    orders = OrderQueue("order-processing", settings)
    OrderProcessing(
        "order-processing", OrderProcessingArgs(foundation=foundation, code=code, orders=orders)
    )
    outbox = Outbox(
        "outbox",
        OutboxArgs(
            foundation=foundation,
            code=code,
            queue=orders.queue,
            topic_arn=notifications.topic_arn,
            # What is published before anyone subscribes is lost.
            start_after=[notifications],
        ),
    )
    tables = foundation.tables
    api = OrderApi(
        "orders",
        OrderApiArgs(
            settings=settings,
            create_order=_function(
                "create-order", foundation, code, permissions.creating_orders(tables)
            ),
            read_orders=_function(
                "read-orders", foundation, code, permissions.reading_orders(tables)
            ),
        ),
    )
    return {
        **foundation.outputs,
        "api_url": api.url,
        "api_key": api.key,
        "notifications_topic_arn": notifications.topic_arn,
        **orders.outputs,
        "relay_failures_url": outbox.failure_queue.url,
        "notify_failures_url": notifications.failure_queue.url,
    }


def _function(
    name: str, foundation: Foundation, code: FunctionCode, statements: list[Statement]
) -> Function:
    settings, tables = foundation.settings, foundation.tables
    return Function(
        name,
        FunctionArgs(
            settings=settings,
            code=code,
            module=name.replace("-", "_"),
            environment=shop_environment(settings, tables),
            statements=statements,
            timeout_seconds=API_SECONDS,
            # Its first read of the catalogue must find one.
            start_after=[tables],
        ),
    )
