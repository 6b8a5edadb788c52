"""What segkit_std says about its datasets."""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="dataset",
        name="folder",
        path="segkit_std.datasets.folder:Folder",
        summary="Image and mask files in folders, paired by stem; split by folder, by lists, by ratio or by group.",
    ),
    ComponentSpec(
        kind="dataset",
        name="concat",
        path="segkit_std.datasets.concat:Concat",
        summary="Several data sets as one, each taken as often as its weight says.",
    ),
    ComponentSpec(
        kind="dataset",
        name="camvid",
        path="segkit_std.datasets.camvid:CamVid",
        summary="CamVid: drives through Cambridge, as published or of the SegNet tutorial.",
    ),
    ComponentSpec(
        kind="dataset",
        name="cityscapes",
        path="segkit_std.datasets.cityscapes:Cityscapes",
        summary="Cityscapes: streets of fifty cities, finely labeled.",
    ),
    ComponentSpec(
        kind="dataset",
        name="lars",
        path="segkit_std.datasets.lars:LaRS",
        summary="LaRS: lakes, rivers and seas from boats, with semantic or panoptic masks.",
    ),
    ComponentSpec(
        kind="dataset",
        name="mastr1325",
        path="segkit_std.datasets.mastr1325:MaSTr1325",
        summary="MaSTr1325: obstacles, water and sky from a small boat.",
    ),
    ComponentSpec(
        kind="dataset",
        name="mastr1478",
        path="segkit_std.datasets.mastr1478:MaSTr1478",
        summary="MaSTr1478: MaSTr1325 with 153 frames of reflections and glitter.",
    ),
    ComponentSpec(
        kind="dataset",
        name="massmind",
        path="segkit_std.datasets.massmind:MassMIND",
        summary="MassMIND: thermal frames of Boston harbor with masks of seven labels.",
    ),
    ComponentSpec(
        kind="dataset",
        name="oxford_pet",
        path="segkit_std.datasets.oxford_pet:OxfordPet",
        summary="Oxford-IIIT Pet: cats and dogs with trimaps.",
    ),
    ComponentSpec(
        kind="dataset",
        name="smd",
        path="segkit_std.datasets.smd:SMD",
        summary="SMD: films of the sea at Singapore from shore and boat, with horizon lines.",
        needs="segkit[mat]",
    ),
)
