"""What every topology stands on: network, cluster, tables; how resources are tagged and named."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime import register_stack_transformation

from infra.network import Network
from infra.settings import Settings
from infra.tables import Tables

Outputs = Mapping[str, pulumi.Input[str]]


class Foundation(pulumi.ComponentResource):
    """The tables of one stack: they stay whatever else is built, and are named alike."""

    settings: Settings
    tables: Tables

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:base:Foundation", name, None, opts)
        self.settings = settings
        self.tables = Tables(name, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({"orders_table": self.tables.orders.name})

    @property
    def outputs(self) -> Outputs:
        """What was built, and its tables, for the outputs of the stack."""
        return {
            "topology": self.settings.topology.value,
            "orders_table": self.tables.orders.name,
            "payments_table": self.tables.payments.name,
            "products_table": self.tables.products.name,
        }


class ServiceFoundation(Foundation):
    """What services stand on, too: the network and the ECS cluster."""

    network: Network
    cluster: aws.ecs.Cluster

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, settings, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.network = Network(name, settings.region, opts=child)
        self.cluster = aws.ecs.Cluster(f"{name}-cluster", opts=child)


def tag_everything(settings: Settings) -> None:
    """Tag each resource that is declared from now on, wherever AWS can keep tags.

    A transformation and not the provider's default tags: those are a setting of each stack file,
    and say what a file says, not what is deployed.
    """
    common = {
        "project": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        "topology": settings.topology.value,
    }

    def tagged(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        props: dict[str, Any] = dict(args.props)
        # The SDK lists each input of a type, given or not: this is how it says what takes tags.
        if "tags" in props:
            props["tags"] = {**common, **(props["tags"] or {})}
        return pulumi.ResourceTransformationResult(props, args.opts)

    register_stack_transformation(tagged)


def named_after(name: str, sibling: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return `name` with the random ending of a sibling's physical name, which Pulumi made.

    A name without it would be shared by everybody who deploys this program to the account.
    """
    return sibling.apply(lambda physical: f"{name}-{physical.rpartition('-')[2]}")
