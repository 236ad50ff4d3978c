import re
from decimal import Decimal

import pytest

from infra.configuration import SettingsError, configuration_keys, parse_settings
from infra.settings import Architecture, Settings, Topology
from tests.support.recorded_stack import stack_config


def settings(stack: str = "async", **changes: str) -> Settings:
    config = stack_config(stack) | {f"flash-sale:{key}": text for key, text in changes.items()}
    return parse_settings(config, project="flash-sale")


def field_name(key: str) -> str:
    return re.sub("([A-Z])", r"_\1", key).lower()


def as_text(value: object) -> str:
    """A value as a user types it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def error(stack: str = "async", **changes: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(stack, **changes)
    return str(caught.value)


def error_without(key: str) -> str:
    config = stack_config("async")
    del config[key]
    with pytest.raises(SettingsError) as caught:
        parse_settings(config, project="flash-sale")
    return str(caught.value)


def test_values_arrive_with_their_types() -> None:
    parsed = settings(paymentSeconds="0.25", architecture="x86_64", receiverTasks="7")
    assert parsed.payment_seconds == Decimal("0.25")
    assert parsed.architecture is Architecture.X86_64
    assert parsed.receiver_tasks == 7
    assert (parsed.topology, parsed.region) == (Topology.ASYNC, "us-west-2")


def test_zero_is_a_value_and_not_a_missing_one() -> None:
    assert settings(paymentSeconds="0").payment_seconds == 0


def test_the_message_says_key_value_rule_and_remedy() -> None:
    assert error(processorConcurrency="0") == (
        "flash-sale:processorConcurrency = 0: must be between 1 and 1000; "
        "set it with: pulumi config set processorConcurrency 20"
    )


@pytest.mark.parametrize(
    ("key", "text", "rule"),
    [
        ("topology", "event-driven", "must be one of sync, async, serverless"),
        ("topology", "Async", "must be one of sync, async, serverless"),
        ("architecture", "amd64", "must be one of arm64, x86_64"),
        ("pythonVersion", "3.10", "must be one of 3.11, 3.12, 3.13"),
        ("receiverTasks", "0", "must be between 1 and 100"),
        ("receiverTasks", "101", "must be between 1 and 100"),
        ("processorTasks", "-1", "must be between 1 and 100"),
        ("receiverPort", "80", "must be between 1024 and 65535"),
        ("processorPort", "65536", "must be between 1024 and 65535"),
        ("paymentSeconds", "three", "must be a decimal number of seconds"),
        ("paymentSeconds", "NaN", "must be a decimal number of seconds"),
        ("paymentSeconds", "1e1", "must be a decimal number of seconds"),
        ("paymentSeconds", "-0.1", "must be between 0 and 60 seconds"),
        ("paymentSeconds", "60.01", "must be between 0 and 60 seconds"),
        ("paymentConcurrency", "1001", "must be between 1 and 1000"),
        ("maxPending", "10001", "must be between 0 and 10000"),
        ("loadBalancerIdleTimeoutSeconds", "4001", "must be between 1 and 4000"),
        ("processorConcurrency", "many", "must be a whole number"),
        ("processorConcurrency", "2.5", "must be a whole number"),
        ("processorConcurrency", "", "must be a whole number"),
        ("visibilityTimeoutSeconds", "43201", "must be between 1 and 43200"),
        ("visibilityExtensionIntervalSeconds", "0", "must be between 1 and 43200"),
        ("leaseSeconds", "0", "must be between 1 and 43200"),
        ("maxReceiveCount", "1001", "must be between 1 and 1000"),
        ("drainSeconds", "1", "must be between 2 and 120"),
        ("stopTimeoutSeconds", "121", "must be between 2 and 120"),
        ("lambdaMemoryMb", "64", "must be between 128 and 10240"),
        ("statusShards", "0", "must be between 1 and 20"),
        ("statusShards", "21", "must be between 1 and 20"),
        ("lambdaTimeoutSeconds", "901", "must be between 1 and 900"),
        ("lambdaSnapStart", "yes", "must be true or false"),
        ("logRetentionDays", "8", "must be one of 1, 3, 5, 7, 14, 30"),
        ("logLevel", "debug", "must be one of DEBUG, INFO, WARNING, ERROR"),
        ("paymentLatency", "normal", "must be one of fixed, uniform, lognormal, exponential"),
        ("paymentDeclineRate", "5%", "must be a decimal number between 0 and 1"),
        ("paymentErrorBeforeRate", "-0.1", "must be a decimal number between 0 and 1"),
        ("paymentErrorAfterRate", "1.01", "must be a decimal number between 0 and 1"),
        ("paymentHangRate", "", "must be a decimal number between 0 and 1"),
        ("corsOrigins", "shop.example", "must be * or origins such as https://shop.example"),
    ],
)
def test_a_wrong_value_is_refused_with_its_rule(key: str, text: str, rule: str) -> None:
    message = error(**{key: text})
    assert message.startswith(f"flash-sale:{key} = {text}: {rule}")
    assert f"; set it with: pulumi config set {key} " in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        (
            {"processorPort": "8080"},
            "processorPort = 8080: must differ from receiverPort",
            "processorPort 8081",
        ),
        (
            {"receiverPort": "65535", "processorPort": "65535"},
            "processorPort = 65535: must differ from receiverPort",
            "processorPort 65534",
        ),
        (
            {"paymentDeclineRate": "0.6", "paymentHangRate": "0.3", "paymentErrorAfterRate": "0.2"},
            (
                "paymentDeclineRate = 0.6: must be at most 1 together with the other payment "
                "faults (0.5)"
            ),
            "paymentDeclineRate 0.5",
        ),
        (
            {"visibilityExtensionIntervalSeconds": "180"},
            (
                "visibilityExtensionIntervalSeconds = 180: "
                "must be less than visibilityTimeoutSeconds (180)"
            ),
            "visibilityExtensionIntervalSeconds 60",
        ),
        (
            {"leaseSeconds": "8"},
            "leaseSeconds = 8: must be more than paymentSeconds + 5 (8)",
            "leaseSeconds 18",
        ),
        (
            {"leaseSeconds": "181"},
            "leaseSeconds = 181: must be at most visibilityTimeoutSeconds (180)",
            "visibilityTimeoutSeconds 181",
        ),
        (
            {"drainSeconds": "60"},
            "drainSeconds = 60: must be less than stopTimeoutSeconds (60)",
            "drainSeconds 30",
        ),
        (
            {"lambdaSnapStart": "true", "pythonVersion": "3.11"},
            "pythonVersion = 3.11: must be 3.12 or later with lambdaSnapStart",
            "pythonVersion 3.13",
        ),
        (
            {"lambdaTimeoutSeconds": "8"},
            "lambdaTimeoutSeconds = 8: must be more than paymentSeconds + 5 (8)",
            "lambdaTimeoutSeconds 18",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    changes: dict[str, str], problem: str, remedy: str
) -> None:
    expected = f"flash-sale:{problem}; set it with: pulumi config set {remedy}"
    assert error(**changes) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"leaseSeconds": "9"},
        {"leaseSeconds": "180"},
        {"visibilityExtensionIntervalSeconds": "179"},
        {"drainSeconds": "59"},
        {"drainSeconds": "2"},
        {"drainSeconds": "2", "stopTimeoutSeconds": "3"},
        {"lambdaTimeoutSeconds": "9"},
        {"paymentSeconds": "60", "leaseSeconds": "66", "lambdaTimeoutSeconds": "66"},
        {"pythonVersion": "3.11", "lambdaSnapStart": "false"},
        {"pythonVersion": "3.12", "lambdaSnapStart": "true"},
    ],
)
def test_values_at_the_edge_of_a_rule_are_taken(changes: dict[str, str]) -> None:
    for key, text in changes.items():
        assert as_text(getattr(settings(**changes), field_name(key))) == text


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"processorPort": "8080"}, "processorPort"),
        ({"receiverPort": "65535", "processorPort": "65535"}, "processorPort"),
        ({"visibilityExtensionIntervalSeconds": "500"}, "visibilityExtensionIntervalSeconds"),
        (
            {"visibilityTimeoutSeconds": "60", "visibilityExtensionIntervalSeconds": "60"},
            "visibilityExtensionIntervalSeconds",
        ),
        ({"leaseSeconds": "1"}, "leaseSeconds"),
        ({"leaseSeconds": "43200"}, "leaseSeconds"),
        ({"stopTimeoutSeconds": "2"}, "drainSeconds"),
        ({"stopTimeoutSeconds": "3"}, "drainSeconds"),
        ({"lambdaTimeoutSeconds": "1"}, "lambdaTimeoutSeconds"),
        ({"paymentErrorAfterRate": "0.9", "paymentHangRate": "0.2"}, "paymentErrorAfterRate"),
    ],
)
def test_the_remedy_of_a_contradiction_mends_it(changes: dict[str, str], broken: str) -> None:
    message = error(**changes)
    assert message.startswith(f"flash-sale:{broken} = ")
    *_, key, value = message.split()
    assert str(getattr(settings(**{**changes, key: value}), field_name(key))) == value


def test_no_extension_fits_into_one_second_of_visibility() -> None:
    message = error(
        visibilityTimeoutSeconds="1", visibilityExtensionIntervalSeconds="1", leaseSeconds="9"
    )
    assert "pulumi config set visibilityTimeoutSeconds 180" in message


def remedied(message: str) -> dict[str, str]:
    """What the remedies of a message set, line by line."""
    return {key: value for *_, key, value in map(str.split, message.splitlines())}


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        (
            {"leaseSeconds": "60"},
            ["leaseSeconds = 60: must be at most 59 in serverless: Lambda tries again"],
        ),
        ({"leaseSeconds": "8"}, ["leaseSeconds = 8: must be more than paymentSeconds + 5 (8)"]),
        ({"paymentSeconds": "50"}, ["leaseSeconds = 45: must be more than paymentSeconds + 5"]),
        (
            {"paymentSeconds": "54"},
            ["paymentSeconds = 54: must be less than 54 in serverless, where no lease fits it"],
        ),
        (
            {"paymentSeconds": "60", "leaseSeconds": "66"},
            ["paymentSeconds = 60: must be less than 54", "leaseSeconds = 66: must be at most 59"],
        ),
        (
            {"paymentSeconds": "60", "leaseSeconds": "5"},
            ["paymentSeconds = 60: must be less than 54", "leaseSeconds = 5: must be more than"],
        ),
    ],
)
def test_a_lease_is_over_before_lambda_tries_again_or_the_remedy_makes_it_so(
    changes: dict[str, str], problems: list[str]
) -> None:
    enough_time = {"lambdaTimeoutSeconds": "900", **changes}
    message = error("serverless", **enough_time)
    lines = message.splitlines()
    assert len(lines) == len(problems)
    for line, problem in zip(lines, problems, strict=True):
        assert line.startswith(f"flash-sale:{problem}")
    mended = settings("serverless", **{**enough_time, **remedied(message)})
    assert mended.payment_seconds + 5 < mended.lease_seconds < 60


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"leaseSeconds": "59"},
        {"leaseSeconds": "9"},
        {"leaseSeconds": "59", "paymentSeconds": "53.9", "lambdaTimeoutSeconds": "60"},
        {
            "leaseSeconds": "45",
            "visibilityTimeoutSeconds": "30",
            "visibilityExtensionIntervalSeconds": "10",
        },
    ],
)
def test_every_lease_between_a_payment_and_lambdas_first_retry_is_taken(
    changes: dict[str, str],
) -> None:
    taken = settings("serverless", **changes)
    assert str(taken.lease_seconds) == changes.get("leaseSeconds", "45")


def test_a_misspelt_key_is_refused_and_the_nearest_one_named() -> None:
    assert error(procesorConcurrency="5") == (
        "flash-sale:procesorConcurrency = 5: is not a key of this project, "
        "the nearest is processorConcurrency; "
        "remove it with: pulumi config rm procesorConcurrency"
    )


def test_keys_of_other_namespaces_are_left_alone() -> None:
    config = stack_config("async") | {"aws:profile": "shop", "other:topology": "ring"}
    assert parse_settings(config, project="flash-sale") == settings()


def test_a_key_without_value_is_told_how_to_get_one() -> None:
    assert error_without("flash-sale:topology") == (
        "flash-sale:topology: must be set; set it with: pulumi config set topology async"
    )


def test_a_missing_region_is_told_how_to_get_one() -> None:
    assert error_without("aws:region") == (
        "aws:region: must be set; set it with: pulumi config set aws:region us-west-2"
    )


def test_all_problems_are_told_at_once_one_a_line() -> None:
    lines = error(receiverTasks="0", logLevel="loud", colour="red").splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "flash-sale:colour",
        "flash-sale:receiverTasks",
        "flash-sale:logLevel",
    ]


@pytest.mark.parametrize("key", configuration_keys())
def test_the_example_of_each_remedy_is_itself_valid(key: str) -> None:
    example = error(**{key: "?"}).rsplit(" ", 1)[-1]
    assert as_text(getattr(settings(**{key: example}), field_name(key))) == example


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 95),
        ({"maxPending": "7"}, 7),
        ({"paymentSeconds": "7", "leaseSeconds": "60"}, 35),
        ({"paymentSeconds": "0.1"}, 2995),
        ({"paymentSeconds": "40", "lambdaTimeoutSeconds": "60"}, 5),
        ({"paymentSeconds": "0"}, 10_000),
        ({"paymentSeconds": "0.01", "paymentConcurrency": "100"}, 10_000),
    ],
)
def test_the_waiting_room_holds_what_is_paid_before_the_load_balancer_gives_up(
    changes: dict[str, str], expected: int
) -> None:
    assert settings(**changes).waiting_room == expected


def behind_a_gateway(**changes: str) -> dict[str, str]:
    return {"ingress": "apigateway", **changes}


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        (
            {"visibilityTimeoutSeconds": "179"},
            "visibilityTimeoutSeconds = 179: must be at least 6 x lambdaTimeoutSeconds (180)",
            "visibilityTimeoutSeconds 180",
        ),
        (
            {"lambdaTimeoutSeconds": "900", "leaseSeconds": "45"},
            "visibilityTimeoutSeconds = 180: must be at least 6 x lambdaTimeoutSeconds (5400)",
            "visibilityTimeoutSeconds 5400",
        ),
        (
            {"corsOrigins": "https://a.example, https://b.example"},
            (
                "corsOrigins = https://a.example, https://b.example: "
                "must be one origin, or *, with ingress apigateway"
            ),
            "corsOrigins https://a.example",
        ),
        (
            {"leaseSeconds": "8"},
            "leaseSeconds = 8: must be more than paymentSeconds + 5 (8)",
            "leaseSeconds 18",
        ),
    ],
)
def test_behind_a_gateway_a_queue_and_a_function_must_fit_together(
    changes: dict[str, str], problem: str, remedy: str
) -> None:
    told = error("serverless", **behind_a_gateway(**changes))
    assert told == f"flash-sale:{problem}; set it with: pulumi config set {remedy}"
    key, value = remedy.split()
    settings("serverless", **{**behind_a_gateway(**changes), key: value})


def test_behind_a_gateway_a_lease_may_outlast_lambdas_first_retry() -> None:
    """It is the queue that tries again here, when the message's visibility ends."""
    assert settings("serverless", **behind_a_gateway(leaseSeconds="180")).lease_seconds == 180
    assert settings("serverless", **behind_a_gateway(corsOrigins="*")).cors_origins == "*"


@pytest.mark.parametrize("stack", ["sync", "async"])
def test_a_gateway_is_serverless_alone(stack: str) -> None:
    assert error(stack, ingress="apigateway") == (
        "flash-sale:ingress = apigateway: must be loadBalancer where the topology is not "
        "serverless; set it with: pulumi config set ingress loadBalancer"
    )


def test_a_workflow_wants_the_gateway() -> None:
    assert error("serverless", workflow="stateMachine") == (
        "flash-sale:workflow = stateMachine: must be queue where the ingress is not apigateway; "
        "set it with: pulumi config set workflow queue"
    )
    settings("serverless", **behind_a_gateway(workflow="stateMachine"))
