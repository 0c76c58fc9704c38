"""The demo's inbox: what a newcomer's first night is made of must be what a real one would be."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time

from pipeline.model.errors import CutOff
from pipeline.model.frames import Kind
from pipeline.model.rigs import Rig
from pipeline.rules.guide_log import parse_guide_log, rms_over
from pipeline.rules.identity import Clues, Known, identify
from pipeline.rules.rigfiles import read_library
from pipeline.world.configuration import read_rig_file, shipped_folder
from pipeline.world.demo_nights import DemoSummary, demo_library_toml, write_demo_nights
from pipeline.world.demo_rigs import C8E, SITE, SQA55
from pipeline.world.demo_scene import NIGHTS, demo_shots
from pipeline.world.fits_image import open_image
from pipeline.world.headers import read_header


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    return write_demo_nights(tmp_path_factory.mktemp("demo") / "_Inbox", quick=True)


@pytest.fixture(scope="module")
def rigs() -> list[Rig]:
    return [read_rig_file(shipped_folder() / f"{rig.name}.toml") for rig in (C8E, SQA55)]


def bytes_of(inbox: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in inbox.rglob("*") if path.is_file())
    return {
        path.relative_to(inbox).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files
    }


def test_every_file_in_the_inbox_is_accounted_for(demo: DemoSummary) -> None:
    named = [frame.path for frame in demo.frames]
    named += [demo.twin, demo.cut_off, *demo.witnesses, demo.guide_log, *demo.others, *demo.litter]
    assert sorted(named) == sorted(bytes_of(demo.inbox))
    assert demo.written == len(named)


def test_a_second_writing_touches_nothing(demo: DemoSummary) -> None:
    before = bytes_of(demo.inbox)
    inodes = {path: path.stat().st_ino for path in demo.inbox.rglob("*")}
    assert write_demo_nights(demo.inbox, quick=True).written == 0
    assert bytes_of(demo.inbox) == before
    assert {path: path.stat().st_ino for path in demo.inbox.rglob("*")} == inodes


def test_another_inbox_gets_the_same_bytes_and_times(demo: DemoSummary, tmp_path: Path) -> None:
    write_demo_nights(tmp_path, quick=True)
    assert bytes_of(tmp_path) == bytes_of(demo.inbox)


def test_a_file_that_was_damaged_is_written_again_and_others_are_not(tmp_path: Path) -> None:
    demo = write_demo_nights(tmp_path, quick=True)
    (tmp_path / demo.frames[0].path).write_bytes(b"torn")
    assert write_demo_nights(tmp_path, quick=True).written == 1
    assert open_image(tmp_path / demo.frames[0].path).shape == (120, 160)


def test_the_full_demo_holds_two_rigs_three_nights_and_enough_for_masters() -> None:
    shots = demo_shots()
    assert {shot.rig.name for shot in shots} == {"C8E@f10.0+ZWO ASI2600MM Pro", "SQA55@f5.3+ATR585M"}
    assert {shot.night for shot in shots} == set(NIGHTS)
    assert len({shot.seed for shot in shots}) == len(shots)
    groups = Counter(
        (shot.rig.name, shot.kind, shot.filter, shot.night) for shot in shots if shot.kind is not Kind.LIGHT
    )
    assert set(groups.values()) == {10}
    assert {kind for _, kind, _, _ in groups} == {Kind.FLAT, Kind.DARK, Kind.BIAS}
    for night in NIGHTS:
        assert any(shot.conditions.events for shot in shots if shot.night == night)


def test_no_rig_takes_two_exposures_at_once() -> None:
    for rig in (C8E, SQA55):
        shots = sorted((shot for shot in demo_shots() if shot.rig is rig), key=lambda shot: shot.start)
        for one, other in pairwise(shots):
            assert one.start + timedelta(seconds=one.exposure_s) < other.start


def test_the_shipped_limits_reject_the_spoilt_frames_and_no_other(demo: DemoSummary) -> None:
    limits = {C8E.name: 4.6, SQA55.name: 4.0}
    for frame in demo.frames:
        if frame.kind is Kind.LIGHT:
            assert frame.hfr_px is not None
            assert frame.rms_arcsec is not None
            failing = frame.hfr_px > limits[frame.rig] or frame.rms_arcsec > 2.0
            assert failing == bool(set(frame.events) - {"satellite trail"}), frame


def test_header_and_name_are_understood_as_the_frame_that_was_taken(
    demo: DemoSummary, rigs: list[Rig]
) -> None:
    known = Known(rigs=rigs, sites=[SITE])
    spelled = {"Ha": "H", "OIII": "O"}
    for taken in demo.frames:
        path = demo.inbox / taken.path
        frame = identify(Clues(path=taken.path, header=read_header(path)), known)
        assert frame.kind is taken.kind
        assert frame.rig == taken.rig
        assert frame.rig_known
        assert str(frame.night) == taken.night
        if taken.kind in {Kind.LIGHT, Kind.FLAT}:
            assert frame.filter == spelled.get(taken.filter, taken.filter)
        assert frame.exposure_s == pytest.approx(taken.exposure_s, abs=0.002)
        assert frame.set_temp_c == -10.0
        assert (frame.hfr_px, frame.rms_arcsec) == (taken.hfr_px, taken.rms_arcsec)
        assert frame.site == SITE.name
        assert frame.dialect == "nina"
        target = taken.target.split(" Panel ") if taken.target else [None]
        assert frame.target == target[0]
        assert frame.panel == (target[1] if len(target) > 1 else "")


def test_the_identified_frames_have_no_problems(demo: DemoSummary, rigs: list[Rig]) -> None:
    known = Known(rigs=rigs, sites=[SITE])
    for taken in demo.frames:
        frame = identify(Clues(path=taken.path, header=read_header(demo.inbox / taken.path)), known)
        assert frame.problems == (), taken.path


def test_headers_agree_with_the_clock_and_obey_the_standard(demo: DemoSummary) -> None:
    path = demo.inbox / demo.frames[0].path
    with fits.open(path) as opened:
        opened.verify("exception")
        header = opened[0].header
        pixels = opened[0].data
    assert header["DATE-LOC"].startswith("2026-01-14T19:31:00.")
    assert header["DATE-OBS"].startswith("2026-01-14T18:31:00.")
    assert len(header["DATE-OBS"].rpartition(".")[2]) == 7
    assert header["MJD-OBS"] == pytest.approx(Time(header["DATE-OBS"], scale="utc").mjd, abs=1e-6)
    assert path.stat().st_mtime == pytest.approx(Time(header["DATE-OBS"], scale="utc").unix + 302.5, abs=1.5)
    assert header["OBJCTRA"] == "00 43 10"
    assert header["OBJCTDEC"] == "+41 20 15"
    assert np.array_equal(open_image(path).pixels(), pixels)


def test_the_pointing_is_where_astropy_sees_the_target(demo: DemoSummary) -> None:
    """Astropy's figures, written down: its coordinates alone would take this suite's longest test."""
    header = read_header(demo.inbox / demo.frames[0].path).cards
    assert header["CENTALT"] == pytest.approx(76.428, abs=0.5)
    assert header["CENTAZ"] == pytest.approx(282.064, abs=1.0)


def test_the_twin_has_the_bytes_of_the_first_frame(demo: DemoSummary) -> None:
    twin = (demo.inbox / demo.twin).read_bytes()
    assert demo.twin != demo.frames[0].path
    assert twin == (demo.inbox / demo.frames[0].path).read_bytes()


def test_the_cut_off_light_says_so(demo: DemoSummary) -> None:
    with pytest.raises(CutOff):
        open_image(demo.inbox / demo.cut_off)
    assert read_header(demo.inbox / demo.cut_off).cards["OBJECT"] == "IC 1805"


def test_the_session_table_speaks_of_the_frames_beside_it(demo: DemoSummary) -> None:
    by_path = {frame.path: frame for frame in demo.frames}
    for witness in demo.witnesses:
        with (demo.inbox / witness).open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["ExposureNumber"] for row in rows] == [str(number + 1) for number in range(len(rows))]
        for row in rows:
            assert None not in row
            frame = by_path[row["FilePath"].removeprefix("D:/Astro/")]
            assert float(row["HFR"]) == pytest.approx(frame.hfr_px)
            assert float(row["GuidingRMSArcSec"]) == pytest.approx(frame.rms_arcsec, abs=0.006)
            assert row["ImageType"] == "LIGHT"
            assert row["ExposureStartUTC"].endswith("Z")
    lights = [frame for frame in demo.frames if frame.kind is Kind.LIGHT]
    assert len({frame.path.rpartition("/")[0] for frame in lights}) == len(demo.witnesses)


def test_the_guide_log_says_of_each_exposure_what_its_name_says(demo: DemoSummary) -> None:
    text = (demo.inbox / demo.guide_log).read_text()
    log = parse_guide_log(text, demo.guide_log)
    assert log.sentences == ()
    for shot, frame in zip(demo_shots(quick=True), demo.frames, strict=True):
        local = shot.local.replace(tzinfo=None)
        aim = (shot.target.ra_deg, shot.target.dec_deg) if shot.target else None
        rms = rms_over(log, local, shot.exposure_s, None, time_zone=SITE.time_zone, pointing_deg=aim)
        guided = shot.kind is Kind.LIGHT and shot.rig is C8E and shot.night == NIGHTS[0]
        assert (rms is not None) == guided
        if rms is not None:
            assert rms.samples == 99
            assert rms.rms_arcsec == pytest.approx(frame.rms_arcsec, abs=0.01)


def test_the_settings_of_the_demo_library_can_be_read() -> None:
    tables = tomllib.loads(demo_library_toml())
    assert tables["inbox"] == [{"path": "_Inbox"}]
    library, flaws = read_library(tables)
    assert not list(flaws)
    assert library is not None
    assert library.sites[0] == SITE
