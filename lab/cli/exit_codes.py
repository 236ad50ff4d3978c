"""What the commands of `lab` end with, for scripts; 0 is success."""

BROKEN_PROMISE = 1
"""An order was lost, paid twice or oversold."""
NOT_ALL_DONE = 1
"""Something could not be brought back or moved; running the command again may help."""
WRONG_SETUP = 2
INTERRUPTED = 130
