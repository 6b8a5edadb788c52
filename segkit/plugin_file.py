"""A plugin that is one Python file without packaging, named on the command line (``--plugin my_losses.py``)."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from segkit.errors import UserError


@dataclass(frozen=True)
class PluginFile:
    """A file as a plugin: its module, and its distribution, are called by its stem.

    Attributes:
        path: Absolute.
        version: ``file-`` and eight hexadecimal digits of its content's hash, so that a run tells of a change.
    """

    path: Path
    version: str

    @property
    def name(self) -> str:
        """The name of its module, which the paths of its specs begin with."""
        return self.path.stem

    def load(self) -> ModuleType:
        """Import it under its stem, so that ``stem:MyLoss`` in a spec finds it; the folder is not importable.

        Raises:
            BaseException: Whatever the file raises.
        """
        spec = importlib.util.spec_from_file_location(self.name, self.path)
        if spec is None or spec.loader is None:
            raise ImportError(f"Python has no loader for {self.path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[self.name]
            raise
        return module

    def place(self, error: BaseException) -> str:
        """Say where an error arose: the file, and the line of it that was reached last."""
        if isinstance(error, SyntaxError) and error.filename == str(self.path):
            return f"{self.path}:{error.lineno}"
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(self.path)]
        return f"{self.path}:{lines[-1]}" if lines else str(self.path)


def plugin_file(path: Path) -> PluginFile:
    """Read a file, by its absolute path, that is to be a plugin; it is not imported yet.

    Raises:
        UserError: When it cannot be read, or its stem is no module's name or one that is taken.
    """
    if path.suffix != ".py" or not path.stem.isidentifier():
        cause = f"a plugin file must be called like a Python module, not {path.name!r}"
        raise UserError(cause, "rename it, such as my_losses.py", "--plugin")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "name a Python file", "--plugin") from error
    if _is_taken(path):
        cause = f"{path} would hide the module {path.stem!r} that Python imports already"
        raise UserError(cause, "rename the file", "--plugin")
    return PluginFile(path, f"file-{hashlib.sha256(content).hexdigest()[:8]}")


def _is_taken(path: Path) -> bool:
    """Tell whether a file's stem names another module; run from its own folder, it may be importable itself."""
    if path.stem in sys.modules:
        origin = getattr(sys.modules[path.stem], "__file__", None)
    else:
        spec = importlib.util.find_spec(path.stem)
        if spec is None:
            return False
        origin = spec.origin
    return origin is None or Path(origin).resolve() != path
