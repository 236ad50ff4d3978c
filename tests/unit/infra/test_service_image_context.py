import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from infra.service_image import SERVICE_PACKAGES, lay_out_context
from infra.uv import locked_requirements
from tests.support.recorded_stack import PROJECT_ROOT
from tests.unit.infra.fake_uv import FakeUv
from tests.unit.infra.trees import tree

any_service = pytest.mark.parametrize("service", sorted(SERVICE_PACKAGES))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a file of every kind that is near an image."""
    root = tmp_path / "checkout"
    for name in (
        "adapters/store.py",
        "orders/model.py",
        "receiver/app.py",
        "receiver/Dockerfile",
        "processor/service.py",
        "processor/Dockerfile",
        "lambda_fn/handler.py",
        "pyproject.toml",
        "uv.lock",
        "README.md",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}")
    return root


@pytest.fixture
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.process
@any_service
@pytest.mark.usefixtures("uv")
def test_a_context_holds_what_its_service_is_made_of_and_nothing_else(
    service: str, checkout: Path, tmp_path: Path
) -> None:
    own = {"receiver": "receiver/app.py", "processor": "processor/service.py"}[service]
    context = tree(lay_out_context(service, tmp_path / "images", checkout))
    files = {path for path, (_, _, content) in context.items() if content}
    assert files == {
        "Dockerfile",
        "requirements.txt",
        "adapters/store.py",
        "orders/model.py",
        own,
    }


@pytest.mark.process
@pytest.mark.usefixtures("uv", "_umask")
def test_a_context_is_the_same_whatever_the_modes_and_the_umask(
    checkout: Path, tmp_path: Path
) -> None:
    usual = lay_out_context("receiver", tmp_path / "usual", checkout)
    for path in checkout.rglob("*.py"):
        path.chmod(0o775)
    os.umask(0o002)
    other = lay_out_context("receiver", tmp_path / "other", checkout)
    assert usual.name == other.name
    assert tree(usual) == tree(other)


@pytest.mark.process
@pytest.mark.parametrize(
    ("changed", "rolled"),
    [
        ("receiver/app.py", {"receiver"}),
        ("receiver/Dockerfile", {"receiver"}),
        ("processor/service.py", {"processor"}),
        ("orders/model.py", {"receiver", "processor"}),
        ("adapters/store.py", {"receiver", "processor"}),
        ("pyproject.toml", set()),
        ("uv.lock", set()),
        ("README.md", set()),
        ("lambda_fn/handler.py", set()),
    ],
)
@pytest.mark.usefixtures("uv")
def test_a_change_rolls_the_services_that_it_is_part_of(
    changed: str, rolled: set[str], checkout: Path, tmp_path: Path
) -> None:
    before = {name: lay_out_context(name, tmp_path, checkout) for name in SERVICE_PACKAGES}
    (checkout / changed).write_text("changed")
    after = {name: lay_out_context(name, tmp_path, checkout) for name in SERVICE_PACKAGES}
    assert {name for name in SERVICE_PACKAGES if after[name] != before[name]} == rolled


@pytest.mark.process
def test_other_locked_requirements_of_the_services_roll_both(
    uv: FakeUv, checkout: Path, tmp_path: Path
) -> None:
    before = {lay_out_context(name, tmp_path, checkout) for name in SERVICE_PACKAGES}
    uv.lock("thing==2.0")
    locked_requirements.cache_clear()
    after = {lay_out_context(name, tmp_path, checkout) for name in SERVICE_PACKAGES}
    assert before.isdisjoint(after)


@any_service
def test_the_packages_of_a_service_are_those_that_it_imports(service: str) -> None:
    ours = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    graph = grimp.build_graph(*ours["root_packages"], cache_dir=None)
    imported = graph.find_upstream_modules(f"{service}.__main__")
    assert {name.partition(".")[0] for name in imported} | {service} == set(
        SERVICE_PACKAGES[service]
    )


@any_service
def test_nothing_but_modules_and_a_dockerfile_belongs_to_a_service(service: str) -> None:
    others = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for package in SERVICE_PACKAGES[service]
        for path in (PROJECT_ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }
    # For who lifts the library out; an image needs neither.
    library = {"sqs_consumer/README.md", "sqs_consumer/py.typed"}
    assert others - library == {f"{service}/Dockerfile"}


def wheels(requirements: str) -> dict[str, list[str]]:
    """Return the file names of the wheels of each required package, from the lock file."""
    locked = tomllib.loads((PROJECT_ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    names = set(re.findall(r"^([a-z0-9.-]+)==", requirements, flags=re.MULTILINE))
    assert names
    return {
        package["name"]: [wheel["url"].rpartition("/")[2] for wheel in package["wheels"]]
        for package in locked
        if package["name"] in names
    }


@pytest.mark.process
@pytest.mark.parametrize("group", ["services", "lambda"])
@pytest.mark.parametrize("cpu", ["aarch64", "x86_64"])
@pytest.mark.parametrize("tag", ["cp311", "cp312", "cp313"])
def test_every_locked_requirement_has_a_wheel_for_every_target(
    group: str, cpu: str, tag: str
) -> None:
    fits = re.compile(rf"-({tag}-{tag}|cp\d+-abi3)-[\w.]*manylinux[\w.]*_{cpu}|-none-any\.whl")
    without = [
        name
        for name, files in wheels(locked_requirements(group)).items()
        if not any(fits.search(file) for file in files)
    ]
    assert without == []
