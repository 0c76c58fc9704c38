from __future__ import annotations

import gzip
import hashlib
import warnings
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from pipeline.model.calibration import Calibrate
from pipeline.model.errors import CutOff, FrameError, PassingError, UserError
from pipeline.model.frames import Frame, Kind, Value
from pipeline.world.calibrated_header import basis_in, is_ours
from pipeline.world.calibrating import Light, Result, calibrate_light
from pipeline.world.calibration_crew import calibrate_all, one_set_at_a_time
from pipeline.world.fits_image import as_cards, open_image, write_image
from pipeline.world.fits_text import BLOCK
from pipeline.world.headers import read_header
from pipeline.world.kept_cards import kept_lines
from pipeline.world.opened_masters import MasterFile, Ready, open_correction
from pipeline.world.workers import end_workers

SHAPE = (40, 60)
FREE: dict[str, Value] = {"NBLESS": "abc"}
POLICY = Calibrate(quality_check=False)


def master(folder: Path, kind: Kind, pixels: np.ndarray, **cards: Value) -> MasterFile:
    path = folder / f"{kind.value.lower()}.fits"
    write_image(
        path, (pixels / 65535).astype(np.float32), as_cards({"ADUSCALE": 65535.0, **cards}), replace=True
    )
    return MasterFile(
        kind=kind,
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        frame=Frame(path=path.name, exposure_s=2.0 if kind is Kind.FLAT else 300.0),
    )


@pytest.fixture
def masters(tmp_path) -> list[MasterFile]:
    flat = 20_000 * (1 + 0.5 * np.linspace(-1, 1, SHAPE[1])[None, :] * np.ones((SHAPE[0], 1)))
    return [
        master(tmp_path, Kind.DARK, np.full(SHAPE, 1000.0)),
        master(tmp_path, Kind.FLAT, flat, **FREE),
    ]


def light(folder: Path, pixels: np.ndarray | None = None, name: str = "light.fits", **cards: Value) -> Light:
    path = folder / name
    if pixels is None:
        pixels = np.random.default_rng(1).integers(1200, 1400, SHAPE)
    write_image(path, pixels.astype(np.uint16), as_cards({"OBJECT": "M 31", "EXPTIME": 300.0, **cards}))
    return as_light(path)


def as_light(path: Path, **told) -> Light:
    return Light(
        path=str(path),
        target=str(path.with_name(path.stem.partition(".")[0] + "_calibrated.fits")),
        frame=Frame(path=path.name, exposure_s=300.0, **told),
        sha256="ab" * 32,
        basis="0123456789abcdef",
    )


def calibrated(one: Light, ready: Ready) -> Path:
    calibrate_light(one, ready)
    return Path(one.target)


def test_every_card_of_the_light_is_kept_byte_for_byte(tmp_path, masters):
    one = light(tmp_path, ROWORDER="TOP-DOWN", GAIN=100, CRVAL1=10.684708)
    path = Path(one.path)
    extra = [
        b"BAYERPAT= 'RGGB'  /odd spacing",
        b"COMMENT  twice",
        b"COMMENT  twice",
        b"HISTORY what the camera said",
        "OBSERVER= 'J\u00f6rg'".encode(),
        b"NOTE    = 'long &'",
        b"CONTINUE  'goes on'",
        b"GAIN    =                  101 / a second one",
        b"BLANK   =                    0",
        b"CHECKSUM= 'abc'",
    ]
    data = path.read_bytes()
    end = data.index(b"END" + b" " * 77)
    header = data[:end] + b"".join(line.ljust(80) for line in extra) + b"END".ljust(80)
    path.write_bytes(header.ljust(-(-len(header) // 2880) * 2880) + data[2880:])
    made = calibrated(one, open_correction(masters, POLICY)).read_bytes()
    kept = b"".join(kept_lines(path, ()))
    assert kept in made
    assert all((line.ljust(80) in kept) is (line[:5] not in {b"BLANK", b"CHECK"}) for line in extra)
    assert made.count(b"BITPIX  =") == made.count(b"NAXIS1  =") == 1 and b"BZERO" not in made


def test_what_was_done_stands_in_the_header_and_astropy_agrees(tmp_path, masters):
    from astropy.io import fits

    one = light(tmp_path, PEDESTAL=-100)
    policy = Calibrate(quality_check=False, pedestal=50.0, cosmetic=True)
    made = calibrated(one, open_correction(masters, policy))
    with warnings.catch_warnings(), fits.open(made) as parts:
        warnings.simplefilter("error")
        parts.verify("exception")
        cards = parts[0].header
        assert cards["CALSTEPS"] == "DARK + FLAT + PEDESTAL"
        assert (cards["CALIBRAT"], cards["PEDESTAL"], cards["ADUSCALE"]) == (True, 50, 65535.0)
        assert cards["DARKMAST"] == "dark.fits" and masters[0].sha256.startswith(cards["DARKHASH"])
        assert "BIASMAST" not in cards and cards["DARKSCAL"] == 1.0
        assert cards["CALBASIS"] == one.basis == basis_in(read_header(made).cards)
        assert any("the light said PEDESTAL = -100" in text for text in cards["HISTORY"])
        assert f"sha256:{masters[0].sha256}" in list(cards["HISTORY"])


def test_same_light_and_masters_give_the_same_bytes_whenever_it_is_done(tmp_path, masters):
    one = light(tmp_path, **{"DATE-OBS": "2026-01-14T22:00:00.5"})
    first = calibrated(one, open_correction(masters, POLICY)).read_bytes()
    assert calibrated(one, open_correction(masters, POLICY)).read_bytes() == first
    assert read_header(Path(one.target)).cards["CALDATE"] == "2026-01-14T22:00:00.5"


def test_whole_numbers_are_the_cameras(tmp_path, masters):
    one = light(tmp_path, np.full(SHAPE, 1300))
    policy = Calibrate(quality_check=False, output="uint16")
    made = calibrated(one, open_correction(masters[:1], policy))
    assert open_image(made).dtype == np.uint16
    assert np.array_equal(open_image(made).pixels(), np.full(SHAPE, 300))
    assert "ADUSCALE" not in read_header(made).cards


def test_a_bias_beside_a_dark_is_used_for_a_flat_that_still_holds_its_own_and_said(tmp_path):
    dark, bias = (master(tmp_path, kind, np.full(SHAPE, 1000.0)) for kind in (Kind.DARK, Kind.BIAS))
    shape = 1 + 0.5 * np.linspace(-1, 1, SHAPE[1])[None, :] * np.ones((SHAPE[0], 1))
    raw_flat = master(tmp_path, Kind.FLAT, 1000 + 2000 * shape)
    one = light(tmp_path, 1000 + 400 * shape)
    made = calibrated(one, open_correction([dark, bias, raw_flat], POLICY))
    assert np.ptp(open_image(made).pixels() * 65535) < 2.1
    assert read_header(made).cards["BIASMAST"] == "bias.fits"
    assert open_correction([dark, raw_flat], POLICY).remarks == (
        "flat.fits does not say what was taken off it",
    )


def test_a_scaled_dark_is_said_with_its_factor(tmp_path):
    dark = master(tmp_path, Kind.DARK, np.full(SHAPE, 1100.0))
    bias = master(tmp_path, Kind.BIAS, np.full(SHAPE, 1000.0))
    asked = as_light(Path(light(tmp_path, np.full(SHAPE, 1250)).path))
    ready = open_correction([bias, dark], POLICY, dark_scale=2.0)
    calibrate_light(Light(**{**_fields(asked), "frame": Frame(path="", exposure_s=600.0)}), ready)
    cards = read_header(Path(asked.target)).cards
    assert (cards["CALSTEPS"], cards["DARKSCAL"], cards["BIASMAST"]) == (
        "BIAS + DARK SCALED",
        2.0,
        "bias.fits",
    )
    assert open_image(Path(asked.target)).pixels().mean() * 65535 == pytest.approx(50, abs=0.01)


def _fields(one: Light) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}


def test_three_planes_are_calibrated_each_with_its_own(tmp_path):
    levels = np.array([1000.0, 1100, 1200])[:, None, None] * np.ones((3, *SHAPE))
    dark = master(tmp_path, Kind.DARK, levels)
    made = calibrated(light(tmp_path, levels + 77), open_correction([dark], POLICY))
    assert open_image(made).shape == (3, *SHAPE)
    assert np.abs(open_image(made).pixels() * 65535 - 77).max() < 0.02


def test_a_packed_light_keeps_its_cards(tmp_path, masters):
    plain = Path(light(tmp_path).path)
    packed = tmp_path / "packed.fits.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    made = calibrated(as_light(packed), open_correction(masters, POLICY))
    ready = open_correction(masters, POLICY)
    assert made.read_bytes() == calibrated(as_light(plain), ready).read_bytes()


def test_defects_of_the_dark_are_filled_where_the_rig_asks_for_it(tmp_path):
    chance = np.random.default_rng(5)
    pixels = chance.normal(1000, 1, SHAPE)
    pixels[7, 9] = 40_000
    dark = master(tmp_path, Kind.DARK, pixels)
    sky = np.full(SHAPE, 1300)
    sky[7, 9] = 65_535
    made = calibrated(
        light(tmp_path, sky), open_correction([dark], Calibrate(quality_check=False, cosmetic=True))
    )
    assert open_image(made).pixels()[7, 9] * 65535 == pytest.approx(300, abs=3)
    cards = read_header(made).cards
    assert (cards["CALSTEPS"], cards["CALFILL"]) == ("DARK + DEFECTS", 1)


def test_a_light_that_fails_its_check_is_withheld(tmp_path, masters):
    dark = master(tmp_path, Kind.DARK, np.full(SHAPE, 3000.0))
    one = light(tmp_path)
    result = calibrate_light(one, open_correction([dark, masters[1]], Calibrate()))
    assert result.size == 0 and result.score < 50 and "fell below 0" in result.reasons[-1]
    assert not Path(one.target).exists() and parts(tmp_path) == []


def parts(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


def test_a_master_that_is_not_what_was_chosen_is_refused(tmp_path, masters):
    masters[0].path.write_bytes(masters[0].path.read_bytes()[:-1] + b"\1")
    with pytest.raises(FrameError, match="not the master that was chosen"):
        open_correction(masters, POLICY)


def test_masters_of_two_sizes_are_refused(tmp_path, masters):
    other = master(tmp_path, Kind.BIAS, np.full((10, 10), 1000.0))
    with pytest.raises(FrameError, match="not of one size"):
        open_correction([*masters, other], POLICY)


@pytest.mark.parametrize(
    ("pixels", "cards", "why"),
    [
        (np.full((30, 30), 1300), {}, "has 30 × 30 pixels"),
        (None, {"CALIBRAT": True}, "calibrated already"),
        (None, {"CALSTAT": "BDF"}, "calibrated already"),
    ],
)
def test_a_light_that_does_not_allow_it_is_named(tmp_path, masters, pixels, cards, why):
    with pytest.raises(FrameError, match=why):
        calibrate_light(light(tmp_path, pixels, **cards), open_correction(masters, POLICY))
    assert parts(tmp_path) == []


def test_a_light_that_was_cut_off_is_named(tmp_path, masters):
    one = light(tmp_path)
    Path(one.path).write_bytes(Path(one.path).read_bytes()[:-3000])
    with pytest.raises(CutOff):
        calibrate_light(one, open_correction(masters, POLICY))


def test_only_what_is_ours_is_written_over(tmp_path, masters):
    one, ready = light(tmp_path), open_correction(masters, POLICY)
    Path(one.target).write_bytes(Path(one.path).read_bytes())
    with pytest.raises(UserError, match="not ours by its header"):
        calibrate_light(one, ready)
    Path(one.target).unlink()
    calibrate_light(one, ready)
    again = open_correction(masters[:1], POLICY)
    calibrate_light(one, again)
    assert read_header(Path(one.target)).cards["CALSTEPS"] == "DARK"


def test_a_run_that_ends_leaves_nothing_half(tmp_path, masters):
    stop = Event()
    stop.set()
    one = light(tmp_path)
    with pytest.raises(PassingError, match="the run is ending"):
        calibrate_light(one, open_correction(masters, POLICY), stop)
    assert parts(tmp_path) == [] and not Path(one.target).exists()


def test_ending_the_workers_stops_the_lights_behind(tmp_path, masters):
    lights = [light(tmp_path, name=f"light{number}.fits") for number in range(6)]
    found = calibrate_all(lights, open_correction(masters, POLICY), 1)
    next(found)
    end_workers()
    with pytest.raises(PassingError):
        list(found)
    assert parts(tmp_path) == []
    assert 1 <= sum(Path(one.target).exists() for one in lights) < 6


def test_a_set_that_waits_for_another_does_not_begin_when_the_run_ends():
    order: list[str] = []

    def wait() -> None:
        with pytest.raises(PassingError, match="set: the run is ending"), one_set_at_a_time("set"):
            order.append("begun")

    with one_set_at_a_time("another"):
        waiting = Thread(target=wait)
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
        end_workers()
    waiting.join(10)
    assert order == [] and not waiting.is_alive()


def test_one_unusable_light_stops_no_other(tmp_path, masters):
    lights = [light(tmp_path, name=f"light{number}.fits") for number in range(3)]
    Path(lights[1].path).write_bytes(b"no picture")
    found = {one.path: came for one, came in calibrate_all(lights, open_correction(masters, POLICY), 2)}
    assert isinstance(found[lights[1].path], FrameError)
    assert all(isinstance(found[one.path], Result) for one in (lights[0], lights[2]))


def test_an_xisf_light_becomes_fits_with_its_keywords(tmp_path, masters):
    from tests.world.xisf_writer import write_xisf

    path = tmp_path / "light.xisf"
    keyword = """<FITSKeyword name="OBJECT" value="'M 31'" comment=""/>"""
    write_xisf(path, np.full(SHAPE, 1300, np.uint16), inside=keyword)
    made = calibrated(as_light(path), open_correction(masters[:1], POLICY))
    assert np.abs(open_image(made).pixels() * 65535 - 300).max() < 0.02
    assert read_header(made).cards["OBJECT"] == "M 31"


@pytest.mark.parametrize("output", ["float32", "uint16"])
@pytest.mark.parametrize("planes", [1, 3])
def test_a_copy_whose_pixels_a_person_changed_is_theirs_though_it_keeps_our_header(tmp_path, output, planes):
    shape = SHAPE if planes == 1 else (planes, *SHAPE)
    dark = master(tmp_path, Kind.DARK, np.full(shape, 1000.0))
    ready = open_correction([dark], Calibrate(quality_check=False, output=output))
    one = light(tmp_path, np.random.default_rng(1).integers(1200, 1400, shape))
    result, target = calibrate_light(one, ready), Path(one.target)
    assert is_ours(target) and is_ours(target, one.sha256) and not is_ours(target, "f" * 64)
    edited = bytearray(target.read_bytes())
    edited[-BLOCK - 7] ^= 1
    target.write_bytes(edited)
    assert not is_ours(target)
    with pytest.raises(UserError, match="not ours by its header"):
        calibrate_light(one, ready)
    assert target.read_bytes() == edited
    seen = target.stat()
    calibrate_light(replace(one, there=(seen.st_size, seen.st_mtime_ns)), ready)
    assert is_ours(target) and target.stat().st_size == result.size
