import json
import re

import pytest

from api.problems import CONTENT_TYPE, TYPE_PREFIX
from infra.order_api.api import ORDER_MODEL
from scripts import api_model
from tests.support.recorded_stack import RecordedStack, record_stack
from tests.unit.infra.conftest import BEHIND_A_GATEWAY, GATEWAY, layer_for_this_machine, recorded

pytestmark = pytest.mark.process

METHOD = "aws:apigateway/method:Method"
INTEGRATION = "aws:apigateway/integration:Integration"
RESPONSE = "aws:apigateway/response:Response"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
PERMISSION = "aws:lambda/permission:Permission"
ARN = "arn:aws:execute-api:us-west-2:123456789012:orders-api"
ORIGIN = "https://shop.example"
ROUTES = {
    ("POST", "orders"),
    ("GET", "orders"),
    ("GET", "orders/{order_id}"),
    ("GET", "products"),
    ("GET", "products/search"),
    ("GET", "products/{product_id}"),
}


def gateway(**changes: str) -> RecordedStack:
    machine = layer_for_this_machine()
    return record_stack("serverless", {**machine, **BEHIND_A_GATEWAY, **changes})


def paths(stack: RecordedStack) -> dict[str, str]:
    """Return each resource's path by its id."""
    found = {"orders-api-root": ""}
    resources = stack.of_type("aws:apigateway/resource:Resource")
    while len(found) <= len(resources):
        for each in resources:
            parent = found.get(each.inputs["parentId"])
            if parent is not None:
                path = f"{parent}/{each.inputs['pathPart']}".strip("/")
                found[f"{each.name}-id"] = path
    return found


def test_every_route_wants_a_key_and_goes_to_a_function(gateway_stack: RecordedStack) -> None:
    where = paths(gateway_stack)
    methods = [each.inputs for each in gateway_stack.of_type(METHOD)]
    keyed = {
        (each["httpMethod"], where[each["resourceId"]])
        for each in methods
        if each.get("apiKeyRequired")
    }
    assert keyed == ROUTES
    proxies = [
        each.inputs
        for each in gateway_stack.of_type(INTEGRATION)
        if each.inputs["type"] == "AWS_PROXY"
    ]
    assert {(each["httpMethod"], where[each["resourceId"]]) for each in proxies} == ROUTES
    assert {each["integrationHttpMethod"] for each in proxies} == {"POST"}


def test_only_the_routes_of_a_function_may_invoke_it(gateway_stack: RecordedStack) -> None:
    found = {
        (each.inputs["sourceArn"], each.inputs["function"])
        for each in gateway_stack.of_type(PERMISSION)
        if each.inputs["principal"] == "apigateway.amazonaws.com"
    }
    create, read = ("create-order-function-1a2b3c4", "read-orders-function-1a2b3c4")
    assert found == {
        (f"{ARN}/*/POST/orders", create),
        (f"{ARN}/*/GET/orders", read),
        (f"{ARN}/*/GET/orders/*", read),
        (f"{ARN}/*/GET/products", read),
        (f"{ARN}/*/GET/products/search", read),
        (f"{ARN}/*/GET/products/*", read),
    }


def test_an_order_is_held_against_its_model_before_a_function_is_invoked(
    gateway_stack: RecordedStack,
) -> None:
    (post,) = [
        each.inputs for each in gateway_stack.of_type(METHOD) if each.inputs["httpMethod"] == "POST"
    ]
    assert post["requestModels"] == {"application/json": "OrderRequest"}
    assert post["requestValidatorId"] == "orders-body-validator-id"
    validator = gateway_stack.only("aws:apigateway/requestValidator:RequestValidator").inputs
    assert validator["validateRequestBody"] is True


def test_the_model_is_made_of_the_type_that_validates_in_the_function() -> None:
    written = ORDER_MODEL.read_text(encoding="utf-8")
    assert written == api_model.text(), "run: python scripts/api_model.py"
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
    assert '"$ref"' not in written
    assert '"const"' not in written


def test_browsers_ask_without_a_key_and_hear_which_methods_a_path_has(
    gateway_stack: RecordedStack,
) -> None:
    where = paths(gateway_stack)
    asked = [
        each.inputs
        for each in gateway_stack.of_type(METHOD)
        if each.inputs["httpMethod"] == "OPTIONS"
    ]
    assert {where[each["resourceId"]] for each in asked} == {path for _, path in ROUTES}
    assert not any(each.get("apiKeyRequired") for each in asked)
    answers = gateway_stack.of_type("aws:apigateway/integrationResponse:IntegrationResponse")
    heard = {
        where[each.inputs["resourceId"]]: each.inputs["responseParameters"][
            "method.response.header.Access-Control-Allow-Methods"
        ]
        for each in answers
    }
    assert heard["orders"] == "'GET, OPTIONS, POST'"
    assert heard["products/search"] == "'GET, OPTIONS'"
    origins = {
        each.inputs["responseParameters"]["method.response.header.Access-Control-Allow-Origin"]
        for each in answers
    }
    assert origins == {f"'{ORIGIN}'"}


def test_without_an_origin_no_script_of_another_page_may_call() -> None:
    stack = gateway(corsOrigins="")
    assert {each.inputs["httpMethod"] for each in stack.of_type(METHOD)} == {"GET", "POST"}
    told = json.dumps([each.inputs for each in stack.of_type(RESPONSE)])
    assert "Access-Control" not in told


def test_what_the_gateway_answers_itself_is_a_problem_document(
    gateway_stack: RecordedStack,
) -> None:
    statuses = {}
    for each in gateway_stack.of_type(RESPONSE):
        inputs = each.inputs
        document = json.loads(inputs["responseTemplates"]["application/json"])
        assert document["type"].startswith(TYPE_PREFIX)
        headers = inputs["responseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == f"'{CONTENT_TYPE}'"
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
        if "status" in document:
            assert str(document["status"]) == inputs["statusCode"]
            statuses[inputs["responseType"]] = document["status"]
    assert statuses == {
        "BAD_REQUEST_BODY": 400,
        "MISSING_AUTHENTICATION_TOKEN": 404,
        "RESOURCE_NOT_FOUND": 404,
        "INVALID_API_KEY": 403,
        "ACCESS_DENIED": 403,
        "REQUEST_TOO_LARGE": 413,
        "UNSUPPORTED_MEDIA_TYPE": 415,
        "THROTTLED": 429,
        "QUOTA_EXCEEDED": 429,
        "INTEGRATION_TIMEOUT": 504,
        "INTEGRATION_FAILURE": 502,
    }


def test_a_deployment_waits_for_all_that_it_holds(gateway_stack: RecordedStack) -> None:
    held = {
        each.urn
        for each in gateway_stack.resources
        if re.search("/(method|integration|response)[A-Za-z]*:", each.type)
        and "Settings" not in each.type
    }
    assert held <= gateway_stack.only(DEPLOYMENT).depends_on


@pytest.mark.parametrize(
    "changes",
    [{"corsOrigins": "https://other.example"}, {"corsOrigins": ""}],
)
def test_what_changes_an_answer_is_deployed(changes: dict[str, str]) -> None:
    before = recorded(GATEWAY).only(DEPLOYMENT).inputs["triggers"]
    assert gateway(**changes).only(DEPLOYMENT).inputs["triggers"] != before


def test_what_changes_nothing_of_the_api_is_not_deployed() -> None:
    before = recorded(GATEWAY).only(DEPLOYMENT).inputs["triggers"]
    assert gateway(lambdaMemoryMb="512").only(DEPLOYMENT).inputs["triggers"] == before


def test_a_key_may_send_what_the_plan_says() -> None:
    stack = gateway(apiRatePerSecond="7", apiBurst="9", apiQuotaPerDay="11")
    plan = stack.only("aws:apigateway/usagePlan:UsagePlan").inputs
    assert plan["throttleSettings"] == {"rateLimit": 7, "burstLimit": 9}
    assert plan["quotaSettings"] == {"limit": 11, "period": "DAY"}
    limits = stack.only("aws:apigateway/methodSettings:MethodSettings").inputs
    assert limits["methodPath"] == "*/*"
    assert limits["settings"]["throttlingRateLimit"] == 7
    assert limits["settings"]["throttlingBurstLimit"] == 9


def test_a_quota_of_zero_is_none() -> None:
    assert (
        "quotaSettings"
        not in gateway(apiQuotaPerDay="0").only("aws:apigateway/usagePlan:UsagePlan").inputs
    )


def test_old_tls_and_other_names_are_refused(gateway_stack: RecordedStack) -> None:
    api = gateway_stack.only("aws:apigateway/restApi:RestApi").inputs
    assert api["securityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert api["endpointAccessMode"] == "STRICT"
    assert api["endpointConfiguration"] == {"types": "REGIONAL"}


def test_each_request_is_logged_by_the_gateway(gateway_stack: RecordedStack) -> None:
    stage = gateway_stack.only("aws:apigateway/stage:Stage")
    log = stage.inputs["accessLogSettings"]
    assert log["destinationArn"].endswith(":orders-access-logs")
    assert json.loads(log["format"])["status"] == "$context.status"
    assert gateway_stack.only("aws:apigateway/account:Account").urn in stage.depends_on


def test_the_key_is_a_secret_output_and_the_only_one(gateway_stack: RecordedStack) -> None:
    assert gateway_stack.outputs["apiKey"] == "orders-key-value"
    assert gateway_stack.secret_outputs == {"apiKey"}
