"""``segkit plugins check``: whether a plugin keeps all that segkit asks of one."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from segkit.catalog import same_distribution
from segkit.cli.plugins import plugins_command
from segkit.discovery import catalog
from segkit.errors import PluginError
from segkit.values import suggest


class _AloneOrVerb(TyperGroup):
    """Runs its own function only when no verb stands behind it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb."""
        self.callback = None
        return super().resolve_command(ctx, args)


app = typer.Typer(cls=_AloneOrVerb, invoke_without_command=True)
app.callback()(plugins_command)


@app.command("check")
def plugins_check_command(
    distribution: Annotated[str, typer.Argument(help="The plugin's distribution, as segkit plugins names it.")],
) -> None:
    """Check a plugin: its import, every component's path and options, and the contracts of their kinds."""
    from segkit.testing.checkup import faults

    found = catalog()
    plugins = [p for p in found.plugins if same_distribution(p.distribution, distribution)]
    if not plugins:
        known = [p.distribution for p in found.plugins]
        raise PluginError(f"no plugin's distribution is called {distribution!r}", suggest(distribution, known))
    count = 0
    for count, fault in enumerate(faults(found, plugins[0]), 1):  # noqa: B007 - the last one is the number of faults
        typer.echo(fault)
    if count:
        raise typer.Exit(1)
    typer.echo(f"{plugins[0].distribution} {plugins[0].version}: no fault found")
