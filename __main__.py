"""The flash-sale order system: settings in, one topology of resources, its outputs out."""

import pulumi

from infra.build_folder import BuildError
from infra.configuration import SettingsError, load_settings
from infra.topologies import build_topology


def main() -> None:
    """Build the stack; what the user can put right ends as one message without a traceback."""
    try:
        outputs = build_topology(load_settings())
    except (SettingsError, BuildError) as error:
        raise pulumi.RunError(str(error)) from None
    for name, value in outputs.items():
        pulumi.export(name, value)


if __name__ == "__main__":
    main()
