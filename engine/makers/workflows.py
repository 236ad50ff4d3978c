"""State machines of Step Functions: real on the emulator."""

from __future__ import annotations

from engine.makers.context import Context, Made, Maker, Resource, as_text, physical_name, tags_of


def _state_machine(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    made = context.clients.workflows.create_state_machine(
        name=name,
        definition=as_text(inputs["definition"]),
        roleArn=inputs["roleArn"],
        type=inputs.get("type") or "STANDARD",
        tags=[{key.lower(): value for key, value in tag.items()} for tag in tags_of(resource)],
    )
    arn = made["stateMachineArn"]
    return Made(arn, {"arn": arn, "name": name, "status": "ACTIVE"})


MAKERS: dict[str, Maker] = {"aws:sfn/stateMachine:StateMachine": _state_machine}
