"""Load balancer -> receiver -> topic -> Lambda function, or all of it without a server."""

from infra.foundation import Outputs, ServiceFoundation
from infra.function import FunctionCode, FunctionFolders, build_folders
from infra.messaging import OrderTopic
from infra.order_function import OrderFunction, OrderFunctionArgs
from infra.receiver import Receiver, ReceiverArgs
from infra.settings import Settings
from infra.topologies import gateway


def build(settings: Settings) -> Outputs:
    """Declare the serverless topology; BuildError if the functions cannot be built."""
    folders = build_folders(settings)
    if settings.without_servers:
        return gateway.build(settings, folders)
    return _behind_a_load_balancer(settings, folders)


def _behind_a_load_balancer(settings: Settings, folders: FunctionFolders) -> Outputs:
    foundation = ServiceFoundation("flash-sale", settings)
    topic = OrderTopic("order-processing")
    function = OrderFunction(
        "order-events",
        OrderFunctionArgs(
            foundation=foundation,
            code=FunctionCode("functions", foundation, folders),
            topic_arn=topic.arn,
        ),
    )
    # What is published before anyone subscribes is lost.
    receiver = Receiver(
        "receiver",
        ReceiverArgs(foundation=foundation, topic_arn=topic.arn, start_after=[function]),
    )
    return {
        **receiver.outputs,
        "topic_arn": topic.arn,
        "dlq_url": function.failure_queue.url,
    }
