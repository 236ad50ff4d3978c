"""Lambda on the emulator: a function whose environments are forked here (see engine.functions)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from engine.functions.archives import bootstrap_archive, placeholder_archive, unpack
from engine.functions.processes import FunctionDeclaration
from engine.makers.context import Context, Made, Maker, Resource, each, physical_name, random_suffix

_RUNTIME = "provided.al2023"


def _function(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    declaration = _declaration(context, name, inputs)
    made = context.clients.functions.create_function(
        **_request(name, inputs, bootstrap_archive(declaration.fifo))
    )
    reserved = inputs.get("reservedConcurrentExecutions")
    if reserved is not None and reserved >= 0:
        context.clients.functions.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=reserved
        )
    context.functions[name] = declaration
    # Of a function that is published at its creation the emulator's answer tells the version too.
    arn, version = made["FunctionArn"].removesuffix(f":{made['Version']}"), made["Version"]
    return Made(
        name,
        {
            "arn": arn,
            "name": name,
            "invokeArn": _invoke_arn(context, arn),
            "qualifiedArn": f"{arn}:{version}",
            "version": version,
            "lastModified": made["LastModified"],
        },
    )


def _invoke_arn(context: Context, arn: str) -> str:
    """How API Gateway names what it invokes."""
    path = f"2015-03-31/functions/{arn}/invocations"
    return f"arn:aws:apigateway:{context.region}:lambda:path/{path}"


def _declaration(context: Context, name: str, inputs: Mapping[str, Any]) -> FunctionDeclaration:
    folder = context.run_dir / "functions" / name
    return FunctionDeclaration(
        name=name,
        handler=inputs["handler"],
        root=unpack(inputs["code"], folder, base=context.root),
        layers=tuple(context.layers[arn] for arn in each(inputs.get("layers"))),
        environment=dict((inputs.get("environment") or {}).get("variables") or {}),
        memory_mb=_memory_mb(inputs),
        fifo=context.run_dir / "tmp" / f"function-{name}.fifo",
        log=context.run_dir / "logs" / f"function-{name}.log",
    )


def _memory_mb(inputs: Mapping[str, Any]) -> int:
    return int(inputs.get("memorySize") or 128)


def _request(name: str, inputs: Mapping[str, Any], archive: bytes) -> dict[str, Any]:
    """The arguments of CreateFunction; the program's runtime becomes the engine's own."""
    request: dict[str, Any] = {
        "FunctionName": name,
        "Role": inputs["role"],
        "Handler": inputs["handler"],
        "Runtime": _RUNTIME,
        "Code": {"ZipFile": archive},
        "MemorySize": _memory_mb(inputs),
        "Timeout": inputs.get("timeout") or 3,
        "Architectures": inputs.get("architectures") or ["x86_64"],
        "Layers": list(each(inputs.get("layers"))),
        "Environment": {"Variables": (inputs.get("environment") or {}).get("variables") or {}},
        "Tags": inputs.get("tags") or {},
        "Publish": bool(inputs.get("publish")),
    }
    dead_letter = (inputs.get("deadLetterConfig") or {}).get("targetArn")
    if dead_letter:
        request["DeadLetterConfig"] = {"TargetArn": dead_letter}
    return request


def _layer(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = str(inputs["layerName"])
    folder = unpack(inputs["code"], context.run_dir / "layers" / name, base=context.root)
    made = context.clients.functions.publish_layer_version(
        LayerName=name,
        # The emulator never opens it: the environments import from the unpacked archive.
        Content={"ZipFile": placeholder_archive()},
    )
    arn = made["LayerVersionArn"]
    context.layers[arn] = folder
    digest = base64.b64encode(hashlib.sha256(arn.encode()).digest()).decode()
    return Made(
        arn,
        {
            "arn": arn,
            "layerArn": made["LayerArn"],
            "version": str(made["Version"]),
            "codeSha256": digest,
        },
    )


def _alias(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    made = context.clients.functions.create_alias(
        FunctionName=inputs["functionName"],
        Name=inputs["name"],
        FunctionVersion=inputs["functionVersion"],
    )
    arn = made["AliasArn"]
    invoked = {"invokeArn": _invoke_arn(context, arn)}
    return Made(arn, {"arn": arn, "name": made["Name"], **invoked})


def _permission(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    statement = inputs.get("statementId") or f"{resource.name}-{random_suffix()}"
    request = {
        "FunctionName": inputs["function"],
        "StatementId": statement,
        "Action": inputs["action"],
        "Principal": inputs["principal"],
    }
    for key, argument in (
        ("sourceArn", "SourceArn"),
        ("sourceAccount", "SourceAccount"),
        ("qualifier", "Qualifier"),
    ):
        if inputs.get(key):
            request[argument] = inputs[key]
    context.clients.functions.add_permission(**request)
    return Made(statement, {"statementId": statement})


def _event_invoke_config(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    request: dict[str, Any] = {"FunctionName": inputs["functionName"]}
    for key, argument in (
        ("qualifier", "Qualifier"),
        ("maximumRetryAttempts", "MaximumRetryAttempts"),
        ("maximumEventAgeInSeconds", "MaximumEventAgeInSeconds"),
    ):
        if inputs.get(key) is not None:
            request[argument] = inputs[key]
    failure = ((inputs.get("destinationConfig") or {}).get("onFailure") or {}).get("destination")
    if failure:
        request["DestinationConfig"] = {"OnFailure": {"Destination": failure}}
    context.clients.functions.put_function_event_invoke_config(**request)
    return Made(str(inputs["functionName"]), {})


MAKERS: dict[str, Maker] = {
    "aws:lambda/function:Function": _function,
    "aws:lambda/layerVersion:LayerVersion": _layer,
    "aws:lambda/alias:Alias": _alias,
    "aws:lambda/permission:Permission": _permission,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _event_invoke_config,
}
