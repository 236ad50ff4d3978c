"""The container image of one service, built here and deployed by digest.

The provider rebuilds when a content or a mode below its context changes
(https://github.com/pulumi/pulumi-docker/blob/v5.2.0/provider/provider.go, `hashContext`). So the
context is not the checkout, where another service, a linter's setting or a umask would roll this
service: it is a folder with the service's own files and no more.
By hand: docker build --platform linux/arm64 $(python -m infra.service_image receiver)
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from infra.build_folder import (
    BUILD_DIR,
    PROJECT_ROOT,
    content_digest,
    modules,
    new_folder,
    write_files,
)
from infra.settings import Architecture, PythonVersion
from infra.uv import locked_requirements

CONTEXTS_DIR = BUILD_DIR / "images"
SERVICES_GROUP = "services"
SERVICE_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "receiver": ("adapters", "api", "kit", "orders", "receiver"),
    "processor": ("adapters", "kit", "orders", "processor", "sqs_consumer"),
}
KEPT_IMAGES = 10
DOCKER_PLATFORMS = {Architecture.ARM64: "linux/arm64", Architecture.X86_64: "linux/amd64"}
# BuildKit's own argument: the time of creation in an image's description is not that of its build.
# https://docs.docker.com/build/ci/github-actions/reproducible-builds/
CREATED_AT = "0"


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
        build = self._build_args()
        return docker.Image(
            f"{self._name}-image",
            image_name=pulumi.Output.concat(repository.repository_url, ":", _tag(build)),
            build=docker.DockerBuildArgs(
                builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT, **build
            ),
            registry=docker.RegistryArgs(
                server=repository.repository_url,
                username=token.user_name,
                password=pulumi.Output.secret(token.password),
            ),
            opts=self._child,
        )

    def _build_args(self) -> dict[str, Any]:
        """Return all that the image is built from; the context's name tells its content.

        Its path is relative: it is kept in the state, and the next machine has another checkout.
        """
        context = lay_out_context(self._args.service).relative_to(PROJECT_ROOT).as_posix()
        return {
            "context": context,
            "dockerfile": f"{context}/Dockerfile",
            "platform": DOCKER_PLATFORMS[self._args.architecture],
            "args": {
                "PYTHON_VERSION": self._args.python_version.value,
                "SOURCE_DATE_EPOCH": CREATED_AT,
            },
        }


def _tag(build: Mapping[str, Any]) -> str:
    """Name the image by all that it is built from.

    Whatever makes Docker build again makes a new tag: an immutable repository takes each once.
    """
    return hashlib.sha256(json.dumps(build, sort_keys=True).encode()).hexdigest()[:16]


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


def lay_out_context(
    service: str, contexts_dir: Path = CONTEXTS_DIR, root: Path = PROJECT_ROOT
) -> Path:
    """Return the folder of the service's build, named by its content; made unless it is there.

    BuildError if uv is missing or the folder cannot be written.
    """
    files = _files(service, root)
    context = contexts_dir / f"{service}-{content_digest(files)}"
    if not context.is_dir():
        with new_folder(context) as built:
            write_files(built, files)
    return context


def _files(service: str, root: Path) -> dict[str, bytes]:
    sources = modules(SERVICE_PACKAGES[service], root)
    return {
        "Dockerfile": (root / service / "Dockerfile").read_bytes(),
        "requirements.txt": locked_requirements(SERVICES_GROUP).encode(),
        **{name: path.read_bytes() for name, path in sources.items()},
    }


if __name__ == "__main__":
    sys.stdout.write(f"{lay_out_context(sys.argv[1])}\n")
