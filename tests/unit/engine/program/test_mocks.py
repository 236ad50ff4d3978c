from __future__ import annotations

from typing import Any, cast

import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs

from engine.makers import MAKERS
from engine.makers.context import Made, Resource, World
from engine.program.config import StackConfig
from engine.program.mocks import Engine
from engine.runtime.processes import EngineError


class FakeWorld:
    account_id = "123456789012"
    region = "us-west-2"
    config = StackConfig("shop", "sale", {})


def engine(**makers: Any) -> Engine:
    return Engine(cast("World", FakeWorld()), makers)


def registered(kind: str, **inputs: Any) -> MockResourceArgs:
    return MockResourceArgs(kind, "thing", inputs)


def test_an_unknown_resource_type_is_an_error_that_names_it() -> None:
    subject = engine()
    with pytest.raises(EngineError, match=r"aws:s3/bucket:Bucket 'thing': .*does not know"):
        subject.new_resource(registered("aws:s3/bucket:Bucket"))


def test_an_unknown_function_is_an_error_that_names_it() -> None:
    with pytest.raises(EngineError, match="aws:kms/getKey:getKey"):
        engine().call(MockCallArgs("aws:kms/getKey:getKey", {}, ""))


def test_the_projects_own_components_and_providers_pass() -> None:
    subject = engine()
    for kind in ("flashsale:compute:Receiver", "pulumi:providers:aws"):
        _, outputs = subject.new_resource(registered(kind, size=1))
        assert outputs == {"size": 1}


def test_whole_floats_reach_the_maker_as_integers_at_any_depth() -> None:
    seen: list[Resource] = []

    def maker(_world: World, resource: Resource) -> Made:
        seen.append(resource)
        return Made("id", {"arn": "made"})

    _, outputs = engine(queue=maker).new_resource(
        registered("queue", delay=5.0, rate=0.5, inner={"list": [1.0, "x", True]})
    )
    assert repr(seen[0].inputs) == "{'delay': 5, 'rate': 0.5, 'inner': {'list': [1, 'x', True]}}"
    assert outputs["arn"] == "made"
    assert outputs["delay"] == 5


def test_a_missing_input_is_named_and_the_first_error_is_kept() -> None:
    def maker(_world: World, resource: Resource) -> Made:
        return Made(resource.inputs["topic"], {})

    subject = engine(subscription=maker)
    with pytest.raises(EngineError, match="input 'topic' is missing"):
        subject.new_resource(registered("subscription"))
    with pytest.raises(EngineError):
        subject.new_resource(registered("other"))
    assert "topic" in str(subject.first_error)


def test_every_maker_and_every_type_token_has_the_shape_of_pulumis() -> None:
    for token, maker in MAKERS.items():
        package, module, kind = token.split(":")
        assert module.rpartition("/")[2].lower() == kind.lower(), token
        assert package in {"aws", "docker"}
        assert callable(maker)
