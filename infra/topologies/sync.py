"""Load balancer -> receiver, which pays each order before it answers."""

from infra.foundation import Outputs, ServiceFoundation
from infra.receiver import Receiver, ReceiverArgs
from infra.settings import Settings


def build(settings: Settings) -> Outputs:
    """Declare the synchronous topology."""
    foundation = ServiceFoundation("flash-sale", settings)
    return Receiver("receiver", ReceiverArgs(foundation=foundation)).outputs
