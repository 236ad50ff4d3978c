"""Load balancer -> receiver, which pays each order before it answers."""

from infra.foundation import Foundation
from infra.receiver import Receiver, ReceiverArgs
from infra.settings import Settings
from infra.topologies.outputs import Outputs, common_outputs


def build(settings: Settings) -> Outputs:
    """Declare the synchronous topology."""
    foundation = Foundation("flash-sale", settings)
    receiver = Receiver("receiver", ReceiverArgs(foundation=foundation))
    return common_outputs(foundation, receiver)
