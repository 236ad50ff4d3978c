"""API Gateway -> functions -> orders table -> stream -> queue or workflow, and notifications."""

from dataclasses import dataclass

from infra import permissions
from infra.environment import Environment, into_queue, into_workflow, shop_environment
from infra.foundation import Foundation, Outputs
from infra.function import API_SECONDS, Function, FunctionArgs, FunctionCode, FunctionFolders
from infra.iam import Statement
from infra.messaging import OrderQueue
from infra.notifications import Notifications, NotificationsArgs
from infra.order_api import OrderApi, OrderApiArgs
from infra.order_processing import OrderProcessing, OrderProcessingArgs
from infra.order_workflow import OrderWorkflow, OrderWorkflowArgs
from infra.outbox import Outbox, OutboxArgs
from infra.settings import Settings, Workflow


def build(settings: Settings, folders: FunctionFolders) -> Outputs:
    """Declare the serverless topology behind API Gateway, from its end to its beginning."""
    foundation = Foundation("flash-sale", settings)
    code = FunctionCode("functions", foundation, folders)
    notifications = Notifications(
        "order-notifications", NotificationsArgs(foundation=foundation, code=code)
    )
    work = _work(foundation, code)
    outbox = Outbox(
        "outbox",
        OutboxArgs(
            foundation=foundation,
            code=code,
            work=work.environment,
            may_pass_on=work.statement,
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
        "apiKey": api.key,
        "notifications_topic_arn": notifications.topic_arn,
        **work.outputs,
        "relay_failures_url": outbox.failure_queue.url,
        "notify_failures_url": notifications.failure_queue.url,
    }


@dataclass(frozen=True)
class _Work:
    """Where the relay passes new orders on to, and the stack's outputs of it."""

    environment: Environment
    statement: Statement
    outputs: Outputs


def _work(foundation: Foundation, code: FunctionCode) -> _Work:
    """Declare what fulfils the orders."""
    if foundation.settings.workflow is Workflow.STATE_MACHINE:
        workflow = OrderWorkflow(
            "order-workflow", OrderWorkflowArgs(foundation=foundation, code=code)
        )
        return _Work(
            into_workflow(workflow.arn),
            permissions.starting(workflow.arn),
            {"state_machine_arn": workflow.arn},
        )
    orders = OrderQueue("order-processing", foundation.settings)
    OrderProcessing(
        "order-processing", OrderProcessingArgs(foundation=foundation, code=code, orders=orders)
    )
    queue = orders.queue
    return _Work(into_queue(queue.url), permissions.queueing(queue.arn), orders.outputs)


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
