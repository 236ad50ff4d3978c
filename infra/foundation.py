"""What every topology stands on: network, cluster, tables."""

import pulumi
import pulumi_aws as aws

from infra.network import Network
from infra.settings import Settings
from infra.tables import Tables


class Foundation(pulumi.ComponentResource):
    """The network, the ECS cluster and the tables of one stack."""

    settings: Settings
    network: Network
    cluster: aws.ecs.Cluster
    tables: Tables

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:base:Foundation", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.settings = settings
        self.network = Network(name, settings.region, opts=child)
        self.cluster = aws.ecs.Cluster(f"{name}-cluster", opts=child)
        self.tables = Tables(name, opts=child)
        self.register_outputs({"cluster": self.cluster.name, "vpc_id": self.network.vpc_id})
