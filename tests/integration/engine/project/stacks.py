"""What each stack of the test project declares."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws


def trust(service: str) -> str:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(**statement: Any) -> pulumi.Output[str]:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    return pulumi.Output.json_dumps(document)


def messaging() -> None:
    """A topic, an admitting and a refusing queue behind it, a table, and a role for the two."""
    topic = aws.sns.Topic("news")
    queues = {name: aws.sqs.Queue(name, visibility_timeout_seconds=7) for name in ("open", "shut")}
    admitted = aws.sqs.QueuePolicy(
        "open-policy",
        queue_url=queues["open"].url,
        policy=policy(
            Principal={"Service": "sns.amazonaws.com"},
            Action="sqs:SendMessage",
            Resource=queues["open"].arn,
            Condition={"ArnEquals": {"aws:SourceArn": topic.arn}},
        ),
    )
    for name, queue in queues.items():
        aws.sns.TopicSubscription(
            f"{name}-subscription",
            topic=topic.arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=True,
            opts=pulumi.ResourceOptions(depends_on=[admitted]),
        )
    table = aws.dynamodb.Table(
        "orders",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}, {"name": "status", "type": "S"}],
        global_secondary_indexes=[
            {"name": "by-status", "hash_key": "status", "projection_type": "ALL"}
        ],
        point_in_time_recovery={"enabled": True},
    )
    aws.dynamodb.TableItem(
        "first",
        table_name=table.name,
        hash_key="id",
        item=json.dumps({"id": {"S": "first"}, "status": {"S": "NEW"}}),
    )
    role = aws.iam.Role("publisher", assume_role_policy=trust("ecs-tasks"))
    aws.iam.RolePolicy(
        "publishing", role=role.name, policy=policy(Action=["sns:Publish"], Resource=topic.arn)
    )
    aws.iam.RolePolicy(
        "inserting",
        role=role.name,
        policy=policy(Action=["dynamodb:PartiQLInsert"], Resource=table.arn),
    )
    pulumi.export("topic_arn", topic.arn)
    pulumi.export("open_url", queues["open"].url)
    pulumi.export("shut_url", queues["shut"].url)
    pulumi.export("table", table.name)
    pulumi.export("role_arn", role.arn)
    pulumi.export("absent", None)


def service() -> None:
    """`tasks` processes of one program that share a port."""
    config = pulumi.Config()
    port = str(config.require_int("port"))
    role = aws.iam.Role("task-role", assume_role_policy=trust("ecs-tasks"))
    container = {
        "name": "echo",
        "command": ["python", "-m", config.require("program")],
        "environment": [{"name": "PORT", "value": port}, {"name": "COLOUR", "value": "blue"}],
        "stopTimeout": config.get_int("stopTimeout") or 2,
    }
    task = aws.ecs.TaskDefinition(
        "task",
        family="echo",
        container_definitions=json.dumps([container]),
        task_role_arn=role.arn,
    )
    balancer = aws.lb.LoadBalancer("front")
    target = aws.lb.TargetGroup("targets", port=int(port), protocol="HTTP", target_type="ip")
    aws.lb.Listener(
        "http",
        load_balancer_arn=balancer.arn,
        port=80,
        default_actions=[{"type": "forward", "target_group_arn": target.arn}],
    )
    aws.ecs.Service(
        "service",
        task_definition=task.arn,
        desired_count=config.require_int("tasks"),
        load_balancers=[
            {"target_group_arn": target.arn, "container_name": "echo", "container_port": int(port)}
        ],
    )
    pulumi.export("port", port)
    pulumi.export("url", pulumi.Output.concat("http://", balancer.dns_name))


def function() -> None:
    """A function of its own archive and layer that a topic invokes; a queue keeps its failures."""
    config = pulumi.Config()
    topic = aws.sns.Topic("events")
    failures = aws.sqs.Queue("failures")
    table = aws.dynamodb.Table(
        "seen",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
    )
    role = aws.iam.Role("function-role", assume_role_policy=trust("lambda"))
    aws.iam.RolePolicy(
        "function-policy",
        role=role.name,
        policy=policy(Action="sqs:SendMessage", Resource=failures.arn),
    )
    layer = aws.lambda_.LayerVersion(
        "layer", layer_name="words", code=pulumi.FileArchive("./layer")
    )
    made = aws.lambda_.Function(
        "function",
        runtime="python3.13",
        handler=config.require("handler"),
        code=pulumi.AssetArchive(
            {name: pulumi.FileAsset(name) for name in ("function.py", "unimportable.py")}
        ),
        layers=[layer.arn],
        role=role.arn,
        timeout=config.get_int("timeout") or 20,
        environment={"variables": {"TABLE": table.name}},
        publish=config.get_bool("published"),
    )
    alias = None
    if config.get_bool("published"):
        alias = aws.lambda_.Alias(
            "live", name="live", function_name=made.name, function_version=made.version
        )
    permission = aws.lambda_.Permission(
        "permission",
        action="lambda:InvokeFunction",
        function=made.name,
        qualifier=alias.name if alias else None,
        principal="sns.amazonaws.com",
        source_arn=topic.arn,
    )
    aws.lambda_.FunctionEventInvokeConfig(
        "retries",
        function_name=made.name,
        qualifier=alias.name if alias else None,
        maximum_retry_attempts=2,
        destination_config={"on_failure": {"destination": failures.arn}},
    )
    aws.sns.TopicSubscription(
        "subscription",
        topic=topic.arn,
        protocol="lambda",
        endpoint=alias.arn if alias else made.arn,
        opts=pulumi.ResourceOptions(depends_on=[permission]),
    )
    pulumi.export("topic_arn", topic.arn)
    pulumi.export("function", made.name)
    pulumi.export("version", made.version)
    pulumi.export("arn", made.arn)
    pulumi.export("failures_url", failures.url)


def mappings() -> None:
    """A function that reads a table's stream, and answers a REST API."""
    table = aws.dynamodb.Table(
        "seen",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        stream_enabled=True,
        stream_view_type="NEW_AND_OLD_IMAGES",
    )
    failures = aws.sqs.Queue("failures")
    role = aws.iam.Role("reader-role", assume_role_policy=trust("lambda"))
    aws.iam.RolePolicy(
        "reader-policy",
        role=role.name,
        policy=policy(
            Action=[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
                "sqs:SendMessage",
            ],
            Resource="*",
        ),
    )
    reader = aws.lambda_.Function(
        "reader",
        runtime="python3.13",
        handler="reader.handler",
        code=pulumi.AssetArchive({"reader.py": pulumi.FileAsset("reader.py")}),
        role=role.arn,
        timeout=20,
    )
    aws.lambda_.EventSourceMapping(
        "stream",
        event_source_arn=table.stream_arn,
        function_name=reader.arn,
        starting_position="TRIM_HORIZON",
        batch_size=100,
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=1,
        function_response_types=["ReportBatchItemFailures"],
        destination_config={"on_failure": {"destination_arn": failures.arn}},
    )
    pulumi.export("url", _rest_api(reader))
    pulumi.export("table", table.name)
    pulumi.export("function", reader.name)
    pulumi.export("failures_url", failures.url)


def _rest_api(function: aws.lambda_.Function) -> pulumi.Output[str]:
    api = aws.apigateway.RestApi("api")
    method = aws.apigateway.Method(
        "post",
        rest_api=api.id,
        resource_id=api.root_resource_id,
        http_method="POST",
        authorization="NONE",
    )
    integration = aws.apigateway.Integration(
        "integration",
        rest_api=api.id,
        resource_id=api.root_resource_id,
        http_method=method.http_method,
        type="AWS_PROXY",
        integration_http_method="POST",
        uri=function.invoke_arn,
        timeout_milliseconds=1000,
    )
    aws.lambda_.Permission(
        "permission",
        action="lambda:InvokeFunction",
        function=function.name,
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.concat(api.execution_arn, "/*/POST/"),
    )
    deployment = aws.apigateway.Deployment(
        "deployment", rest_api=api.id, opts=pulumi.ResourceOptions(depends_on=[integration])
    )
    stage = aws.apigateway.Stage(
        "stage", rest_api=api.id, deployment=deployment.id, stage_name="v1"
    )
    return stage.invoke_url


def unknown() -> None:
    """A resource of a type that the engine does not know."""
    aws.ssm.Parameter("parameter", type="String", value="1")


def refusing() -> None:
    """What the program of the repository does with settings that it refuses."""
    raise pulumi.RunError("small:kind = refusing: is not wanted; choose another one")


def crashing() -> None:
    """A mistake in the program."""
    raise KeyError("missing")


STACKS = {
    each.__name__: each
    for each in (messaging, service, function, mappings, unknown, refusing, crashing)
}
