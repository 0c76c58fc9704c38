"""What `doit status` says of calibrated lights: what lies there, whatever the caches remember."""

from __future__ import annotations

import shutil

import pytest

from tests.copies import another
from tests.eyes import LIMITS
from tests.served_library import FLAT, make_served
from tests.stages.test_calibrated import PLAIN, accepted, copies, plain


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A night of M31, calibrated with a dark and a flat."""
    served = make_served(tmp_path_factory.mktemp("made"))
    served.limit(LIMITS + PLAIN)
    served.shoot(2.0, 2.1, 2.2)
    plain(served.master(), 900 / 65535)
    served.flat = plain(served.master(FLAT, night="2026-01-14", FDARKMST="fd.fits"), 0.4)
    served.doit()
    accepted(served)
    assert len(copies(served)) == 3
    return served


@pytest.fixture
def eyes(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def told(eyes) -> list[str]:
    return [line for line in eyes.ask("status", "--all").sentences if "alibrated" in line]


def progress(eyes):
    (one,) = eyes.ask("status").data["calibrated"]
    return one["progress"]


def test_without_its_caches_it_counts_what_lies_there(eyes):
    shutil.rmtree(eyes.root / ".nightbuild")
    assert "3 of 3 accepted lights calibrated (100 %)" in told(eyes)[0]
    eyes.doit()
    assert "3 of 3 accepted lights calibrated (100 %)" in told(eyes)[0]


def test_a_calibrated_light_that_was_deleted_is_missed(eyes):
    copies(eyes)[0].unlink()
    assert "2 of 3 accepted lights calibrated (66 %)" in told(eyes)[0]
    status = "\n".join(eyes.ask("status", "--all").sentences)
    assert "1 accepted light has no calibrated copy" in status
    assert f'doit calibrate "{eyes.only("M31").id}" --yes' in status
    assert (progress(eyes)["calibrated"], progress(eyes)["missing"]) == (2, 1)
    eyes.doit("--now")  # its night is not sealed yet
    assert "3 of 3 accepted lights calibrated (100 %)" in told(eyes)[0]


def test_a_folder_a_person_renamed_takes_its_copies_along(eyes):
    home = eyes.root / eyes.rig / "20_Data"
    (home / "M31").rename(home / "M31 Andromeda")
    eyes.doit()
    assert "3 of 3 accepted lights calibrated (100 %)" in told(eyes)[0]


def test_lights_whose_master_is_taken_from_them_again_are_not_called_done(tmp_path):
    served = make_served(tmp_path)
    served.limit(LIMITS + PLAIN)
    served.shoot(2.0, 2.1, 2.2)
    plain(served.master(), 900 / 65535)
    flat = plain(served.master(FLAT, night="2026-01-10", FDARKMST="fd.fits"), 0.4)
    served.doit()
    accepted(served)
    one = served.only("M31").id
    assert "waits for a required master" in "\n".join(served.ask("status", "--all").sentences)
    served.ask("pin", one, flat.name)
    served.doit()
    assert "3 of 3 accepted lights calibrated (100 %)" in told(served)[0]
    served.ask("pin", one, "--undo")
    served.doit()
    first, second = told(served)[:2]
    assert "0 of 3 accepted lights calibrated (0 %), 3 by masters they no longer have" in first
    assert "3 calibrated lights. It waits for a required one: flats with L" in second
    assert len(copies(served)) == 3
