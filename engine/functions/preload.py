"""What every environment would load for itself, loaded once by the parent."""

from pathlib import Path
from typing import Any

_SERVICES = ("dynamodb", "sns", "sqs")
_END = "-----END CERTIFICATE-----"


def preload_models(region: str, folder: Path) -> dict[str, str]:
    """Read botocore's models so that all forks share them; return variables that save more.

    An environment that loads them itself costs 27 MB and 100 ms of CPU, one that inherits them
    15 MB. Nothing is loaded for a function that brings no botocore.
    """
    try:
        import botocore.loaders  # noqa: PLC0415 - from the function's layer, if it brings one
        import botocore.session  # noqa: PLC0415
    except ImportError:
        return {}
    shared = botocore.loaders.create_loader()

    def shared_loader(search_path_string: str | None = None) -> Any:
        del search_path_string
        return shared

    # botocore.session has a name of its own for it.
    botocore.loaders.create_loader = botocore.session.create_loader = shared_loader
    session = botocore.session.Session()
    for service in _SERVICES:
        session.create_client(
            service,
            region_name=region,
            aws_access_key_id="none",
            aws_secret_access_key="none",  # noqa: S106 - no request is made
        ).close()
    return {"AWS_CA_BUNDLE": str(_one_certificate(Path(botocore.__file__).parent, folder))}


def _one_certificate(botocore: Path, folder: Path) -> Path:
    """A trust store of one certificate: parsing the whole one takes each environment 20 ms.

    The emulator is spoken to over plain HTTP, where none is looked at.
    """
    whole = (botocore / "cacert.pem").read_text(encoding="utf-8")
    bundle = folder / "one-certificate.pem"
    bundle.write_text(whole[: whole.index(_END) + len(_END)] + "\n", encoding="utf-8")
    return bundle
