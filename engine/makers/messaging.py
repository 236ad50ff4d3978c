"""SNS topics and subscriptions, SQS queues and their policies: real on the emulator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.makers.context import Context, Made, Maker, Resource, as_text, physical_name, tags_of
from engine.makers.iam import with_aliases


def _capitalised(names: Iterable[str]) -> dict[str, str]:
    """Map inputs whose attribute differs by its first letter only."""
    return {name: name[0].upper() + name[1:] for name in names}


_TOPIC = _capitalised(
    ("displayName", "deliveryPolicy", "fifoTopic", "contentBasedDeduplication", "kmsMasterKeyId")
)
_SUBSCRIPTION = _capitalised(
    ("deliveryPolicy", "filterPolicy", "filterPolicyScope", "rawMessageDelivery", "redrivePolicy")
)
_QUEUE = {
    **_capitalised(
        (
            "contentBasedDeduplication",
            "deduplicationScope",
            "fifoQueue",
            "fifoThroughputLimit",
            "kmsMasterKeyId",
            "redriveAllowPolicy",
            "redrivePolicy",
        )
    ),
    "delaySeconds": "DelaySeconds",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


def _text_attributes(inputs: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """The given inputs under the API's names; absent inputs stay absent."""
    return {
        attribute: as_text(inputs[name])
        for name, attribute in names.items()
        if inputs.get(name) is not None
    }


def _topic(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs, ending=_fifo(inputs.get("fifoTopic")))
    attributes = _text_attributes(inputs, _TOPIC)
    if inputs.get("policy"):
        attributes["Policy"] = with_aliases(as_text(inputs["policy"]))
    made = context.clients.sns.create_topic(
        Name=name,
        Attributes=attributes,
        Tags=tags_of(resource),  # type: ignore[arg-type]
    )
    arn = made["TopicArn"]
    return Made(arn, {"arn": arn, "name": name, "owner": context.account_id})


def _subscription(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    made = context.clients.sns.subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        Attributes=_text_attributes(inputs, _SUBSCRIPTION),
        ReturnSubscriptionArn=True,
    )
    arn = made["SubscriptionArn"]
    return Made(arn, {"arn": arn, "ownerId": context.account_id, "pendingConfirmation": False})


def _queue(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs, ending=_fifo(inputs.get("fifoQueue")))
    attributes = _text_attributes(inputs, _QUEUE)
    if inputs.get("policy"):
        attributes["Policy"] = with_aliases(as_text(inputs["policy"]))
    made = context.clients.sqs.create_queue(
        QueueName=name,
        Attributes=attributes,  # type: ignore[arg-type]
        tags=inputs.get("tags") or {},
    )
    url = made["QueueUrl"]
    return Made(url, {"arn": context.arn("sqs", name), "name": name, "url": url})


def _queue_attribute(attribute: str, key: str) -> Maker:
    """A resource whose whole content is one attribute of an existing queue."""

    def maker(context: Context, resource: Resource) -> Made:
        url = str(resource.inputs["queueUrl"])
        value = as_text(resource.inputs[key])
        if attribute == "Policy":
            value = with_aliases(value)
        context.clients.sqs.set_queue_attributes(
            QueueUrl=url,
            Attributes={attribute: value},  # type: ignore[dict-item]
        )
        return Made(url, {})

    return maker


def _fifo(wanted: Any) -> str:
    return ".fifo" if wanted else ""


MAKERS: dict[str, Maker] = {
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicSubscription:TopicSubscription": _subscription,
    "aws:sqs/queue:Queue": _queue,
    "aws:sqs/queuePolicy:QueuePolicy": _queue_attribute("Policy", "policy"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _queue_attribute(
        "RedriveAllowPolicy", "redriveAllowPolicy"
    ),
}
