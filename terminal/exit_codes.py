"""What the commands of `lab` end with, for scripts; 0 is success."""

BROKEN_PROMISE = 1
"""The audit found an order lost, paid twice or oversold; nothing else ends with this."""
WRONG_SETUP = 2
NOT_ALL_DONE = 2
"""Something could not be brought back or moved; running the command again may help."""
INTERRUPTED = 130
