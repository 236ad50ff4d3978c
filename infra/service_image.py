"""The container image of one service, built here and deployed by digest."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from infra.paths import PROJECT_ROOT
from infra.vocabulary import Architecture, PythonVersion

KEPT_IMAGES = 10
DOCKER_PLATFORMS = {Architecture.ARM64: "linux/arm64", Architecture.X86_64: "linux/amd64"}
# What .dockerignore lets into the build.
CONTEXT = ("adapters", "orders", "processor", "pyproject.toml", "receiver", "uv.lock")


@dataclass(frozen=True, kw_only=True)
class ServiceImageArgs:
    """The service's folder (its Dockerfile is in it) and what the image is built for."""

    service: str
    architecture: Architecture
    python_version: PythonVersion


class ServiceImage(pulumi.ComponentResource):
    """An ECR repository and the image in it."""

    repository_arn: pulumi.Output[str]
    reference: pulumi.Output[str]

    def __init__(
        self, name: str, args: ServiceImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("flashsale:compute:ServiceImage", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        repository = self._create_repository()
        image = self._build(repository)
        self.repository_arn = repository.arn
        # The digest, never the tag: a task that restarts next month runs what was deployed.
        self.reference = image.repo_digest
        self.register_outputs({"reference": self.reference})

    def _create_repository(self) -> aws.ecr.Repository:
        repository = aws.ecr.Repository(
            f"{self._name}-repository",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(
                scan_on_push=True
            ),
            # Images are built from this checkout at any time: `pulumi destroy` may drop them.
            force_delete=True,
            opts=self._child,
        )
        aws.ecr.LifecyclePolicy(
            f"{self._name}-lifecycle",
            repository=repository.name,
            policy=json.dumps({"rules": [_keep_newest(KEPT_IMAGES)]}),
            opts=self._child,
        )
        return repository

    def _build(self, repository: aws.ecr.Repository) -> docker.Image:
        token = aws.ecr.get_authorization_token_output(
            registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return docker.Image(
            f"{self._name}-image",
            image_name=pulumi.Output.concat(repository.repository_url, ":", self._tag()),
            build=docker.DockerBuildArgs(
                context=".",
                dockerfile=f"{self._args.service}/Dockerfile",
                platform=DOCKER_PLATFORMS[self._args.architecture],
                args={"PYTHON_VERSION": self._args.python_version.value},
            ),
            registry=docker.RegistryArgs(
                server=repository.repository_url,
                username=token.user_name,
                password=pulumi.Output.secret(token.password),
            ),
            opts=self._child,
        )

    def _tag(self) -> str:
        """Name the image by all that it may be built from.

        Whatever makes Docker build again makes a new tag: an immutable repository takes each once.
        """
        digest = hashlib.sha256(repr(self._args).encode())
        for path in _context_files():
            digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]


def _context_files() -> Iterator[Path]:
    """Yield the files of the build context in a fixed order, without caches."""
    for source in CONTEXT:
        path = PROJECT_ROOT / source
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (each for each in found if each.is_file() and "__pycache__" not in each.parts)


def _keep_newest(count: int) -> dict[str, object]:
    return {
        "rulePriority": 1,
        "description": f"Keep the newest {count} images",
        "selection": {
            "tagStatus": "any",
            "countType": "imageCountMoreThan",
            "countNumber": count,
        },
        "action": {"type": "expire"},
    }
