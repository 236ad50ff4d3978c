from __future__ import annotations

from typing import Any, cast

import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs

from engine.makers.context import Context, Made, Resource
from engine.program.config import StackConfig
from engine.program.mocks import Engine
from engine.runtime.processes import EngineError


class FakeContext:
    account_id = "123456789012"
    region = "us-west-2"
    config = StackConfig("shop", "sale", {})


def engine(**makers: Any) -> Engine:
    return Engine(cast("Context", FakeContext()), makers)


def registered(kind: str, *, custom: bool = True, **inputs: Any) -> MockResourceArgs:
    return MockResourceArgs(kind, "thing", inputs, custom=custom)


def call(token: str) -> dict[Any, Any]:
    answer, _ = engine().call(MockCallArgs(token, {}, ""))
    return answer


def test_an_unknown_resource_type_is_an_error_that_names_it() -> None:
    subject = engine()
    with pytest.raises(EngineError, match=r"aws:s3/bucket:Bucket 'thing': .*does not know"):
        subject.new_resource(registered("aws:s3/bucket:Bucket"))


def test_an_unknown_function_is_an_error_that_names_it() -> None:
    with pytest.raises(EngineError, match="aws:kms/getKey:getKey"):
        engine().call(MockCallArgs("aws:kms/getKey:getKey", {}, ""))


def test_components_and_providers_pass_whoever_wrote_them() -> None:
    subject = engine()
    component = registered("flashsale:compute:Receiver", custom=False, size=1)
    for given in (component, registered("pulumi:providers:aws", size=1)):
        _, outputs = subject.new_resource(given)
        assert outputs == {"size": 1}
    with pytest.raises(EngineError, match="does not know"):
        subject.new_resource(registered("flashsale:compute:Receiver", size=1))


def test_the_account_and_region_are_the_emulators() -> None:
    identity = call("aws:index/getCallerIdentity:getCallerIdentity")
    assert identity["accountId"] == "123456789012"
    zones = call("aws:index/getAvailabilityZones:getAvailabilityZones")["names"]
    assert zones[:2] == ["us-west-2a", "us-west-2b"]


def test_the_registry_token_names_the_accounts_registry() -> None:
    token = call("aws:ecr/getAuthorizationToken:getAuthorizationToken")
    assert token["proxyEndpoint"] == "https://123456789012.dkr.ecr.us-west-2.amazonaws.com"
    assert token["userName"] == "AWS"


def test_whole_floats_reach_the_maker_as_integers_at_any_depth() -> None:
    seen: list[Resource] = []

    def maker(_context: Context, resource: Resource) -> Made:
        seen.append(resource)
        return Made("id", {"arn": "made"})

    _, outputs = engine(queue=maker).new_resource(
        registered("queue", delay=5.0, rate=0.5, inner={"list": [1.0, "x", True]})
    )
    assert repr(seen[0].inputs) == "{'delay': 5, 'rate': 0.5, 'inner': {'list': [1, 'x', True]}}"
    assert outputs["arn"] == "made"
    assert outputs["delay"] == 5


def test_a_missing_input_is_named_and_the_first_error_is_kept() -> None:
    def maker(_context: Context, resource: Resource) -> Made:
        return Made(resource.inputs["topic"], {})

    subject = engine(subscription=maker)
    with pytest.raises(EngineError, match="input 'topic' is missing"):
        subject.new_resource(registered("subscription"))
    with pytest.raises(EngineError):
        subject.new_resource(registered("other"))
    assert "topic" in str(subject.first_error)
