"""Each frame measured once, whatever it is, beside what others wrote down about it."""

from __future__ import annotations

import json
import os
from datetime import date

import numpy as np
import pytest
from astropy.io import fits

from pipeline.model.jobs import Work
from pipeline.stages import measured
from pipeline.stages.night import plan_library
from pipeline.world import ledger
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.library import open_library
from pipeline.world.manifests import manifest_path, read_measures
from pipeline.world.nightbook import open_book
from tests.libraries import night
from tests.stages.night_library import LONG_AGO_S, RIG, drop, new_library, run

NIGHT = date(2026, 1, 14)
SET = f"{RIG}/M31/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00"
WHICH = {"owner": RIG, "night": "2026-01-14", "set_id": SET}


@pytest.fixture
def library(tmp_path):
    return new_library(tmp_path / "library", RIG, eyes=True)


def stored(library, *minutes, **cards):
    for minute in minutes:
        drop(library / "_Inbox", f"{minute}.fits", minute=minute, **cards)
    night(library)
    return library


def rows(library, set_id=SET):
    return read_measures(open_library(library), set_id)


def put(library, name, pixels, **cards):
    """A frame of these very pixels."""
    path = drop(library / "_Inbox", name, **cards)
    from pipeline.world.headers import read_header

    header = read_header(path)
    skip = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "BZERO", "BSCALE", "EXTEND"}
    told = {key: value for key, value in header.cards.items() if key not in skip}
    if pixels.dtype == np.uint8:
        fits.PrimaryHDU(pixels, header=fits.Header(told)).writeto(path, overwrite=True)
    else:
        path.write_bytes(image_bytes(pixels, as_cards(told)))
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))


def test_every_frame_has_its_row_and_its_hash(library):
    stored(library, 1, 2)
    found = rows(library)
    assert len(found) == 2
    assert all("background_adu" in row.values and not row.trouble for row in found.values())
    assert all(fact.sha256 for fact in ledger.read(library).stored.values())
    assert measured.is_done(library, **WHICH)


def test_an_added_frame_costs_that_frame(library):
    stored(library, 1, 2)
    drop(library / "_Inbox", "3.fits", minute=3)
    said = [line for line in night(library) if "measured:" in line]
    assert len(said) == 1
    assert said[0].endswith("1 frame, 3 of 3 without a star")
    assert len(rows(library)) == 3


def test_a_row_follows_from_the_frames_alone_so_a_lost_manifest_comes_back_the_same(library):
    stored(library, 1, 2, 3)
    path = manifest_path(open_library(library), SET, "measured.json")
    before = path.read_bytes()
    path.unlink()
    assert not measured.is_done(library, **WHICH)
    measured.measure_frames(Work(library), **WHICH)
    assert path.read_bytes() == before


def test_another_saturation_in_the_rig_file_is_measured_anew(library):
    stored(library, 1)
    rig = library / "_Rigs" / f"{RIG}.toml"
    text = rig.read_text("utf-8").replace('camera = "ZWO ASI2600MM Pro"', "")
    rig.write_text(text + '[camera]\nname = "ZWO ASI2600MM Pro"\nsaturation_adu = 1000\n', "utf-8")
    assert not measured.is_done(library, **WHICH)
    (before,) = rows(library).values()
    measured.measure_frames(Work(library), **WHICH)
    (after,) = rows(library).values()
    assert after.values["saturated_percent"] > before.values["saturated_percent"]


def test_what_nina_says_stands_beside_ours_and_is_not_mixed_with_it(library):
    drop(library / "_Inbox", "2026-01-15_00-01-33_HFR_2.34_STARS_120_RMSAC_0.71.fits", minute=1)
    night(library)
    (row,) = rows(library).values()
    assert (row.values["hfr"], row.values["stars"], row.values["rms_arcsec"]) == (2.34, 120, 0.71)
    assert row.values["stars_measured"] != 120


def test_a_session_file_and_a_guide_log_are_heard(library):
    drop(library / "_Inbox", "light.fits", minute=1)
    csv = library / "_Inbox/ImageMetaData.csv"
    csv.write_text("ExposureNumber,FilePath,HFR,GuidingRMSArcSec\n1,D:/x/light.fits,2.5,0.66\n", "utf-8")
    os.utime(csv, (LONG_AGO_S, LONG_AGO_S))
    night(library)
    night(library)
    (row,) = rows(library).values()
    assert (row.values["hfr"], row.values["rms_arcsec"]) == (2.5, 0.66)


@pytest.mark.parametrize(
    ("what", "pixels"),
    [
        ("constant", np.full((40, 60), 1000, np.uint16)),
        ("one pixel", np.full((1, 1), 1000, np.uint16)),
        ("eight bits", np.arange(2400, dtype=np.uint8).reshape(40, 60)),
        ("floats with NaN", np.where(np.eye(40) > 0, np.nan, 0.1).astype(np.float32)),
        ("all NaN", np.full((40, 60), np.nan, np.float32)),
        ("colour", np.full((3, 40, 60), 1000, np.uint16)),
    ],
)
def test_a_frame_with_nothing_to_be_seen_is_a_result_and_is_offered(library, what, pixels):
    put(library, "odd.fits", pixels)
    output = run(library)
    assert "Traceback" not in output
    (row,) = [row for one in open_book(library, RIG, NIGHT).sets for row in rows(library, one.id).values()]
    assert not row.retry
    assert row.trouble or row.values["stars_measured"] == 0
    assert len(list((library / RIG / "10_Blink").rglob("*.fits"))) == 1


def test_a_frame_changed_in_place_is_not_measured_as_if_it_were_the_stored_one(library):
    stored(library, 1, 2)
    first, second = sorted(rows(library))
    (library / first).chmod(0o644)
    (library / first).write_bytes((library / second).read_bytes()[:-2880] + bytes(2880))
    manifest_path(open_library(library), SET, "measured.json").unlink()
    measured.measure_frames(Work(library), **WHICH)
    assert "doit verify" in rows(library)[first].trouble
    assert not rows(library)[second].trouble


def test_a_damaged_manifest_is_no_manifest(library):
    stored(library, 1)
    path = manifest_path(open_library(library), SET, "measured.json")
    for data in (b"", b"[]", b'{"rows": 5}', json.dumps({"basis": "x", "rows": [{"a": 1}]}).encode()):
        path.write_bytes(data)
        assert not measured.is_done(library, **WHICH)
        measured.measure_frames(Work(library), **WHICH)
        assert measured.is_done(library, **WHICH)


def test_the_job_reads_well_and_stands_behind_the_storing(library):
    stored(library, 1)
    (job,) = [job for job in plan_library(library).jobs if job.stage == "measured"]
    assert job.doc == f"Measure M31 L 300 s, {RIG}, night of 2026-01-14"
    assert f"renamed:{RIG}_2026-01-14" in job.after
