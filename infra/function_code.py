"""The function's own code, as the folder of its archive."""

from pathlib import Path

from infra.build_folder import BUILD_DIR, content_digest, modules, new_folder, write_files
from infra.bytecode import compile_modules
from infra.paths import PROJECT_ROOT
from infra.vocabulary import PythonVersion

FUNCTIONS_DIR = BUILD_DIR / "functions"
CODE_PACKAGES = ("lambda_fn", "orders", "adapters", "kit")
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (LAMBDA_TASK_ROOT)
MOUNTED_AT = "/var/task"


def build_function_code(
    python_version: PythonVersion, folder: Path = FUNCTIONS_DIR, root: Path = PROJECT_ROOT
) -> Path:
    """Return the folder with the function's modules and their bytecode, made unless it is there."""
    files = {name: path.read_bytes() for name, path in modules(CODE_PACKAGES, root).items()}
    code = folder / f"{python_version}-{content_digest(files)}"
    if not code.is_dir():
        with new_folder(code) as built:
            write_files(built, files)
            compile_modules(built, MOUNTED_AT, python_version)
    return code
