"""``segkit show KIND NAME``: a component's signature, options and documentation."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from segkit.catalog import Catalog, check_kind
from segkit.cli.shared import PluginFiles
from segkit.errors import RecipeError, UserError

_CHANNELS = 3  # of the images that a backbone is looked at with


def show_command(
    kind: Annotated[str, typer.Argument(help="Such as loss or backbone.")],
    name: Annotated[str, typer.Argument(help="The component's name, or distribution:name.")],
    options: Annotated[
        list[str] | None, typer.Argument(help="Of a backbone: key=value, such as name=resnet34.")
    ] = None,
    plugin: PluginFiles = None,
) -> None:
    """Show a component: what a recipe can set of it, and what it does; of a backbone, its maps and what they see."""
    from segkit.assemble import load
    from segkit.discovery import catalog
    from segkit.options import REQUIRED, signature_of

    check_kind(kind)
    if options and kind != "backbone":
        raise UserError(f"options can be tried on a backbone, not on a {kind}", f"segkit show {kind} {name}")
    found = catalog(*(plugin or ()))
    component = found.get(kind, name)
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
    if kind == "backbone":
        _show_maps(found, name, options or ())


def _show_maps(found: Catalog, name: str, options: Sequence[str]) -> None:
    """Make a backbone, and print what its maps are and see."""
    from segkit.assemble import Binder
    from segkit.engine.receptive_field import facts_of
    from segkit.recipe import Layer, Node
    from segkit.recipe.overrides import override

    layer, lengths = Layer(data={}), dict[str, str]()
    for text in options:
        layer = override(layer, text, lengths)
    written: Mapping[str, Any] = layer.data
    bound = None if layer.faults else Binder(found, layer).bind(Node("backbone", name, written, ()))
    if bound is None:
        raise RecipeError.of(layer.faults)
    backbone = bound(in_channels=_CHANNELS, norm=None, activation=None)
    facts = facts_of(backbone, _CHANNELS)
    typer.echo(f"\nwith {' '.join(options) or 'no option set'}, for {_CHANNELS} channels:")
    typer.echo(f"  parameters: {facts.parameters:,}")
    typer.echo("  stride  channels  receptive field")
    for stride, channels, field in zip(facts.strides, facts.channels, facts.receptive_fields, strict=True):
        typer.echo(f"  {stride:>6}  {channels:>8}  {'the whole picture' if field is None else f'{field} px'}")
