"""What Docker builds a service's image from: a folder with the service's own and no more.

The provider rebuilds when a content or a mode below its context changes
(https://github.com/pulumi/pulumi-docker/blob/v5.2.0/provider/provider.go, `hashContext`), so the
context is not the checkout: another service, a linter's setting or a umask would roll this one.
By hand: docker build --platform linux/arm64 $(python -m infra.build_context receiver)
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from infra.build_folder import BUILD_DIR, content_digest, modules, new_folder, write_files
from infra.paths import PROJECT_ROOT
from infra.uv import locked_requirements

CONTEXTS_DIR = BUILD_DIR / "images"
SERVICES_GROUP = "services"
SERVICE_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "receiver": ("adapters", "kit", "orders", "receiver"),
    "processor": ("adapters", "kit", "orders", "processor", "sqs_consumer"),
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
