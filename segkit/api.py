"""The Python interface, which the command line uses too. Importing it costs no torch; calling it may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segkit.catalog import Component
from segkit.discovery import catalog

if TYPE_CHECKING:
    from segkit.assembly import Assembly
    from segkit.deploy.loaded import LoadedModel
    from segkit.engine.session import Result


def components(kind: str | None = None) -> list[Component]:
    """Give the components of all installed plugins, or those of one kind."""
    return [component for component in catalog().components if kind in (None, component.kind)]


def build(kind: str, name: str, options: Mapping[str, Any] | None = None, **engine_values: Any) -> Any:
    """Make one component.

    Args:
        kind: Such as "loss".
        name: Its name, or ``distribution:name``.
        options: As a recipe would give them.
        engine_values: What the engine would give, such as ``channels=16`` for a norm.

    Raises:
        UserError: When there is none such, or an option does not fit.

    Example:
        >>> import segkit
        >>> loss = segkit.build("loss", "dice", classes=("sky", "sea"))
    """
    from segkit.assemble import Binder
    from segkit.errors import RecipeError
    from segkit.recipe import Layer, Node

    layer = Layer()
    bound = Binder(catalog(), layer).bind(Node(kind, name, dict(options or {}), ()))
    if bound is None:
        raise RecipeError.of(layer.faults)
    return bound(**engine_values)


def _assembly(recipe: str | Path, overrides: Sequence[str], plugins: Sequence[Path]) -> Assembly:
    from segkit.recipe import read_recipe

    found = catalog(*plugins)
    read = read_recipe(recipe, overrides, found)  # names first: a misspelt one is told before torch is imported
    from segkit.assembly import assemble

    return assemble(read, found)


def _assembly_of(folder: Path, plugins: Sequence[Path]) -> Assembly:
    """Assemble the recipe of a run, once all that it was trained with is there."""
    from segkit.engine.folder import check_installed, recipe_of, recorded_distributions

    path = recipe_of(folder)
    check_installed(folder, recorded_distributions(folder), catalog(*plugins))
    return _assembly(path, (), plugins)


def check(recipe: str | Path, overrides: Sequence[str] = (), plugins: Sequence[Path] = ()) -> None:
    """Check a recipe: structure, names, options, and that all it names can be made; no frame is read.

    Args:
        recipe: A file, or the name of a shipped recipe.
        overrides: ``dotted.key=value``, as on the command line.
        plugins: Python files with components that are not installed.

    Raises:
        UserError: With every fault of the first stage that has any.
    """
    assembly = _assembly(recipe, overrides, plugins)
    from segkit.engine.build import build as build_all

    build_all(assembly)


def run(recipe: str | Path, overrides: Sequence[str] = (), plugins: Sequence[Path] = ()) -> Result:
    """Train a recipe and test it with the best weights.

    Args:
        recipe: A file, or the name of a shipped recipe.
        overrides: ``dotted.key=value``, as on the command line.
        plugins: Python files with components that are not installed.

    Raises:
        SegkitError: With the cause and the remedy.
    """
    assembly = _assembly(recipe, overrides, plugins)
    from segkit.engine.session import train

    return train(assembly)


def resume(folder: Path, plugins: Sequence[Path] = ()) -> Result:
    """Go on with an interrupted run; the result is that of a run that was never interrupted.

    Raises:
        UserError: When a distribution that it was trained with is not installed, or the folder is no run's.
    """
    assembly = _assembly_of(folder, plugins)
    from segkit.engine.session import train

    return train(assembly, resume=folder)


def evaluate(
    folder: Path,
    data: Path | None = None,
    split: str = "test",
    plugins: Sequence[Path] = (),
    *,
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    tile: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Measure a run's best weights on a split of its own data, or on a folder of images and masks.

    Args:
        folder: The run's folder.
        data: A folder of images/ and masks/; its own data without one.
        split: "train", "val" or "test".
        plugins: Python files with components that are not installed.
        scales: Factors of the network's size; what it says at each is averaged.
        flip: Whether it sees the mirror image too.
        tile: Height and width of windows that it sees instead of the whole frame, in the frame's pixels.

    Returns:
        ``{"split", "images", "metrics": {name: number}}``.

    Raises:
        UserError: When a distribution that it was trained with is not installed, or the folder is no run's.
    """
    assembly = _assembly_of(folder, plugins)
    from segkit.deploy.measure_views import measure_views
    from segkit.deploy.views import make_views
    from segkit.engine.measure import measure

    found = catalog(*plugins)
    if make_views(scales, flip, tile).plain:
        return measure(assembly, folder, found, data, split)
    return measure_views(assembly, folder, found, data, split, scales=scales, flip=flip, tile=tile)


def load(
    folder: str | Path,
    plugins: Sequence[Path] = (),
    *,
    postprocess: Mapping[str, Any] | None = None,
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    tile: tuple[int, int] | None = None,
) -> LoadedModel:
    """Load a trained model as a function of pictures.

    Args:
        folder: The run's folder.
        plugins: Python files with components that are not installed.
        postprocess: Options that replace those of the model's postprocess, such as ``{"estimator": "least_squares"}``.
        scales: Factors of the network's size; what it says at each is averaged.
        flip: Whether it sees the mirror image too.
        tile: Height and width of windows that it sees instead of the whole frame, in the frame's pixels.

    Returns:
        What is called with a picture (numpy, torch, PIL or a path) or several, and gives a Prediction for each: its
        ``mask``, ``probabilities`` and, where the model has one, ``horizon``.

    Raises:
        UserError: When the folder holds no model, or an option does not fit.

    Example:
        >>> import segkit
        >>> model = segkit.load("runs/horizon_unet/1")  # doctest: +SKIP
        >>> model("frame.jpg").horizon["roll_deg"]  # doctest: +SKIP
        -3.2
    """
    from segkit.deploy.loaded import LoadedModel
    from segkit.deploy.predictor import Predictor

    found = catalog(*plugins)
    return LoadedModel(Predictor(Path(folder), found, scales=scales, flip=flip, tile=tile, postprocess=postprocess))


def predict(
    folder: str | Path,
    inputs: Sequence[str | Path],
    out: str | Path,
    plugins: Sequence[Path] = (),
    *,
    postprocess: Sequence[str] = (),
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    tile: tuple[int, int] | None = None,
    every: int = 1,
    batch: int = 8,
    masks: bool | None = None,
    overlays: bool | None = None,
    probabilities: bool = False,
    film: bool = False,
    overwrite: bool = False,
) -> int:
    """Write a table with a row a frame, and masks and overlays of images; go on where an earlier call stopped.

    Args:
        folder: The run's folder.
        inputs: Images, films, folders, patterns, numbers of cameras; ``-`` is a list of them on standard input.
        out: The folder that is written.
        plugins: Python files with components that are not installed.
        postprocess: ``key=value``, options that replace those of the model's postprocess.
        scales: Factors of the network's size; what it says at each is averaged.
        flip: Whether it sees the mirror image too.
        tile: Height and width of windows that it sees instead of the whole frame, in the frame's pixels.
        every: Of films and cameras only each frame whose number it divides.
        batch: How many frames are looked at together.
        masks: Whether masks are written; None: of images only.
        overlays: Whether overlays are written; None: of images only.
        probabilities: Whether the probabilities of all classes are written.
        film: Whether films and cameras are written as annotated films.
        overwrite: Whether what an earlier call left in ``out`` is begun anew.

    Returns:
        How many images, and films, could not be read, or not to their end; each is reported and passed over.

    Raises:
        UserError: With the cause and the remedy, before anything is written.
        RunInterruptedError: When a signal came; what was done is kept, and the same call goes on.
    """
    from segkit.deploy.outputs import Wanted
    from segkit.deploy.predict import predict as predict_all

    wanted = Wanted(masks, overlays, probabilities, film)
    views = {"scales": list(scales), "flip": flip, "tile": tile, "postprocess": _options(postprocess)}
    found = catalog(*plugins)
    return predict_all(
        Path(folder), inputs, Path(out), found, wanted=wanted, batch=batch, every=every, overwrite=overwrite, **views
    )


def _options(texts: Sequence[str]) -> dict[str, Any]:
    """Read ``key=value`` as overrides of a recipe are read."""
    from segkit.errors import RecipeError
    from segkit.recipe import Layer
    from segkit.recipe.overrides import override

    layer, lengths = Layer(), dict[str, str]()
    for text in texts:
        layer = override(layer, text, lengths)
    if layer.faults:
        raise RecipeError.of(layer.faults)
    return dict(layer.data)
