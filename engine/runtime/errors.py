from terminal.errors import UserError


class EngineError(UserError):
    """The emulator, a resource, a service or a function could not be brought up or kept up."""
