"""A queue behind a topic, on an AWS of one's own."""

from __future__ import annotations

import json
from typing import Any


def subscribe(queue_url: str, topic_arn: str, *, sqs: Any, sns: Any) -> None:
    """Admit SNS to the queue, and let the topic's messages come as they were published."""
    names = ["QueueArn"]
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    queue_arn = found["Attributes"]["QueueArn"]
    admitted = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [admitted]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=queue_arn,
        Attributes={"RawMessageDelivery": "true"},
    )
