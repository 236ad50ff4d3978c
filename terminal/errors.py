"""What a command tells its user when something is not as it must be."""


class UserError(Exception):
    """One line that says key, value, rule and remedy; a command prints it and exits with 2."""
