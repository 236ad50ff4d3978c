"""Load balancer -> receiver -> topic -> queue -> processor (`async` is a Python keyword)."""

from infra.foundation import Outputs, ServiceFoundation
from infra.messaging import OrderQueue, OrderTopic, QueueSubscription, QueueSubscriptionArgs
from infra.processor import Processor, ProcessorArgs
from infra.receiver import Receiver, ReceiverArgs
from infra.settings import Settings


def build(settings: Settings) -> Outputs:
    """Declare the asynchronous topology."""
    foundation = ServiceFoundation("flash-sale", settings)
    topic = OrderTopic("order-processing")
    orders = OrderQueue("order-processing", settings)
    subscription = QueueSubscription(
        "order-processing", QueueSubscriptionArgs(topic_arn=topic.arn, queue=orders.queue)
    )
    Processor("processor", ProcessorArgs(foundation=foundation, orders=orders))
    # What is published before anyone subscribes is lost.
    receiver = Receiver(
        "receiver",
        ReceiverArgs(foundation=foundation, topic_arn=topic.arn, start_after=[subscription]),
    )
    return {**receiver.outputs, "topic_arn": topic.arn, **orders.outputs}
