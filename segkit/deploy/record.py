"""What a folder of predictions was made with, so that a second call goes on with it or is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from segkit.deploy.inputs import Source
from segkit.engine.checkpoint import write_json
from segkit.engine.model_file import CARD, WEIGHTS
from segkit.errors import UserError

RECORD = "predict.json"
_REMEDY = "name another folder with -o, or give --overwrite to begin it anew"


class Record:
    """The folder's predict.json.

    Args:
        out: The folder of predictions; it is made when it is not there.
        table: The name of its table's file.
        made_with: The model and all options that change what is written, as plain data.
        overwrite: Whether a table that is there is thrown away; files of images and films are left to be replaced.

    Attributes:
        finished: The films that were read to their end.

    Raises:
        UserError: When the folder was made with something else, or nobody knows what its table was made with.
    """

    def __init__(self, out: Path, table: str, made_with: Mapping[str, Any], overwrite: bool = False) -> None:
        self._path = out / RECORD
        self._made_with = json.loads(json.dumps(made_with))
        self.finished: list[str] = []
        self._folders: list[str] = []
        if overwrite:
            (out / table).unlink(missing_ok=True)
        elif self._path.exists():
            self._take_up()
        elif (out / table).exists():
            raise UserError(f"{out / table} is there, and no {RECORD} that says what it was made with", _REMEDY)
        self._write()

    def finish(self, file: str) -> None:
        """Note that a film was read to its end."""
        self.finished.append(file)
        self._write()

    def enter(self, sources: Iterable[Source], done: Container[str]) -> None:
        """Note where the inputs lie, so that a later call does not take others of their names for them.

        Args:
            sources: The inputs of this call.
            done: The files that the table has rows of.

        Raises:
            UserError: When one has the name of what was done, and lies in a folder where nothing was done.
        """
        folders = set(self._folders)
        for source in sources:
            if source.folder not in folders and (source.file in done or source.file in self.finished):
                cause = f"{self._path.parent} holds another {source.file}, not that of {source.folder}"
                raise UserError(cause, _REMEDY)
        self._folders = sorted(folders.union(source.folder for source in sources))
        self._write()

    def _take_up(self) -> None:
        try:
            data = json.loads(self._path.read_text())
            before, finished = dict(data["made_with"]), [str(file) for file in data["finished"]]
            folders = [str(folder) for folder in data["folders"]]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UserError(f"{self._path} cannot be read: {error!r}", _REMEDY) from error
        names = before.keys() | self._made_with.keys()
        other = [name for name in sorted(names) if before.get(name) != self._made_with.get(name)]
        if "model" in other:
            raise UserError(f"{self._path.parent} was made with another model", _REMEDY)
        if other:
            told = ", ".join(f"{name} {before.get(name)!r}, not {self._made_with.get(name)!r}" for name in other)
            raise UserError(f"{self._path.parent} was made with {told}", _REMEDY)
        self.finished, self._folders = finished, folders

    def _write(self) -> None:
        data = {"made_with": self._made_with, "folders": self._folders, "finished": self.finished}
        write_json(self._path, data)


def model_fingerprint(folder: Path) -> str:
    """Give what changes when the model of a run folder does."""
    digest = hashlib.sha256()
    for name in (CARD, WEIGHTS):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
