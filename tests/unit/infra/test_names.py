"""Nothing is called by a name of ours where Pulumi can make one, and every name fits."""

import inspect
from collections.abc import Mapping

import pulumi_aws as aws
import pytest

from tests.support.recorded_stack import Declared, RecordedStack, record_stack
from tests.unit.infra.conftest import GATEWAY, STACKS, layer_for_this_machine, recorded

pytestmark = pytest.mark.process

# Longest name by type, in characters. Where two pages differ, the smaller number.
LONGEST: Mapping[str, int] = {
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    "aws:lb/loadBalancer:LoadBalancer": 32,
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    "aws:lb/targetGroup:TargetGroup": 32,
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    "aws:iam/role:Role": 64,
    "aws:iam/rolePolicy:RolePolicy": 128,
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    "aws:lambda/function:Function": 64,
    # https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
    "aws:lambda/layerVersion:LayerVersion": 140,
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
    "aws:sfn/stateMachine:StateMachine": 80,
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
    "aws:sqs/queue:Queue": 80,
    # https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    "aws:sns/topic:Topic": 256,
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
    "aws:dynamodb/table:Table": 255,
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    "aws:ecr/repository:Repository": 256,
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
    "aws:ecs/cluster:Cluster": 255,
    "aws:ecs/service:Service": 255,
    "aws:ecs/taskDefinition:TaskDefinition": 255,
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    "aws:ec2/securityGroup:SecurityGroup": 255,
    # No page says how long they may be; the API's own, a description's length, is 1024.
    "aws:apigateway/apiKey:ApiKey": 128,
    "aws:apigateway/model:Model": 128,
    "aws:apigateway/requestValidator:RequestValidator": 128,
    "aws:apigateway/restApi:RestApi": 128,
    "aws:apigateway/usagePlan:UsagePlan": 128,
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    "aws:cloudwatch/logGroup:LogGroup": 512,
}
# The names that AWS demands: the provider makes none.
DEMANDED = {
    "aws:ecs/taskDefinition:TaskDefinition": "family",
    "aws:lambda/layerVersion:LayerVersion": "layerName",
    # Letters and digits only, of one API; a name of the provider's has hyphens:
    # https://docs.aws.amazon.com/apigateway/latest/api/API_CreateModel.html
    "aws:apigateway/model:Model": "name",
}


def sdk_inputs(type_: str) -> set[str]:
    """The inputs that the SDK offers for a type, in snake_case."""
    _, module, kind = type_.split(":")
    package = module.split("/")[0].replace("lambda", "lambda_")
    return set(inspect.signature(getattr(getattr(aws, package), kind)._internal_init).parameters)


def takes_a_name(type_: str) -> bool:
    return type_ in DEMANDED or (type_.startswith("aws:") and "name" in sdk_inputs(type_))


def physical_name(resource: Declared) -> str:
    name = resource.outputs[DEMANDED.get(resource.type, "name")]
    assert isinstance(name, str)
    return name


def named(stack: RecordedStack) -> list[Declared]:
    return [each for each in stack.resources if not each.is_component and takes_a_name(each.type)]


def test_no_resource_is_given_a_name_where_pulumi_makes_one(any_stack: RecordedStack) -> None:
    given = ("name", "namePrefix", "family", "layerName", "repositoryName", "functionName")
    found = {
        (each.type, key)
        for each in named(any_stack)
        for key in given
        if each.inputs.get(key) is not None
    }
    assert found <= set(DEMANDED.items())


def test_a_name_that_aws_demands_has_the_logical_name_and_an_ending_of_its_own(
    serverless_stack: RecordedStack,
) -> None:
    for type_ in DEMANDED.keys() - {"aws:apigateway/model:Model"}:
        resource = serverless_stack.only(type_)
        assert physical_name(resource) == f"{resource.name}-1a2b3c4"


def test_every_name_fits_into_what_aws_allows_with_the_eight_characters_of_pulumi(
    any_stack: RecordedStack,
) -> None:
    types = {each.type for each in named(any_stack)}
    assert types <= set(LONGEST), "look up how long the name of a new type may be"
    for each in named(any_stack):
        assert len(f"{each.name}-1a2b3c4") <= LONGEST[each.type], each.urn
        assert len(physical_name(each)) <= LONGEST[each.type], each.urn


@pytest.mark.parametrize("stack", STACKS)
def test_two_people_who_deploy_to_one_account_share_no_name(stack: str) -> None:
    machine = layer_for_this_machine() if stack == "serverless" else {}
    mine = recorded(stack)
    theirs = record_stack(stack, machine, name_ending="9f8e7d6")
    names = [
        {(each.type, physical_name(each)) for each in named(program)} for program in (mine, theirs)
    ]
    assert names[0]
    assert len(names[0]) == len(names[1]) == len(named(mine))
    assert names[0] & names[1] == set()


def test_a_switch_of_topology_in_place_gives_no_name_to_another_resource() -> None:
    meanings: dict[tuple[str, str], set[str]] = {}
    for stack in (*STACKS, GATEWAY):
        for each in recorded(stack).resources:
            kind_of_parents = each.urn.split("::")[2]
            meanings.setdefault((each.type, each.name), set()).add(kind_of_parents)
    changed = {key: kinds for key, kinds in meanings.items() if len(kinds) > 1}
    assert changed == {}


def test_messages_travel_under_the_names_of_the_seeds(async_stack: RecordedStack) -> None:
    topic = physical_name(async_stack.only("aws:sns/topic:Topic"))
    queues = {physical_name(each) for each in async_stack.of_type("aws:sqs/queue:Queue")}
    assert topic == "order-processing-events-1a2b3c4"
    assert "order-processing-queue-1a2b3c4" in queues
