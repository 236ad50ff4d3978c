"""The topologies, by the name under which the configuration asks for them."""

from collections.abc import Callable, Mapping

from infra.build_context import SERVICES_GROUP
from infra.settings import Settings
from infra.tags import tag_everything
from infra.topologies import queued, serverless, sync
from infra.topologies.outputs import Outputs
from infra.uv import locked_requirements
from infra.vocabulary import Topology

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
