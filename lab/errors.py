class LabError(Exception):
    """One line that says key, value, rule and remedy; the CLI prints it and exits with 2."""


class EngineError(LabError):
    """The emulator, a resource, a service or a function could not be brought up or kept up."""
