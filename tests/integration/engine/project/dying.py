"""A service that gives up while it starts."""

import sys

if __name__ == "__main__":
    sys.stdout.write("the database is on fire\n")
    raise SystemExit(7)
