"""``segkit data get``: against a server on this machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from segkit.dataprep.download import download
from segkit.dataprep.unpacking import unpack
from segkit.errors import SegkitError, UserError
from segkit.sources import Archive, Source
from segkit_std.datasets.oxford_pet import OxfordPet


class Server:
    """Serves bytes by name, and notes what it was asked for; a name in ``cut`` is broken off half-way."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.lstrip("/")
                server.asked.append(name)
                if name not in server.files:
                    self.send_error(404)
                    return
                body = server.files[name]
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if name in server.cut else body)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def add(self, name: str, body: bytes) -> Archive:
        self.files[name] = body
        return Archive(f"http://127.0.0.1:{self.http.server_port}/{name}", hashlib.sha256(body).hexdigest())


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def tar(members: dict[str, bytes], change: Callable[[tarfile.TarInfo], None] = lambda info: None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            change(info)
            packed.addfile(info, io.BytesIO(body))
    return buffer.getvalue()


def zipped(members: dict[str, bytes], mode: int = 0o100644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, body in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            packed.writestr(info, body)
    return buffer.getvalue()


def source(*archives: Archive) -> Source:
    return Source("Ponds", "CC0", "https://example.org", "Nobody 2020", "take a picture", archives)


def held(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_archives_are_fetched_checked_and_unpacked(server: Server, tmp_path: Path) -> None:
    one = server.add("images.tar.gz", tar({"images/a.jpg": b"A" * 99_999, "images/b.jpg": b""}))
    two = server.add("masks.zip", zipped({"masks/": b"", "masks/a.png": b"B", "read me.txt": b"C"}))
    download(source(one, two), tmp_path / "ponds")
    assert held(tmp_path / "ponds") == {
        "images/a.jpg": b"A" * 99_999,
        "images/b.jpg": b"",
        "masks/a.png": b"B",
        "read me.txt": b"C",
    }
    assert [entry.name for entry in tmp_path.iterdir()] == ["ponds"]


def test_another_checksum_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    archive = server.add("a.zip", zipped({"a": b"good"}))
    server.files["a.zip"] = zipped({"a": b"evil"})
    with pytest.raises(SegkitError, match=f"has not the checksum sha256:{archive.sha256}; it was thrown away"):
        download(source(archive), tmp_path / "ponds")
    assert not (tmp_path / "ponds").exists()
    assert held(tmp_path) == {}


def test_an_interrupted_download_goes_on_with_what_was_whole(server: Server, tmp_path: Path) -> None:
    first, second = server.add("a.zip", zipped({"a": b"1"})), server.add("b.zip", zipped({"b": b"2" * 999}))
    server.cut.add("b.zip")
    with pytest.raises(SegkitError, match=r"b\.zip: cannot be fetched"):
        download(source(first, second), tmp_path / "ponds")
    assert not (tmp_path / "ponds").exists()
    server.cut.clear()
    download(source(first, second), tmp_path / "ponds")
    assert held(tmp_path / "ponds") == {"a": b"1", "b": b"2" * 999}
    assert server.asked == ["a.zip", "b.zip", "b.zip"]


def test_what_is_not_there_or_out_of_reach_is_named(server: Server, tmp_path: Path) -> None:
    archive = server.add("a.zip", b"")
    del server.files["a.zip"]
    with pytest.raises(SegkitError, match=r"a\.zip: cannot be fetched \(404"):
        download(source(archive), tmp_path / "ponds")
    with pytest.raises(SegkitError, match="cannot be fetched"):
        download(source(Archive("http://127.0.0.1:1/a.zip", "0" * 64)), tmp_path / "ponds")


def test_nothing_is_overwritten(server: Server, tmp_path: Path) -> None:
    archive = server.add("a.zip", zipped({"a": b"new"}))
    (tmp_path / "ponds").mkdir()
    (tmp_path / "ponds" / "a").write_bytes(b"old")
    with pytest.raises(UserError, match=r"nothing is overwritten: .*ponds is there"):
        download(source(archive), tmp_path / "ponds")
    assert held(tmp_path) == {"ponds/a": b"old"}
    assert server.asked == []


def _link(info: tarfile.TarInfo, kind: bytes) -> None:
    info.type, info.linkname, info.size = kind, "/etc/passwd", 0


HARMFUL = {
    "climbs": (tar({"ok": b"1", "../evil": b"2"}), "a path that leads out of the folder, '../evil'"),
    "absolute": (tar({"/evil": b"2"}), "a path that leads out of the folder, '/evil'"),
    "symlink": (tar({"evil": b""}, lambda info: _link(info, tarfile.SYMTYPE)), "a link or device, 'evil'"),
    "hardlink": (tar({"evil": b""}, lambda info: _link(info, tarfile.LNKTYPE)), "a link or device, 'evil'"),
    "pipe": (tar({"evil": b""}, lambda info: _link(info, tarfile.FIFOTYPE)), "a link or device, 'evil'"),
    "zip climbs": (zipped({"a/../../evil": b"2"}), "a path that leads out of the folder"),
    "zip of Windows": (zipped({"C:/evil": b"2"}), "a path that leads out of the folder, 'C:/evil'"),
    "zip symlink": (zipped({"evil": b"/etc/passwd"}, 0o120777), "a link or device, 'evil'"),
    "twice": (tar({"a": b"1", "./a": b"2"}), "a is there already, and nothing is overwritten"),
    "no archive": (b"<html>Please register</html>", "cannot be unpacked"),
    "cut": (tar({"a": bytes(range(256)) * 999})[:-900], "cannot be unpacked"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_and_damaged_archives_are_refused(name: str, tmp_path: Path) -> None:
    body, message = HARMFUL[name]
    (tmp_path / "archive").write_bytes(body)
    (tmp_path / "in" / "here").mkdir(parents=True)
    with pytest.raises(SegkitError, match="archive: ") as caught:
        unpack(tmp_path / "archive", tmp_path / "in" / "here")
    assert message in str(caught.value)
    assert not list(tmp_path.rglob("evil"))
    assert not Path("/evil").exists()


def test_the_verb_downloads(server: Server, cli: Callable[..., Any], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(OxfordPet, "source", source(server.add("a.zip", zipped({"images/a.jpg": b"1"}))))
    shown = cli("data", "get", "oxford_pet", "--into", "pets")
    assert (shown.code, shown.out) == (0, "pets: Ponds; licence: CC0; https://example.org\n")
    assert held(tmp_path / "pets") == {"images/a.jpg": b"1"}
    again = cli("data", "get", "oxford_pet", "--into", "pets")
    assert again.code == 2
    assert "nothing is overwritten: pets is there" in again.err


@pytest.mark.parametrize("name", ["camvid", "cityscapes", "lars", "massmind", "mastr1325", "mastr1478", "smd"])
def test_what_has_to_be_fetched_by_hand_is_explained(name: str, cli: Callable[..., Any], tmp_path: Path) -> None:
    shown = cli("data", "get", name)
    assert shown.code == 2
    assert [line.split(":")[0].strip() for line in shown.out.splitlines()[1:]] == ["licence", "page", "paper", "steps"]
    assert "ROOT" in shown.out or "segkit data get mastr1325" in shown.out
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_no_public_data_set(cli: Callable[..., Any]) -> None:
    assert "did you mean 'cityscapes'?" in cli("data", "get", "cityscape").err
    shown = cli("data", "get", "folder")
    assert shown.code == 2
    assert "'folder' is no public data set of your own files" in shown.err
