"""What a command tells its user when something is not as it must be, and what it ends with."""

BROKEN_PROMISE = 1
"""The audit found an order lost, paid twice or oversold; nothing else ends with this."""
WRONG_SETUP = 2
NOT_ALL_DONE = 2
"""Something could not be brought back or moved; running the command again may help."""
INTERRUPTED = 130


class UserError(Exception):
    """One line that says key, value, rule and remedy; a command prints it and exits with 2."""
