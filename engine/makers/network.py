"""Network and load balancer: plausible ids, nothing real."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.emulator.server import HOST
from engine.makers.context import (
    Context,
    Listener,
    Made,
    Maker,
    Resource,
    each,
    physical_name,
    random_suffix,
)

_ID_LENGTH = 17
Outputs = Callable[[Context, Resource, str], Mapping[str, Any]]


def _no_outputs(_context: Context, _resource: Resource, _id: str) -> Mapping[str, Any]:
    return {}


def _plain(prefix: str, outputs: Outputs = _no_outputs) -> Maker:
    """An EC2 resource: an id with its usual prefix and the ARN that goes with it."""

    def maker(context: Context, resource: Resource) -> Made:
        identity = f"{prefix}-{random_suffix(_ID_LENGTH)}"
        kind = resource.type.rpartition(":")[2]
        arn = context.arn("ec2", f"{kind.lower()}/{identity}")
        return Made(
            identity,
            {"arn": arn, "ownerId": context.account_id, **outputs(context, resource, identity)},
        )

    return maker


def _vpc(_context: Context, _resource: Resource, identity: str) -> Mapping[str, Any]:
    made = ("mainRouteTableId", "defaultRouteTableId", "defaultNetworkAclId")
    return {
        **{name: f"{identity}-{name}" for name in made},
        "defaultSecurityGroupId": f"sg-{random_suffix(_ID_LENGTH)}",
        "enableDnsSupport": True,
    }


def _eip(_context: Context, _resource: Resource, identity: str) -> Mapping[str, Any]:
    # 192.0.2.0/24 is TEST-NET-1 (RFC 5737): addresses for documentation, never routed.
    return {"allocationId": identity, "publicIp": "192.0.2.1"}


def _security_group(_context: Context, resource: Resource, _id: str) -> Mapping[str, Any]:
    return {"name": physical_name(resource.name, resource.inputs)}


def _load_balancer(context: Context, resource: Resource) -> Made:
    name = physical_name(resource.name, resource.inputs)
    dns_name = f"{name}.{context.region}.elb.amazonaws.com"
    arn = context.arn("elasticloadbalancing", f"loadbalancer/app/{name}/{random_suffix(16)}")
    context.load_balancers[arn] = dns_name
    return Made(
        arn,
        {
            "arn": arn,
            "name": name,
            "arnSuffix": arn.partition("loadbalancer/")[2],
            "dnsName": dns_name,
            "zoneId": "Z1H1FL5HABSF5",
        },
    )


def _target_group(context: Context, resource: Resource) -> Made:
    name = physical_name(resource.name, resource.inputs)
    arn = context.arn("elasticloadbalancing", f"targetgroup/{name}/{random_suffix(16)}")
    return Made(arn, {"arn": arn, "name": name, "arnSuffix": arn.rpartition(":")[2]})


def _listener(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    for action in each(inputs.get("defaultActions")):
        if action.get("targetGroupArn"):
            context.listeners.append(
                Listener(inputs["loadBalancerArn"], inputs["port"], action["targetGroupArn"])
            )
    arn = context.arn("elasticloadbalancing", f"listener/app/{resource.name}/{random_suffix(16)}")
    return Made(arn, {"arn": arn})


def _association(_context: Context, _resource: Resource) -> Made:
    return Made(f"rtbassoc-{random_suffix(_ID_LENGTH)}", {})


def addresses(context: Context) -> dict[str, str]:
    """Where what is sent to a load balancer or an API is answered here, by its address on AWS.

    No balancer runs here: the processes of the service behind it share one loopback port. The name
    without a port is the lowest listener's.
    """
    ports = {
        arn: port for service in context.services.values() for arn, port in service.targets.items()
    }
    found: dict[str, str] = {}
    for listener in sorted(context.listeners, key=lambda one: one.port):
        if listener.target_group_arn in ports:
            dns_name = context.load_balancers[listener.load_balancer_arn]
            here = f"{HOST}:{ports[listener.target_group_arn]}"
            found[f"{dns_name}:{listener.port}"] = here
            found.setdefault(dns_name, here)
    for identity in context.rest_apis:
        found[f"https://{identity}.execute-api.{context.region}.amazonaws.com"] = (
            f"{context.endpoint_url}/_aws/execute-api/{identity}"
        )
    return found


def reachable(text: str, where: Mapping[str, str]) -> str:
    """The text with addresses of this machine in the place of AWS's names."""
    for name in sorted(where, key=len, reverse=True):
        text = text.replace(name, where[name])
    return text


MAKERS: dict[str, Maker] = {
    "aws:ec2/vpc:Vpc": _plain("vpc", _vpc),
    "aws:ec2/subnet:Subnet": _plain("subnet"),
    "aws:ec2/internetGateway:InternetGateway": _plain("igw"),
    "aws:ec2/eip:Eip": _plain("eipalloc", _eip),
    "aws:ec2/natGateway:NatGateway": _plain("nat"),
    "aws:ec2/routeTable:RouteTable": _plain("rtb"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _plain("sg", _security_group),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _association,
    "aws:ec2/securityGroup:SecurityGroup": _plain("sg", _security_group),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _plain("sgr"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _plain("sgr"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _plain("vpce"),
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:lb/listener:Listener": _listener,
}
