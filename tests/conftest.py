"""No test knows the user's AWS set-up; `HYPOTHESIS_PROFILE` says how long hypothesis looks."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from terminal.isolation import without_user_aws

settings.register_profile("default", deadline=None, max_examples=60, stateful_step_count=40)
settings.register_profile("fast", deadline=None, max_examples=6, stateful_step_count=20)
settings.register_profile("thorough", deadline=None, max_examples=3000, stateful_step_count=80)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session", autouse=True)
def _no_aws_of_the_user() -> Iterator[None]:
    with without_user_aws():
        yield
