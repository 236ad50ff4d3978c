"""A command line of several commands, each in a module of its own that is imported when called."""

from __future__ import annotations

import ast
import importlib
import traceback
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from terminal.errors import UserError

_SETTINGS: dict[str, Any] = {
    "rich_markup_mode": "markdown",  # reflows the paragraphs of docstrings
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
_SOURCES = Path(__file__).parents[1]
_ROOMS = ("engine", "lab", "ops", "terminal")


def run_commands(
    program: str, package: str, names: Sequence[str], *, about: str, epilog: str
) -> None:
    """Run the command that the arguments name, one of the package's modules `names`.

    Raises:
        SystemExit: always, with the command's exit code.
        UserError: the command could not do its work.
    """
    app = typer.Typer(
        name=program,
        cls=_Commands,
        help=about,
        epilog=epilog,
        no_args_is_help=True,
        add_completion=False,
        **_SETTINGS,
    )
    app.callback()(lambda: None)
    group = cast("TyperGroup", get_command(app))
    for name in names:
        group.add_command(_Deferred(package, name))
    group()


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand.

        An error of the machine's is a UserError: typer would end some of them with code 1.
        """
        try:
            return super().invoke(ctx)
        except (OSError, EOFError) as error:
            raise UserError(_in_words(error)) from error


class _Deferred(TyperCommand):
    """The function of that name in the package's module of that name.

    The help of the program shows the first sentence of its docstring, read from the source: a
    module brings the engine, the AWS clients or matplotlib, a second or more of CPU together.
    """

    def __init__(self, package: str, name: str) -> None:
        super().__init__(name=name, callback=None, help=_summary(package, name))
        self._module = f"{package}.{name}"

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """Import the command and let it read its own arguments."""
        app = typer.Typer(add_completion=False, **_SETTINGS)
        app.command()(getattr(importlib.import_module(self._module), str(self.name)))
        command = get_command(app)
        command.name = self.name
        return command.make_context(info_name, args, *more, **extra)


def _summary(package: str, name: str) -> str:
    source = resources.files(package).joinpath(f"{name}.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n\n")[0]
    raise LookupError(f"{package}.{name} has no function {name}")


def _in_words(error: Exception) -> str:
    """Return an error of the machine's in one line, with where in our code it happened."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if error.filename is not None else ""
        text = f"{named}{error.strerror}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if any(file.is_relative_to(_SOURCES / room) for room in _ROOMS):
            return f"{text} (at {file.relative_to(_SOURCES)}:{frame.lineno})"
    return text
