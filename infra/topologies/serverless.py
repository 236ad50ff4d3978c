"""Load balancer -> receiver -> topic -> Lambda function."""

from infra.foundation import Foundation, Outputs
from infra.lambda_package import build_function_code, build_layer
from infra.messaging import OrderTopic
from infra.order_function import OrderFunction, OrderFunctionArgs
from infra.receiver import Receiver, ReceiverArgs
from infra.settings import Settings


def build(settings: Settings) -> Outputs:
    """Declare the serverless topology; BuildError if the function cannot be built."""
    # First of all: what cannot be built must leave no half-made stack behind.
    code_dir = build_function_code(settings.python_version)
    layer_dir = build_layer(settings.architecture, settings.python_version)
    foundation = Foundation("flash-sale", settings)
    topic = OrderTopic("order-processing")
    function = OrderFunction(
        "order-events",
        OrderFunctionArgs(
            settings=settings,
            tables=foundation.tables,
            topic_arn=topic.arn,
            code_dir=code_dir,
            layer_dir=layer_dir,
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
