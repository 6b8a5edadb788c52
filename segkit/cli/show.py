"""``segkit show KIND NAME``: a component's signature, options and documentation."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from segkit.cli.shared import PluginFiles


def show_command(
    kind: Annotated[str, typer.Argument(help="Such as loss or backbone.")],
    name: Annotated[str, typer.Argument(help="The component's name, or distribution:name.")],
    plugin: PluginFiles = None,
) -> None:
    """Show a component: what a recipe can set of it, and what it does."""
    from segkit.assemble import load
    from segkit.catalog import check_kind
    from segkit.discovery import catalog
    from segkit.options import REQUIRED, signature_of

    check_kind(kind)
    component = catalog(*(plugin or ())).get(kind, name)
    target = load(component)
    signature = signature_of(target, component.spec)
    typer.echo(f"{kind} {component.spec.name}, of {component.distribution} {component.version}")
    typer.echo(f"{component.spec.path}\n")
    typer.echo(component.spec.summary)
    typer.echo("\noptions:" if signature.options else "\nno options")
    for option in signature.options.values():
        default = "required" if option.default is REQUIRED else f"= {option.default!r}"
        typer.echo(f"  {option.name}: {option.type_name} {default}")
        if option.doc:
            typer.echo(f"      {option.doc}")
    if signature.passes:
        typer.echo(f"\nthe engine gives: {', '.join(signature.passes)}")
    typer.echo(f"\n{inspect.getdoc(target) or ''}")
