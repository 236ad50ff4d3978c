from __future__ import annotations

import pytest

from kit.environment import Environment, SettingsError


def problems(environment: Environment) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        environment.check()
    return str(caught.value).splitlines()


def test_values_that_are_right_are_returned_typed() -> None:
    environment = Environment({"A": "text", "B": "7", "C": "0.5", "D": "x"})
    assert environment.text("A") == "text"
    assert environment.integer("B", 1, 10) == 7
    assert environment.seconds("C", 0, 1) == 0.5
    assert environment.choice("D", ("y", "x")) == "x"
    environment.check()


def test_every_problem_is_told_at_once_with_key_value_and_rule() -> None:
    environment = Environment({"B": "seven", "C": "-1", "D": "z", "E": "99"})
    environment.text("A")
    environment.integer("B", 1, 10)
    environment.seconds("C", 0, 60)
    environment.choice("D", ("x", "y"))
    environment.integer("E", 1, 10)
    assert problems(environment) == [
        "A: is not set; the service cannot start without it",
        "B = seven: must be a whole number from 1 to 10, in plain digits",
        "C = -1: must be a number of seconds from 0 to 60, in plain digits",
        "D = z: must be one of x, y",
        "E = 99: must be a whole number from 1 to 10, in plain digits",
    ]


@pytest.mark.parametrize(
    "value",
    [
        *("nan", "inf", "-inf", "1e999", "1e1", "x", "0x1", "60.1", "-0.1", "--1", "9" * 5000),
        *("1_0", " 1", "1\n", ".5", "5.", "1,5", "\uff11", "\u0663.5"),
    ],
)
def test_what_is_no_duration_in_range_is_refused(value: str) -> None:
    environment = Environment({"A": value})
    environment.seconds("A", 0, 60)
    rule = "must be a number of seconds from 0 to 60, in plain digits"
    with pytest.raises(SettingsError) as caught:
        environment.check()
    assert str(caught.value) == f"A = {value}: {rule}"


@pytest.mark.parametrize(
    "value",
    [
        "1.5",
        "x",
        "0",
        "11",
        "1e1",
        "0x1",
        "1_0",
        " 5",
        "5\n",
        "\uff15",
        "\u0665",
        "9" * 5000,
        "--5",
    ],
)
def test_what_is_no_whole_number_in_range_is_refused(value: str) -> None:
    environment = Environment({"A": value})
    environment.integer("A", 1, 10)
    rule = "must be a whole number from 1 to 10, in plain digits"
    with pytest.raises(SettingsError) as caught:
        environment.check()
    assert str(caught.value) == f"A = {value}: {rule}"


@pytest.mark.parametrize(("low", "high"), [(1, 10), (0, 0)])
def test_both_ends_of_a_range_are_allowed(low: int, high: int) -> None:
    environment = Environment({"LOW": str(low), "HIGH": str(high)})
    assert environment.integer("LOW", low, high) == low
    assert environment.integer("HIGH", low, high) == high
    assert environment.seconds("HIGH", low, high) == high
    environment.check()


def test_a_missing_number_is_one_problem_and_not_two() -> None:
    environment = Environment({"B": ""})
    environment.integer("A", 1, 10)
    environment.seconds("B", 1, 10)
    environment.choice("C", ("x",))
    assert len(problems(environment)) == 3


def test_an_optional_text_may_be_missing_or_empty() -> None:
    environment = Environment({"A": "", "B": "b"})
    assert environment.optional_text("A") is None
    assert environment.optional_text("C") is None
    assert environment.optional_text("B") == "b"
    environment.check()


def test_a_rule_between_settings_is_told_when_the_settings_themselves_are_right() -> None:
    environment = Environment({"A": "5"})
    value = environment.integer("A", 1, 10)
    environment.rule(holds=value < 5, problem="A = 5: must be less than B")
    environment.rule(holds=True, problem="never told")
    assert problems(environment) == ["A = 5: must be less than B"]


def test_a_rule_is_not_held_against_a_value_that_is_missing() -> None:
    environment = Environment({})
    value = environment.integer("A", 1, 10)
    environment.rule(holds=value > 5, problem="nonsense")
    assert problems(environment) == ["A: is not set; the service cannot start without it"]


def test_it_remembers_what_it_was_asked_for() -> None:
    environment = Environment({"A": "1", "B": "1"})
    environment.integer("A", 1, 2)
    environment.choice("B", ("1",))
    environment.optional_text("C")
    assert environment.required == {"A", "B"}
    assert environment.optional == {"C"}
