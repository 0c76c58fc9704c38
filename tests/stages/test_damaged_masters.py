"""A master beside accepted lights after its library lost it: one stays for each need, and nothing of a person's goes."""

from __future__ import annotations

import pytest

from tests.copies import another
from tests.eyes import NO_PAGES
from tests.served_library import FLAT, make_served
from tests.stages.night_library import RIG
from tests.stages.test_distributed import DARK_NAME, FLAT_NAME, M31

SECOND = DARK_NAME.replace("masterDark", "masterDark~2")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A night of M31, accepted with a dark and a flat; since then a second dark has come."""
    served = make_served(tmp_path_factory.mktemp("made"))
    served.shoot(2.0, 2.1, 2.2)
    served.dark = served.master()
    served.master(FLAT, night="2026-01-14")
    served.doit()
    served.accept()
    served.doit()
    home = served.dark.parent.relative_to(served.root).as_posix()
    served.second = served.master(night="2025-12-01", path=f"{home}/{SECOND}")
    served.laid = served.root / RIG / "20_Data" / M31 / DARK_NAME
    return served


@pytest.fixture
def eyes(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def rematch(eyes):
    eyes.ask("rematch", eyes.only().id)
    return eyes.doit()


def test_rematched_set_has_one_dark_when_its_own_was_damaged_with_every_link_of_it(eyes):
    eyes.dark.chmod(0o644)
    eyes.dark.write_bytes(eyes.dark.read_bytes()[:3000])
    assert eyes.laid.samefile(eyes.dark)
    rematch(eyes)
    assert eyes.masters() == [f"{M31}/{SECOND}", f"{M31}/{FLAT_NAME}"]
    assert eyes.dark.exists()
    eyes.require_rest()


def test_last_whole_copy_of_a_damaged_master_goes_back_to_its_library_before_its_place_goes(eyes):
    whole = eyes.dark.read_bytes()
    eyes.dark.unlink()
    eyes.dark.write_bytes(whole[:3000])
    rematch(eyes)
    assert eyes.masters() == [f"{M31}/{SECOND}", f"{M31}/{FLAT_NAME}"]
    (kept,) = (eyes.dark.parent / "superseded").iterdir()
    assert kept.read_bytes() == whole
    assert eyes.dark.read_bytes() == whole[:3000]
    eyes.require_rest()


def test_damaged_links_give_way_to_the_master_that_was_made_again(eyes):
    whole = eyes.dark.read_bytes()
    eyes.dark.chmod(0o644)
    eyes.dark.write_bytes(whole[:3000])
    aside = eyes.dark.parent / "superseded" / f"{eyes.dark.stem}_DATE_2026-01-10.fits"
    aside.parent.mkdir()
    eyes.dark.rename(aside)  # what the masters stage does
    eyes.dark.write_bytes(whole)
    eyes.shoot(2.0, target="M33")
    eyes.doit()
    assert eyes.laid.read_bytes() == whole
    assert "taken by you" not in eyes.told()
    assert eyes.masters() == [f"{M31}/{DARK_NAME}", f"{M31}/{FLAT_NAME}"]
    eyes.require_rest()


def test_edited_copy_stays_beside_the_new_master_and_status_says_so(eyes):
    eyes.laid.unlink()
    eyes.laid.write_bytes(b"my own dark")
    eyes.dark.unlink()
    rematch(eyes)
    assert eyes.laid.read_bytes() == b"my own dark"
    assert eyes.masters() == sorted(f"{M31}/{name}" for name in (DARK_NAME, FLAT_NAME, SECOND))
    said = eyes.doit("status")
    assert f"{DARK_NAME}: was changed since it was laid there, so it stays beside {SECOND}" in said
    eyes.require_idle()


def test_file_that_keeps_a_master_out_is_said_in_status_until_it_is_gone(eyes):
    eyes.second.unlink()
    eyes.dark.rename(eyes.dark.with_name("old.fits"))
    new = eyes.master(night="2026-01-14")
    eyes.laid.unlink()
    eyes.laid.write_bytes(b"my own dark")
    rematch(eyes)
    said = eyes.doit("status")
    assert f"{DARK_NAME}: is another file, so" in said
    eyes.laid.unlink()
    eyes.shoot(2.0, target="M33")
    eyes.doit()
    assert eyes.laid.read_bytes() == new.read_bytes()
    assert "is another file" not in eyes.doit("status")


def test_file_of_another_kind_under_a_masters_name_is_named_and_never_chosen(tmp_path):
    served = make_served(tmp_path)
    served.shoot(2.0, 2.1, 2.2)
    wrong = served.master(IMAGETYP="Master Flat")
    right = served.master(
        night="2025-12-01", path=f"{wrong.parent.relative_to(tmp_path).as_posix()}/{SECOND}"
    )
    served.doit()
    served.accept()
    served.doit()
    assert served.masters() == [f"{M31}/{SECOND}"]
    said = f"{DARK_NAME}: its header says it is a master flat, its name a master dark: it is not used"
    assert said in served.doit("status")
    assert "good" not in str(served.ask("master", wrong.name).sentences)
    assert right.is_file() and wrong.is_file()
    served.require_rest()


def test_rematch_for_another_flat_keeps_the_dark_where_no_other_fits(eyes):
    eyes.dark.unlink()
    eyes.second.unlink()
    flat = eyes.master(FLAT, night="2026-01-14")  # in place of the one there was
    said = "\n".join(eyes.ask("rematch", eyes.only().id).sentences)
    assert "dark       no other fits, so it keeps what it has" in said
    eyes.doit()
    assert eyes.matched()[0]["masters"].keys() == {"DARK", "FLAT"}
    assert (eyes.laid.parent / FLAT_NAME).read_bytes() == flat.read_bytes()
    assert eyes.laid.is_file()
    eyes.require_rest()


def test_verify_finds_a_master_beside_lights_that_is_not_what_was_laid_there(eyes):
    assert eyes.ask("verify").code() == 0
    eyes.dark.chmod(0o644)
    eyes.dark.write_bytes(eyes.dark.read_bytes()[:3000])
    flat = eyes.laid.parent / FLAT_NAME
    flat.unlink()
    flat.write_bytes(b"mine")
    answer = eyes.ask("verify")
    said = {row["path"].rpartition("/")[2]: row["what"] for row in answer.data["edited"]}
    assert answer.code() == 1 and said.keys() == {DARK_NAME, FLAT_NAME}
    assert "both are one file" in said[DARK_NAME] and "any more that was laid there" in said[FLAT_NAME]
    assert not eyes.ask("verify", "--target", "M33").data["edited"]
    assert not eyes.ask("verify", "--night", "2026-01-15").data["edited"]


def test_copies_of_masters_wait_for_room(tmp_path):
    served = make_served(tmp_path)
    served.shoot(2.0, 2.1)
    served.doit()
    served.accept()
    served.doit()
    served.settings(f'views = "copy"\n{NO_PAGES}\n[keep_free]\npercent = 100\ngb = 1000000')
    served.master()
    said = served.doit(code=1)
    assert "a copy of" in said and "Make room" in said
    assert served.masters() == []
    served.settings(f'views = "copy"\n{NO_PAGES}')
    served.doit()
    assert served.masters() == [f"{M31}/{DARK_NAME}"]
