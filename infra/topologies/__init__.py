"""The topologies, by the name under which the configuration asks for them."""

from collections.abc import Callable, Mapping

from infra.foundation import Outputs, tag_everything
from infra.service_image import SERVICES_GROUP
from infra.settings import Settings, Topology
from infra.topologies import queued, serverless, sync
from infra.uv import locked_requirements

TOPOLOGIES: Mapping[Topology, Callable[[Settings], Outputs]] = {
    Topology.SYNC: sync.build,
    Topology.ASYNC: queued.build,
    Topology.SERVERLESS: serverless.build,
}


def build_topology(settings: Settings) -> Outputs:
    """Declare the stack's resources and return its outputs.

    BuildError, before anything is declared, if what they run cannot be built.
    """
    # Every image needs them: where they cannot be read, no half-made stack may be left behind.
    locked_requirements(SERVICES_GROUP)
    tag_everything(settings)
    return TOPOLOGIES[settings.topology](settings)
