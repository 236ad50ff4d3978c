"""The receiver: HTTP in, orders out."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra import permissions
from infra.environment import receiver_environment
from infra.fargate_service import FargateService, FargateServiceArgs
from infra.foundation import Outputs, ServiceFoundation
from infra.iam import Statement
from infra.load_balancer import LoadBalancer, LoadBalancerArgs


@dataclass(frozen=True, kw_only=True)
class ReceiverArgs:
    """The foundation to run on; the topic to publish orders to, None to fulfil them in place.

    Attributes:
        start_after: what must be subscribed to the topic before the first order is published.
    """

    foundation: ServiceFoundation
    topic_arn: pulumi.Output[str] | None = None
    start_after: Sequence[pulumi.Resource] = ()


class Receiver(pulumi.ComponentResource):
    """The HTTP service behind the load balancer."""

    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: ReceiverArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:service:Receiver", name, None, opts)
        self._name = name
        self._args = args
        self._settings = args.foundation.settings
        self._child = pulumi.ResourceOptions(parent=self)
        load_balancer = self._create_load_balancer()
        self._create_service(load_balancer)
        self.url = load_balancer.url
        self.register_outputs({"url": self.url})

    @property
    def outputs(self) -> Outputs:
        """The stack outputs that each topology has."""
        return {**self._args.foundation.outputs, "api_url": self.url}

    def _create_load_balancer(self) -> LoadBalancer:
        return LoadBalancer(
            self._name,
            LoadBalancerArgs(
                network=self._args.foundation.network,
                target_port=self._settings.receiver_port,
                idle_timeout_seconds=self._settings.load_balancer_idle_timeout_seconds,
            ),
            opts=self._child,
        )

    def _create_service(self, load_balancer: LoadBalancer) -> None:
        foundation = self._args.foundation
        FargateService(
            self._name,
            FargateServiceArgs(
                settings=self._settings,
                network=foundation.network,
                cluster_arn=foundation.cluster.arn,
                package="receiver",
                port=self._settings.receiver_port,
                tasks=self._settings.receiver_tasks,
                environment=receiver_environment(
                    self._settings, foundation.tables, self._args.topic_arn
                ),
                statements=self._statements(),
                load_balancer=load_balancer,
                # Its first read of the catalogue must find one.
                start_after=[foundation.tables, *self._args.start_after],
            ),
            opts=self._child,
        )

    def _statements(self) -> list[Statement]:
        tables = self._args.foundation.tables
        topic_arn = self._args.topic_arn
        # POST /orders/sync fulfils in place, in every topology.
        statements = [*permissions.ordering(tables), *permissions.fulfilment(tables)]
        return statements if topic_arn is None else [*statements, permissions.publishing(topic_arn)]
