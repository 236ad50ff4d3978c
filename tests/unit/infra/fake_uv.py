"""A stand-in for uv: a script that notes how it is called and writes what uv would."""

import stat
import sys
from pathlib import Path

SCRIPT = """#!/bin/sh
echo "$@" >> "{calls}"
env > "{environment}"
if [ "$1" = export ]; then echo "{requirements}"; fi
if [ "$1" = run ]; then
  while [ "$1" != python ]; do shift; done
  shift
  {interpreter} "$@" || exit 1
fi
while [ $# -gt 0 ]; do
  case "$1" in
    --target) mkdir -p "$2/bin" "$2/thing.dist-info" && echo "installed = 1" > "$2/module.py"
      echo "#!$0" > "$2/bin/tool"
      for note in INSTALLER RECORD REQUESTED direct_url.json METADATA; do
        echo "$0" > "$2/thing.dist-info/$note"
      done ;;
  esac
  shift
done
{ending}
"""


class FakeUv:
    """The script and what it noted."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "uv"
        self._calls = folder / "calls"
        self._environment = folder / "environment"
        self._requirements = "thing==1.0"
        self._interpreter = sys.executable
        self._ending = "exit 0"
        self._write()

    def fail(self, reason: str) -> None:
        """End each call with this reason."""
        self._ending = f'echo "{reason}" >&2; exit 2'
        self._write()

    def lock(self, requirements: str) -> None:
        """Let the lock file hold other requirements."""
        self._requirements = requirements
        self._write()

    def have_no_interpreter(self) -> None:
        """Find no Python of the wanted version."""
        self._interpreter = "echo 'error: No interpreter found' >&2; false"
        self._write()

    def calls(self) -> list[str]:
        """Return the arguments of each call."""
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    def environment(self) -> dict[str, str]:
        """Return the variables of the last call."""
        lines = self._environment.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def _write(self) -> None:
        script = SCRIPT.format(
            calls=self._calls,
            environment=self._environment,
            requirements=self._requirements,
            interpreter=self._interpreter,
            ending=self._ending,
        )
        self.path.write_text(script)
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)
