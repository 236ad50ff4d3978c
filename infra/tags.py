"""The tags that every resource carries, so that costs and leftovers can be told apart."""

from typing import Any

import pulumi
from pulumi.runtime import register_stack_transformation

from infra.settings import Settings


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
