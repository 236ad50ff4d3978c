from pathlib import Path

import pulumi
import pytest

import infra.function
from infra.build_folder import BuildError
from infra.topologies import queued, serverless, sync
from tests.support.recorded_stack import PROGRAM, record_program, record_stack, stack_config

pytestmark = pytest.mark.process


def test_the_program_only_reads_settings_builds_and_exports() -> None:
    assert len(PROGRAM.read_text(encoding="utf-8").splitlines()) <= 50


def test_a_wrong_setting_ends_the_program_with_its_message_and_no_cause() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        record_stack("async", {"processorConcurrency": "0"})
    assert str(caught.value) == (
        "flash-sale:processorConcurrency = 0: must be between 1 and 1000; "
        "set it with: pulumi config set processorConcurrency 20"
    )
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_missing_setting_ends_the_program_with_its_message() -> None:
    config = stack_config("sync")
    del config["flash-sale:topology"]
    with pytest.raises(pulumi.RunError, match="flash-sale:topology: must be set"):
        record_program("sync", config)


@pytest.mark.parametrize(
    ("stack", "builder"),
    [
        ("sync", "infra.topologies.locked_requirements"),
        ("async", "infra.topologies.locked_requirements"),
        ("serverless", "infra.topologies.locked_requirements"),
        ("serverless", "infra.function.build_layer"),
        ("serverless", "infra.function.build_function_code"),
    ],
)
def test_what_cannot_be_built_ends_the_program_before_anything_is_declared(
    stack: str, builder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise BuildError("the Lambda layer needs uv")

    declared: list[object] = []
    for each in ("build_layer", "build_function_code"):
        monkeypatch.setattr(infra.function, each, lambda *_: Path())
    monkeypatch.setattr(builder, fail)
    for topology in (sync, queued, serverless):
        monkeypatch.setattr(topology, "ServiceFoundation", lambda *args: declared.append(args))
    with pytest.raises(pulumi.RunError, match="the Lambda layer needs uv"):
        record_stack(stack)
    assert declared == []
