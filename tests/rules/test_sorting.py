"""What files in an inbox are, by name."""

from __future__ import annotations

import pytest

from pipeline.model.survey import Sort
from pipeline.rules.sorting import is_raw_suffix, sort_of


@pytest.mark.parametrize(
    ("path", "sort"),
    [
        ("LIGHT/x.fits", Sort.FRAME),
        ("x.FIT", Sort.FRAME),
        ("x.fits.fz", Sort.FRAME),
        ("x.fts.gz", Sort.FRAME),
        ("a\\b\\x.xisf", Sort.FRAME),
        ("IMG_1.CR3", Sort.FRAME),
        ("x.tif", Sort.FRAME),
        ("M31.fit.fits", Sort.FRAME),
        ("C:x.fits", Sort.FRAME),
        ("folder.fits/", Sort.FRAME),
        (".fits", Sort.OTHER),
        ("#recycle/x.fits", Sort.LITTER),
        (".~lock.x.fits", Sort.UNFINISHED),
        ("._x.fits", Sort.LITTER),
        (".DS_Store", Sort.LITTER),
        ("Thumbs.db", Sort.LITTER),
        ("@eaDir/x.fits", Sort.LITTER),
        (".stversions/LIGHT/x.fits", Sort.LITTER),
        ("x.fits.part", Sort.UNFINISHED),
        ("x.fits.filepart", Sort.UNFINISHED),
        (".upload_token.3f2", Sort.UNFINISHED),
        (".syncthing.x.fits.tmp", Sort.UNFINISHED),
        (".x.fits.Ab12Cd", Sort.UNFINISHED),
        ("x.fits.lock", Sort.UNFINISHED),
        ("ImageMetaData.csv", Sort.WITNESS),
        ("AcquisitionDetails.json", Sort.WITNESS),
        ("PHD2_GuideLog_2026-01-14_201333.txt", Sort.WITNESS),
        ("Autorun_Log_2026-07-23_200543.txt", Sort.WITNESS),
        ("shotsInfo.json", Sort.WITNESS),
        ("20260114-201333-3.2.0.9001.12345-202601.log", Sort.WITNESS),
        ("night.zip", Sort.ARCHIVE),
        ("night.tar.gz", Sort.ARCHIVE),
        (".keep", Sort.KEEP),
        ("notes.txt", Sort.OTHER),
        ("preview.jpg", Sort.OTHER),
        ("", Sort.OTHER),
    ],
)
def test_names_are_sorted(path: str, sort: Sort) -> None:
    assert sort_of(path) is sort


def test_camera_raw_is_told_from_what_can_be_measured() -> None:
    assert is_raw_suffix("a.CR2")
    assert not is_raw_suffix("a.fits")
