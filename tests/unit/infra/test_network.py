from ipaddress import IPv4Network

import pytest

from tests.support.recorded_stack import RecordedStack

pytestmark = pytest.mark.process

SUBNET = "aws:ec2/subnet:Subnet"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def test_the_vpc_has_two_public_and_two_private_subnets(vpc_stack: RecordedStack) -> None:
    assert vpc_stack.only("aws:ec2/vpc:Vpc").inputs["cidrBlock"] == "10.0.0.0/16"
    assert {each.name: each.inputs["cidrBlock"] for each in vpc_stack.of_type(SUBNET)} == {
        "flash-sale-public-1": "10.0.1.0/24",
        "flash-sale-public-2": "10.0.2.0/24",
        "flash-sale-private-1": "10.0.10.0/24",
        "flash-sale-private-2": "10.0.11.0/24",
    }


def test_subnets_lie_in_the_vpc_and_do_not_overlap(vpc_stack: RecordedStack) -> None:
    blocks = [IPv4Network(each.inputs["cidrBlock"]) for each in vpc_stack.of_type(SUBNET)]
    assert all(block.subnet_of(IPv4Network("10.0.0.0/16")) for block in blocks)
    assert not [(a, b) for a in blocks for b in blocks if a is not b and a.overlaps(b)]


def test_each_kind_of_subnet_spans_two_zones(vpc_stack: RecordedStack) -> None:
    for kind in ("public", "private"):
        zones = {
            each.inputs["availabilityZone"]
            for each in vpc_stack.of_type(SUBNET)
            if kind in each.name
        }
        assert zones == {"us-west-2a", "us-west-2b"}


def test_public_subnets_route_to_the_internet_private_ones_to_the_only_nat_gateway(
    vpc_stack: RecordedStack,
) -> None:
    nat = vpc_stack.only("aws:ec2/natGateway:NatGateway")
    assert nat.inputs["subnetId"] == "flash-sale-public-1-id"
    routes = {each.name: each.inputs["routes"] for each in vpc_stack.of_type(ROUTE_TABLE)}
    assert routes == {
        "flash-sale-public-routes": [
            {"cidrBlock": "0.0.0.0/0", "gatewayId": "flash-sale-internet-gateway-id"}
        ],
        "flash-sale-private-routes": [{"cidrBlock": "0.0.0.0/0", "natGatewayId": f"{nat.name}-id"}],
    }


def test_every_subnet_uses_the_routes_of_its_kind(vpc_stack: RecordedStack) -> None:
    pairs = {
        each.inputs["subnetId"]: each.inputs["routeTableId"]
        for each in vpc_stack.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
    }
    assert pairs == {
        f"flash-sale-{kind}-{number}-id": f"flash-sale-{kind}-routes-id"
        for kind in ("public", "private")
        for number in (1, 2)
    }


def test_tables_and_image_layers_are_reached_past_the_nat_gateway(
    vpc_stack: RecordedStack,
) -> None:
    endpoints = [each.inputs for each in vpc_stack.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")]
    assert {each["serviceName"] for each in endpoints} == {
        "com.amazonaws.us-west-2.dynamodb",
        "com.amazonaws.us-west-2.s3",
    }
    for each in endpoints:
        assert each["vpcEndpointType"] == "Gateway"
        assert each["routeTableIds"] == ["flash-sale-private-routes-id"]


def test_what_names_no_security_group_is_reached_by_nothing_and_reaches_nothing(
    vpc_stack: RecordedStack,
) -> None:
    group = vpc_stack.only("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert group["vpcId"] == "flash-sale-vpc-id"
    assert (group["ingress"], group["egress"]) == ([], [])


def test_only_the_load_balancer_is_open_to_the_internet(vpc_stack: RecordedStack) -> None:
    open_rules = [each for each in vpc_stack.of_type(INGRESS) if "cidrIpv4" in each.inputs]
    assert [
        (each.inputs["securityGroupId"], each.inputs["fromPort"], each.inputs["toPort"])
        for each in open_rules
    ] == [("receiver-alb-firewall-id", 80, 80)]


def test_the_receiver_is_reached_only_from_the_load_balancer(
    vpc_stack: RecordedStack,
) -> None:
    (rule,) = [
        each
        for each in vpc_stack.of_type(INGRESS)
        if each.inputs["securityGroupId"] == "receiver-firewall-id"
    ]
    assert rule.inputs["referencedSecurityGroupId"] == "receiver-alb-firewall-id"
    assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (8080, 8080)


def test_nothing_reaches_the_processor(async_stack: RecordedStack) -> None:
    assert not [
        each
        for each in async_stack.of_type(INGRESS)
        if each.inputs["securityGroupId"] == "processor-firewall-id"
    ]


def test_tasks_speak_to_the_outside_over_https_only(vpc_stack: RecordedStack) -> None:
    outward = [each for each in vpc_stack.of_type(EGRESS) if "cidrIpv4" in each.inputs]
    assert outward
    assert {(each.inputs["fromPort"], each.inputs["toPort"]) for each in outward} == {(443, 443)}


def test_the_load_balancer_reaches_nothing_but_the_receiver(
    vpc_stack: RecordedStack,
) -> None:
    (rule,) = [
        each
        for each in vpc_stack.of_type(EGRESS)
        if each.inputs["securityGroupId"] == "receiver-alb-firewall-id"
    ]
    assert rule.inputs["referencedSecurityGroupId"] == "receiver-firewall-id"


def test_the_load_balancer_asks_for_health_and_waits_as_configured(
    vpc_stack: RecordedStack,
) -> None:
    balancer = vpc_stack.only("aws:lb/loadBalancer:LoadBalancer").inputs
    assert balancer["idleTimeout"] == 60
    assert balancer["subnets"] == ["flash-sale-public-1-id", "flash-sale-public-2-id"]
    targets = vpc_stack.only("aws:lb/targetGroup:TargetGroup").inputs
    assert (targets["targetType"], targets["port"]) == ("ip", 8080)
    assert (targets["healthCheck"]["path"], targets["healthCheck"]["matcher"]) == ("/health", "200")
    listener = vpc_stack.only("aws:lb/listener:Listener").inputs
    assert (listener["port"], listener["protocol"]) == (80, "HTTP")


def test_a_leaving_task_keeps_its_requests_as_long_as_the_load_balancer_does(
    vpc_stack: RecordedStack,
) -> None:
    targets = vpc_stack.only("aws:lb/targetGroup:TargetGroup").inputs
    assert targets["deregistrationDelay"] == 60
