"""The Dockerfiles as text: no test here has a Docker engine."""

import re
from pathlib import Path

import pytest

from infra.service_image import SERVICE_PACKAGES, lay_out_context
from infra.settings import Architecture

pytestmark = pytest.mark.process

any_service = pytest.mark.parametrize("service", sorted(SERVICE_PACKAGES))
Instruction = tuple[str, str]


def instructions(service: str) -> list[Instruction]:
    """Return each instruction with its arguments on one line; comments left out."""
    text = (lay_out_context(service) / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    found = [line.partition(" ") for line in joined.splitlines() if line]
    return [(name, arguments.strip()) for name, _, arguments in found]


def stages(service: str) -> list[list[Instruction]]:
    """Return the instructions from each FROM to the next."""
    found: list[list[Instruction]] = []
    for name, arguments in instructions(service):
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, arguments))
    return found


@any_service
def test_nothing_runs_on_the_processor_that_the_image_is_for(service: str) -> None:
    *before, last = stages(service)
    for stage in before:
        assert stage[0][1].startswith("--platform=$BUILDPLATFORM ")
    assert "--platform" not in last[0][1]
    assert "RUN" not in {name for name, _ in last}
    assert "RUN" in {name for stage in before for name, _ in stage}


@any_service
def test_packages_are_installed_for_every_architecture_that_can_be_configured(
    service: str,
) -> None:
    (install,) = [line for _, line in instructions(service) if "uv pip install" in line]
    assert "$cpu-manylinux_2_36" in install
    cases = dict(re.findall(r"(\w+)\) cpu=(\w+)", install))
    assert cases == {"arm64": "aarch64", "amd64": "x86_64"}
    assert len(cases) == len(Architecture)
    for option in ("--require-hashes", "--only-binary :all:", "--no-deps"):
        assert option in install


@any_service
def test_a_dockerfile_copies_what_is_in_its_context_and_all_of_it(service: str) -> None:
    copied = [
        line.split()[0]
        for name, line in instructions(service)
        if name == "COPY" and not line.startswith("--from")
    ]
    context = {path.name for path in lay_out_context(service).iterdir()}
    assert set(copied) == context - {"Dockerfile"}


@any_service
def test_a_service_is_nobody_in_particular_and_gets_its_signals_itself(service: str) -> None:
    last = dict(stages(service)[-1])
    assert re.fullmatch(r"\d{4,}:\d{4,}", last["USER"])
    assert last["CMD"] == f'["python", "-m", "{service}"]'


@any_service
def test_a_dockerfile_takes_the_interpreter_that_is_configured(service: str) -> None:
    assert instructions(service)[0] == ("ARG", "PYTHON_VERSION=3.13")
    images = [line for name, line in instructions(service) if name == "FROM" and "python:" in line]
    assert len(images) == 2
    assert all("python:${PYTHON_VERSION}-slim" in line for line in images)


def test_the_dockerfiles_of_the_services_differ_by_their_service_only() -> None:
    texts = set()
    for service, packages in SERVICE_PACKAGES.items():
        text = (Path(lay_out_context(service)) / "Dockerfile").read_text()
        copies = "".join(f"COPY {package} /app/{package}\n" for package in packages)
        assert copies in text
        texts.add(text.replace(copies, "").replace(service, "SERVICE"))
    assert len(texts) == 1
