"""What `doit plan` foresees of masters: taken in, integrated, laid beside lights, by their names."""

from __future__ import annotations

import pytest

from tests.eyes import LIMITS
from tests.served_library import DATE, FLAT, make_served
from tests.stages.night_library import configure

FEW = "[masters.dark]\nmin_frames = 3\n"


@pytest.fixture
def eyes(tmp_path):
    """A night of M31, offered; a flat of that night; three darks that wait for eyes."""
    served = make_served(tmp_path)
    served.limit(LIMITS + FEW)
    served.shoot(2.0, 2.1)
    served.flat = served.master(FLAT, night="2026-01-14")
    served.raw_darks(3)
    served.doit("--now")
    return served


def planned(eyes, *words: str) -> list[str]:
    answer = eyes.ask("plan", *words)
    return [line for line in answer.sentences if line.startswith("  ")] + list(answer.closing)


def test_masters_are_named_with_the_set_they_would_be_laid_beside(eyes):
    assert not any("distribute" in line or "integrate" in line for line in planned(eyes))
    eyes.ask("blink", eyes.only("M31").id)
    (line,) = (line for line in planned(eyes) if line.startswith("  distribute"))
    assert f"M31 L 300 s: flat {eyes.flat.name}" in line and DATE in line
    assert "1 set to lay masters beside" in planned(eyes)[-1]
    eyes.doit("--now")
    assert not any("distribute" in line for line in planned(eyes))


def test_frames_that_pass_in_this_very_run_are_told_as_the_master_they_make(eyes):
    eyes.ask("blink", str(next(eyes.root.glob("_Calibration/*/10_Blink/DARK/*"))))
    (line,) = (line for line in planned(eyes) if line.startswith("  integrate"))
    assert "dark 300 s" in line and "3 frames" in line and "_Dark Library/" in line
    assert "1 master to integrate" in planned(eyes)[-1]
    eyes.doit("--now")
    assert list(eyes.root.glob("_Dark Library/*/masterDark*.fits"))
    assert not any("integrate" in line for line in planned(eyes))


def test_masters_made_elsewhere_are_named_before_they_are_taken(eyes, tmp_path):
    wbpp = tmp_path / "WBPP"
    made = eyes.master()
    wbpp.mkdir()
    made.rename(wbpp / "masterDark_BIN-1_300s.fits")
    configure(eyes.root, f"[masters]\nwbpp_output = '{wbpp}'\n")
    (line,) = (line for line in planned(eyes) if line.startswith("  gather"))
    assert "masterDark_BIN-1_300s.fits" in line
    assert "1 master to take in" in planned(eyes)[-1]
