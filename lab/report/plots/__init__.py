"""The report's plots. Matplotlib is imported here first, where no setting of the user reaches it.

It reads its settings while it is imported: a matplotlibrc of the working folder or of the user's,
and the variables below. One that it does not understand ends the import, and with it the command.
https://matplotlib.org/stable/users/explain/customizing.html
"""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from terminal.project import ROOT

_OWN_FOLDER = ROOT / "build" / "matplotlib"
"""Its list of the machine's fonts is kept here: making it takes seconds."""
_USERS = ("MPLBACKEND", "MATPLOTLIBRC", "MPLCONFIGDIR")


@contextlib.contextmanager
def _without_the_users_settings() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_own_folder())
        hidden = {key: os.environ.pop(key) for key in _USERS if key in os.environ}
        stack.callback(os.environ.update, hidden)
        os.environ["MPLCONFIGDIR"] = str(folder)
        stack.callback(os.environ.pop, "MPLCONFIGDIR", None)
        stack.enter_context(contextlib.chdir(folder))  # the working folder comes first
        yield


@contextlib.contextmanager
def _own_folder() -> Iterator[Path]:
    with contextlib.suppress(OSError):
        _OWN_FOLDER.mkdir(parents=True, exist_ok=True)
    if os.access(_OWN_FOLDER, os.W_OK):
        yield _OWN_FOLDER
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


with _without_the_users_settings():
    importlib.import_module("matplotlib.font_manager")
