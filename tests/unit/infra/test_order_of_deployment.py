"""What runs is there after what it runs on, and goes before it, whatever hides the need.

The needs are read from the inputs (the subnets of a service, the routes of a subnet, the roles of a
task); whether they are met is read from the dependencies that the engine is told of.
"""

import json
from collections.abc import Iterator, Mapping

import pytest

from tests.support.dependencies import reached_by
from tests.support.recorded_stack import Declared, RecordedStack
from tests.unit.infra.conftest import recorded

pytestmark = pytest.mark.process

SERVICE = "aws:ecs/service:Service"
FUNCTION = "aws:lambda/function:Function"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
NAT = "aws:ec2/natGateway:NatGateway"
INTERNET = "aws:ec2/internetGateway:InternetGateway"
ROUTES = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
RULES = (
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
)
TASK = "aws:ecs/taskDefinition:TaskDefinition"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
LISTENER = "aws:lb/listener:Listener"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
IMAGE = "docker:index/image:Image"
ITEM = "aws:dynamodb/tableItem:TableItem"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
CLUSTER = "aws:ecs/cluster:Cluster"

EVERY_SERVICE = [
    ("sync", "receiver"),
    ("async", "receiver"),
    ("async", "processor"),
    ("serverless", "receiver"),
]
every_service = pytest.mark.parametrize(("stack", "service"), EVERY_SERVICE)


def with_id(stack: RecordedStack, type_: str, id_: str) -> Declared:
    (found,) = [each for each in stack.of_type(type_) if f"{each.name}-id" == id_]
    return found


def missing(stack: RecordedStack, resource: Declared, needed: Iterator[Declared]) -> set[str]:
    """The names of what `resource` needs and does not wait for."""
    wanted = {each.urn: f"{each.type} {each.name}" for each in needed}
    assert wanted, "a need that nothing answers is a test that cannot fail"
    reached = reached_by(stack, resource)
    return {name for urn, name in wanted.items() if urn not in reached}


def ways_out_of(stack: RecordedStack, subnets: list[str]) -> Iterator[Declared]:
    """Yield what carries a packet from these subnets to the internet and to gateway endpoints."""
    associations = [
        each for each in stack.of_type(ASSOCIATION) if each.inputs["subnetId"] in subnets
    ]
    assert len(associations) == len(subnets)
    yield from associations
    for id_ in {each.inputs["routeTableId"] for each in associations}:
        yield with_id(stack, ROUTES, id_)
        yield from (each for each in stack.of_type(ENDPOINT) if id_ in each.inputs["routeTableIds"])
        for route in with_id(stack, ROUTES, id_).inputs["routes"]:
            yield from _gateway(stack, route)


def _gateway(stack: RecordedStack, route: Mapping[str, str]) -> Iterator[Declared]:
    if "gatewayId" in route:
        yield with_id(stack, INTERNET, route["gatewayId"])
    else:
        nat = with_id(stack, NAT, route["natGatewayId"])
        yield nat
        yield from ways_out_of(stack, [nat.inputs["subnetId"]])


def rules_of(stack: RecordedStack, groups: list[str]) -> Iterator[Declared]:
    for type_ in RULES:
        for each in stack.of_type(type_):
            if each.inputs["securityGroupId"] in groups:
                yield each


def policies_of(stack: RecordedStack, role_arns: list[str]) -> Iterator[Declared]:
    for arn in role_arns:
        role = arn.rpartition(":")[2]
        yield from (
            each for each in stack.of_type(ROLE_POLICY) if each.inputs["role"] == f"{role}-1a2b3c4"
        )


@every_service
def test_no_task_starts_before_it_has_its_way_out(stack: str, service: str) -> None:
    program = recorded(stack)
    running = program.named(SERVICE, f"{service}-service")
    subnets = running.inputs["networkConfiguration"]["subnets"]
    ways = list(ways_out_of(program, subnets))
    assert {NAT, INTERNET, ENDPOINT, ROUTES, ASSOCIATION} <= {each.type for each in ways}
    assert missing(program, running, iter(ways)) == set()


@every_service
def test_no_task_starts_before_its_firewall_has_its_rules(stack: str, service: str) -> None:
    program = recorded(stack)
    running = program.named(SERVICE, f"{service}-service")
    groups = list(running.inputs["networkConfiguration"]["securityGroups"])
    if running.inputs["loadBalancers"]:
        groups += program.only(BALANCER).inputs["securityGroups"]
    assert missing(program, running, rules_of(program, groups)) == set()


@every_service
def test_no_task_starts_before_its_roles_may_act(stack: str, service: str) -> None:
    program = recorded(stack)
    task = program.named(TASK, f"{service}-task-definition").inputs
    roles = [task["taskRoleArn"], task["executionRoleArn"]]
    policies = list(policies_of(program, roles))
    assert len(policies) == 2
    running = program.named(SERVICE, f"{service}-service")
    assert missing(program, running, iter(policies)) == set()


@every_service
def test_no_task_starts_before_its_image_its_logs_and_its_cluster(stack: str, service: str) -> None:
    program = recorded(stack)
    needed = iter(
        [
            program.named(IMAGE, f"{service}-image"),
            program.named(LOG_GROUP, f"{service}-logs"),
            program.only(CLUSTER),
        ]
    )
    running = program.named(SERVICE, f"{service}-service")
    assert missing(program, running, needed) == set()


@every_service
def test_no_task_starts_before_the_catalogue_is_there(stack: str, service: str) -> None:
    program = recorded(stack)
    running = program.named(SERVICE, f"{service}-service")
    assert missing(program, running, iter(program.of_type(ITEM))) == set()


def test_no_task_starts_before_the_listener_that_sends_it_requests(
    vpc_stack: RecordedStack,
) -> None:
    receiver = vpc_stack.named(SERVICE, "receiver-service")
    (target,) = receiver.inputs["loadBalancers"]
    listeners = (
        each
        for each in vpc_stack.of_type(LISTENER)
        if each.inputs["defaultActions"][0]["targetGroupArn"] == target["targetGroupArn"]
    )
    assert missing(vpc_stack, receiver, listeners) == set()


def test_the_load_balancer_waits_for_its_way_to_the_internet_and_not_for_the_nat_gateway(
    vpc_stack: RecordedStack,
) -> None:
    balancer = vpc_stack.only(BALANCER)
    ways = ways_out_of(vpc_stack, balancer.inputs["subnets"])
    assert missing(vpc_stack, balancer, ways) == set()
    assert vpc_stack.only(NAT).urn not in reached_by(vpc_stack, balancer)


def test_the_nat_gateway_and_its_address_wait_for_the_internet_gateway(
    vpc_stack: RecordedStack,
) -> None:
    nat = vpc_stack.only(NAT)
    assert missing(vpc_stack, nat, ways_out_of(vpc_stack, [nat.inputs["subnetId"]])) == set()
    internet = vpc_stack.only(INTERNET).urn
    assert internet in reached_by(vpc_stack, vpc_stack.only("aws:ec2/eip:Eip"))


def test_the_function_starts_only_once_its_role_may_act_its_logs_and_the_catalogue_are_there(
    serverless_stack: RecordedStack,
) -> None:
    function = serverless_stack.only(FUNCTION)
    needed = [
        *policies_of(serverless_stack, [function.inputs["role"]]),
        *serverless_stack.of_type(ITEM),
        serverless_stack.named(LOG_GROUP, "order-events-logs"),
    ]
    assert {ROLE_POLICY, ITEM, LOG_GROUP} == {each.type for each in needed}
    assert missing(serverless_stack, function, iter(needed)) == set()


def test_the_function_hears_the_topic_once_it_may_be_invoked_and_keeps_its_failures(
    serverless_stack: RecordedStack,
) -> None:
    subscription = serverless_stack.only(SUBSCRIPTION)
    needed = [
        serverless_stack.only("aws:lambda/permission:Permission"),
        serverless_stack.only("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"),
        serverless_stack.only(FUNCTION),
    ]
    assert missing(serverless_stack, subscription, iter(needed)) == set()


@pytest.mark.parametrize("stack", ["async", "serverless"])
def test_the_topic_is_subscribed_only_once_the_queues_admit_it(stack: str) -> None:
    subscription = recorded(stack).only(SUBSCRIPTION)
    arns = {
        subscription.inputs["endpoint"],
        json.loads(subscription.inputs["redrivePolicy"])["deadLetterTargetArn"],
    }
    policies = [
        each
        for each in recorded(stack).of_type(QUEUE_POLICY)
        if set(json.loads(each.inputs["policy"])["Statement"][0]["Resource"]) <= arns
    ]
    assert missing(recorded(stack), subscription, iter(policies)) == set()


@pytest.mark.parametrize("stack", ["async", "serverless"])
def test_nothing_is_published_before_the_consumer_is_subscribed(stack: str) -> None:
    receiver = recorded(stack).named(SERVICE, "receiver-service")
    subscriptions = iter(recorded(stack).of_type(SUBSCRIPTION))
    assert missing(recorded(stack), receiver, subscriptions) == set()


def test_nothing_waits_for_what_waits_for_it(any_stack: RecordedStack) -> None:
    for resource in any_stack.resources:
        assert resource.urn not in reached_by(any_stack, resource), resource.urn
