"""New recipes in the user's folder: none is ever overwritten."""

from __future__ import annotations

from pathlib import Path

from segkit.errors import UserError
from segkit.recipe import shipped
from segkit.values import suggest


def copy_shipped(name: str, out: Path | None = None) -> Path:
    """Copy a shipped recipe as it is, comments and all; a shipped recipe that it extends is still found by its name.

    Args:
        name: The recipe's bare name.
        out: The new file; by default called like the recipe, in the working directory.

    Returns:
        The new file.

    Raises:
        UserError: When there is no such recipe, or the file is there already.
    """
    known = shipped()
    if name not in known:
        raise UserError(f"no shipped recipe is called {name!r}", suggest(name, known))
    return write_new(out or Path(f"{name}.yaml"), known[name].read_text(encoding="utf-8"))


def write_new(path: Path, text: str) -> Path:
    """Write a file that is not there yet.

    Raises:
        UserError: When it is, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"nothing is overwritten: {path} is there", "name another one: -o FILE") from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", "name another one: -o FILE") from None
    return path
