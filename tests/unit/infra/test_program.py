import pulumi
import pytest

from infra.lambda_layer import LayerError
from infra.topologies import serverless
from tests.support.recorded_stack import PROGRAM, record_program, record_stack, stack_config


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


def test_a_layer_that_cannot_be_built_ends_the_program_before_anything_is_declared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise LayerError("the Lambda layer needs uv")

    declared: list[object] = []
    monkeypatch.setattr(serverless, "build_layer", fail)
    monkeypatch.setattr(serverless, "Foundation", lambda *args: declared.append(args))
    with pytest.raises(pulumi.RunError, match="the Lambda layer needs uv"):
        record_stack("serverless")
    assert declared == []
