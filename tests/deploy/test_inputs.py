"""What ``segkit predict`` takes its inputs for."""

from __future__ import annotations

from pathlib import Path

import pytest

from segkit.deploy.inputs import Source, find_sources
from segkit.errors import UserError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("b.png", "a.v1.jpg", ".hidden.png", "notes.txt", "film.MP4", "deep/c.png", "deep/er/d.tif", "odd"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "in"


def files(sources: list[Source]) -> list[str]:
    return [source.file for source in sources]


def test_a_folder_gives_its_images_and_films_in_order_and_nothing_else(root: Path) -> None:
    sources = find_sources([root])
    assert files(sources) == ["a.v1.jpg", "b.png", "film.MP4"]
    assert [source.film for source in sources] == [False, False, True]
    assert [source.stem for source in sources] == ["a.v1", "b", "film"]


def test_a_file_is_taken_whatever_its_name(root: Path) -> None:
    assert find_sources([root / "odd"]) == [Source("odd", root / "odd")]


def test_a_pattern_goes_through_folders_and_keeps_their_names(root: Path) -> None:
    assert files(find_sources([f"{root}/**/*"])) == ["a.v1.jpg", "b.png", "deep/c.png", "deep/er/d.tif", "film.MP4"]
    assert files(find_sources([f"{root}/deep/*.png"])) == ["c.png"]


def test_a_pattern_that_climbs_writes_nothing_outside(root: Path) -> None:
    assert files(find_sources([f"{root}/deep/*/../*.png"])) == ["c.png"]


def test_what_is_named_twice_is_one(root: Path) -> None:
    assert files(find_sources([root / "b.png", root, f"{root}/*.png"])) == ["b.png", "a.v1.jpg", "film.MP4"]


def test_a_number_is_a_camera_unless_a_file_is_called_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    (camera,) = find_sources(["07"])
    assert (camera.file, camera.camera, camera.film) == ("camera7", 7, True)
    (root / "7").write_bytes(b"x")
    assert find_sources(["7"])[0].camera is None


def test_a_dash_is_a_list(root: Path) -> None:
    listed = [f"{root / 'b.png'}\n", "\n", f"{root / 'deep'}\r\n"]
    assert files(find_sources(["-"], listed)) == ["b.png", "c.png"]


@pytest.mark.parametrize("given", ["absent.png", "in/none-*.png", "empty"])
def test_what_names_nothing_is_refused(given: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no image"):
        find_sources([root, given])
    with pytest.raises(UserError, match="no image or film is named"):
        find_sources(["-"], [])


def test_two_that_would_be_written_to_the_same_files_are_refused(root: Path) -> None:
    (root / "b.jpg").write_bytes(b"x")
    with pytest.raises(UserError, match=r"b\.jpg and .*b\.png would be written to the same files"):
        find_sources([root])
    (root / "film.jpg").write_bytes(b"x")
    (root / "b.jpg").unlink()
    assert len(find_sources([root])) == 4  # what is made of a film lies elsewhere
