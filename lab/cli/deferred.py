"""A command whose module is imported when it is called, not when its name is listed."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command


class Deferred(TyperCommand):
    """`lab NAME`: the function of that name in the module of that name, beside this one.

    The help of `lab` shows the first sentence of its docstring, read from the source: a module
    brings the engine, the AWS clients or matplotlib, a second or more of CPU together.
    """

    def __init__(self, name: str, **settings: Any) -> None:
        super().__init__(name=name, callback=None, help=_summary(name))
        self._settings = settings

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """Import the command and let it read its own arguments."""
        command = get_command(self._loaded())
        command.name = self.name
        return command.make_context(info_name, args, *more, **extra)

    def _loaded(self) -> typer.Typer:
        module = importlib.import_module(f"{__package__}.{self.name}")
        app = typer.Typer(add_completion=False, **self._settings)
        app.command()(getattr(module, str(self.name)))
        return app


def _summary(name: str) -> str:
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return (ast.get_docstring(node) or "").partition("\n\n")[0]
    raise LookupError(f"lab/cli/{name}.py has no function {name}")
