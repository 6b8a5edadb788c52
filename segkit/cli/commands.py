"""The verbs of the command line: ours, and those that plugins register with the hook ``segkit_commands``."""

from __future__ import annotations

import inspect
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from segkit.catalog import Command
from segkit.discovery import catalog
from segkit.errors import PluginError

STYLE: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}


class Verbs(TyperGroup):
    """Lists a plugin's verb by what its spec says, and imports its function when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the names of all verbs, ours first; the full name of one that two plugins have."""
        usable = [c for c in catalog().commands if c.state != "shadowed"]
        return [*super().list_commands(ctx), *(c.name if c.state == "ok" else c.full_name for c in usable)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Find a verb; a plugin's is not imported yet.

        Raises:
            PluginError: When two plugins have it, or it is a built-in's name.
        """
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        command = catalog().command(cmd_name)
        return None if command is None else _Listed(command)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb that is called, import it when it is a plugin's, and give the arguments behind it.

        Raises:
            PluginError: When it cannot be imported.
        """
        name, found, rest = super().resolve_command(ctx, args)
        return name, found.imported() if isinstance(found, _Listed) else found, rest


class _Listed(TyperCommand):
    """A plugin's verb as far as its spec tells."""

    def __init__(self, command: Command) -> None:
        super().__init__(command.full_name, help=command.spec.summary, rich_markup_mode=None)
        self._command = command

    def imported(self) -> Any:
        """Give the command that typer makes of the verb's function."""
        from segkit.assemble import load, title

        function = load(self._command)
        app = typer.Typer(**STYLE)
        app.command(self._command.name, help=inspect.getdoc(function) or self._command.spec.summary)(function)
        try:
            return typer.main.get_command(app)
        except Exception as error:  # what typer says of an annotation that it cannot read has many types
            cause = f"{title(self._command)}: typer cannot read its parameters: {error}"
            raise PluginError(cause, "its author can annotate them with what typer knows") from error
