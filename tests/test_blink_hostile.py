"""Bad input through the whole night of measuring, culling, offering and accepting: it ends in states and sentences."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.world.fits_image import as_cards, image_bytes
from tests.eyes import Eyes, make_eyes
from tests.factories import NINA_LIGHT
from tests.libraries import executed, write
from tests.stages.night_library import RIG

_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}
NOISE = np.random.default_rng(1)
Pixels = np.ndarray[Any, Any]


def noise(height: int = 24, width: int = 32) -> Pixels:
    return NOISE.integers(900, 1100, (height, width)).astype(np.uint16)


def with_nan() -> Pixels:
    pixels = noise().astype(np.float32) / 65535
    pixels[3, 4] = np.nan
    pixels[5, 6] = np.inf
    return pixels


PIXELS: dict[str, Callable[[], Pixels]] = {
    "constant": lambda: np.full((24, 32), 1000, dtype=np.uint16),
    "black": lambda: np.zeros((24, 32), dtype=np.uint16),
    "saturated": lambda: np.full((24, 32), 65535, dtype=np.uint16),
    "one pixel": lambda: np.full((1, 1), 1000, dtype=np.uint16),
    "one row": lambda: noise(1, 64),
    "one column": lambda: noise(64, 1),
    "two by two": lambda: noise(2, 2),
    "three planes of colour": lambda: np.stack([noise(), noise(), noise()]),
    "float with NaN": with_nan,
    "all NaN": lambda: np.full((24, 32), np.nan, dtype=np.float32),
    "eight bits": lambda: (noise() // 8).astype(np.uint8),
    "negative": lambda: noise().astype(np.int32) - 5000,
    "double": lambda: noise().astype(np.float64) * 1e300,
    "tall and narrow": lambda: noise(4096, 3),
}
DEFAULT_LIMITS = "[cull.pass1]\nhfr_measured = { times = 1.35 }\neccentricity_measured = 0.75\nstars_measured = { times = 0.6 }\n"
DEFAULT_LIMITS += "background_adu = { times = 2.5 }\nclear_percent = 60\nhfr = 4.6\nauto_percent = 30\n"


def put(eyes: Eyes, name: str, pixels: Pixels, minute: int, **cards: Any) -> Path:
    clock = {"DATE-OBS": f"2026-01-14T{22 + minute // 60}:{minute % 60:02}:00.5"}
    clock["DATE-LOC"] = clock["DATE-OBS"]
    told = NINA_LIGHT | clock | {"OBJECT": "M31"} | cards
    wanted = {key: value for key, value in told.items() if key not in _LAYOUT and value is not None}
    data = (
        image_bytes(pixels, as_cards(wanted)) if pixels.dtype == np.uint16 else strange_bytes(pixels, wanted)
    )
    return write(eyes.root / "_Inbox" / name, data)


def strange_bytes(pixels: Pixels, cards: dict[str, Any]) -> bytes:
    """What other programs write; we never do."""
    from astropy.io import fits

    file = io.BytesIO()
    fits.PrimaryHDU(pixels, fits.Header(cards.items())).writeto(file)
    return file.getvalue()


@pytest.fixture
def eyes(tmp_path: Path) -> Eyes:
    return make_eyes(tmp_path / "library", pages=True)


@pytest.mark.parametrize(
    "limits", [DEFAULT_LIMITS, "[cull.pass1]\nhfr = 4.6\n"], ids=["judged by pixels", "judged by names"]
)
def test_every_shape_and_depth_of_image_is_stored_measured_and_offered(eyes, limits):
    eyes.limit(limits)
    for number, (name, make) in enumerate(PIXELS.items()):
        put(eyes, f"{name}.fits", make(), number)
        put(eyes, f"alone/{name}.fits", make(), 20 + number, OBJECT=f"alone {number}")
        put(
            eyes,
            f"flat/{name}.fits",
            make(),
            40 + number,
            IMAGETYP="FLAT",
            EXPOSURE=2.0,
            EXPTIME=2.0,
            OBJECT=None,
        )
    said = eyes.doit()
    assert "bug" not in said
    stored = len(eyes.ledger.stored)
    assert f"Balance      {3 * len(PIXELS)} received = {stored} stored" in said
    assert stored >= 3 * len(PIXELS) - 6, "all but a few that are no images"
    shown = eyes.count()
    assert shown.get("10_Blink", 0) + shown.get("_Reject", 0) == stored
    eyes.require_rest()
    eyes.doit("blink", "--rig", RIG)
    eyes.doit()
    eyes.require_rest()
    assert not {"offered", "late"} & eyes.states().keys() or eyes.states().get("held", 0)


@pytest.mark.parametrize("said", ["NaN", "nan", "inf", "-1", "1e999", "x", "", "9" * 40])
def test_a_value_in_a_name_that_is_no_number_rejects_nothing(eyes, said):
    eyes.shoot(2.0, 2.1, 2.2, 2.3)
    eyes.shoot(said, rms=said)
    eyes.doit()
    states = eyes.states()
    assert sum(states.values()) == 5
    if said not in {"1e999", "inf", "9" * 40}:
        assert states == {"offered": 5}
    eyes.require_rest()


def test_values_in_a_session_file_that_are_no_numbers_reject_nothing(eyes):
    paths = eyes.shoot(2.0, None, None, None, None)
    rows = [
        f"{path.name},{value}" for path, value in zip(paths, ("5.5", "NaN", "", "1e999", "text"), strict=True)
    ]
    header = "ExposureNumber,FilePath,ExposureStart,HFR"
    lines = [
        header,
        *(
            f"{number},C:\\\\lights\\\\{row.split(',')[0]},2026-01-14T22:0{number}:00,{row.split(',')[1]}"
            for number, row in enumerate(rows)
        ),
    ]
    write(eyes.root / "_Inbox/ImageMetaData.csv", "\r\n".join(lines).encode())
    write(eyes.root / "_Inbox/AcquisitionDetails.csv", b"TargetName\r\n\xff\xfe\x00")
    eyes.doit()
    assert sum(eyes.states().values()) == len(paths)
    assert eyes.states().get("culled", 0) <= 1
    eyes.require_rest()


def test_a_set_of_one_is_judged_and_asked_about(eyes):
    eyes.shoot(5.5)
    eyes.shoot(2.0, target="M33")
    eyes.doit()
    assert eyes.states() == {"offered": 1, "held": 1}
    eyes.doit("cull", eyes.only("M31").id, "--apply")
    eyes.doit()
    assert eyes.states() == {"offered": 1, "culled": 1}
    eyes.require_rest()
    eyes.mark(eyes.only("M33").blink)
    eyes.doit()
    assert eyes.states() == {"accepted": 1, "culled": 1}
    eyes.require_rest()


def test_a_set_of_which_nothing_is_left_can_be_marked_and_comes_to_rest(eyes):
    eyes.limit("[cull.pass1]\nhfr = 4.6\nauto_percent = 'always'\n")
    eyes.shoot(5.5, 5.6)
    eyes.doit()
    assert eyes.states() == {"culled": 2}
    folder = eyes.root / eyes.only().blink
    folder.mkdir(parents=True, exist_ok=True)
    eyes.mark(folder)
    eyes.doit()
    assert eyes.states() == {"culled": 2}
    eyes.require_rest()


@pytest.mark.parametrize(
    "target",
    [
        "../../etc",
        "CON",
        "M\n31",
        "x" * 300,
        "<script>alert(1)</script>",
        "オリオン" * 20,
        "-rf",
        "_FLAT",
        "accept",
        "_Reject",
    ],
)
def test_hostile_targets_go_all_the_way_and_stay_in_the_library(eyes, target):
    put(eyes, "a.fits", noise(), 1, OBJECT=target)
    put(eyes, "b.fits", noise(), 2, OBJECT=target)
    eyes.doit()
    assert eyes.states() == {"offered": 2}, eyes.states()
    eyes.doit("blink", "--rig", RIG)
    eyes.doit()
    assert eyes.states() == {"accepted": 2}
    assert sorted(path.name for path in eyes.root.parent.iterdir()) == ["library"]
    for path in eyes.root.rglob("*"):
        inside = path.relative_to(eyes.root).as_posix()
        if "_Inbox" not in inside and ".nightbuild" not in inside and "_Reports" not in inside:
            assert inside.isprintable()
            assert len(inside) <= 200
    eyes.require_rest()


def test_a_damaged_manifest_costs_time_and_nothing_else(eyes):
    eyes.shoot(2.0, 2.1, 2.2, 5.5, 2.3)
    eyes.doit()
    states = eyes.states()
    for damage in (b"", b"{", b"[]", b'{"rows": 3}', b"\xff" * 100):
        for path in (eyes.root / ".nightbuild/manifests").rglob("*.json"):
            path.write_bytes(damage)
        (eyes.root / ".nightbuild/watched.json").write_bytes(damage)
        eyes.doit()
        assert eyes.states() == states
    eyes.require_rest()


def test_a_frame_that_cannot_be_measured_is_offered_with_its_sentence(eyes):
    eyes.shoot(2.0, 2.1)
    put(eyes, "planes.fits", np.zeros((2, 24, 32), dtype=np.uint16), 30)
    said = eyes.doit()
    eyes.require_rest()
    assert eyes.states() == {"offered": 3} or "planes.fits" in said
    assert executed(eyes.doit()) == []
