"""What follows from a word on a master, and what does not: said where the word is spoken."""

from __future__ import annotations

from tests.masters_library import FEW, LIMITS, NO_EYES, make_stacked
from tests.served_library import FLAT, make_served


def said(library, *words: str) -> str:
    """What `doit master` answers."""
    answer = library.ask("master", *words)
    return "\n".join((*answer.sentences, *answer.closing))


def test_rejecting_a_master_in_use_names_the_sets_that_keep_it_and_what_to_type(tmp_path):
    eyes = make_served(tmp_path)
    eyes.shoot(2.0, 2.1, 2.2)
    dark = eyes.master()
    eyes.master(FLAT, night="2026-01-14")
    eyes.doit()
    eyes.accept()
    eyes.doit()
    name = eyes.only().id
    told = said(eyes, dark.name, "--reject")
    assert "What was accepted with it keeps it:" in told and name in told
    assert f"`doit rematch {name}`" in told.replace("'", "").replace('"', "")
    assert eyes.ask("master", dark.name, "--reject").data["kept_by"] == [name]
    assert "no other dark fits, so it keeps what it has" in str(eyes.ask("rematch", name).sentences)
    other = eyes.master(
        night="2025-12-01", path=f"{dark.parent.relative_to(tmp_path).as_posix()}/masterDark_other.fits"
    )
    eyes.ask("rematch", name)
    eyes.doit()
    assert [path.rpartition("/")[2] for path in eyes.masters() if "Flat" not in path] == [other.name]
    assert "What was accepted" not in said(eyes, dark.name, "--reject")


def test_taking_back_an_ok_says_whether_a_run_has_acted_on_it(tmp_path):
    night = make_stacked(tmp_path / "library", FEW + NO_EYES)
    night.limit(LIMITS + FEW + NO_EYES)
    night.expose("BIAS")
    night.doit()
    night.expose("BIAS", day=40, level=900.0)
    night.doit()
    held = next(one.path for one in night.shelf() if one.held)
    said(night, held, "--ok")
    assert "It is held again" in said(night, held, "--undo")
    said(night, held, "--ok")
    night.doit()
    (placed,) = (one.path for one in night.shelf() if not one.superseded)
    told = said(night, placed, "--undo")
    assert "a `doit` has acted on it: the master is in its place" in told and "--reject" in told
    assert ". masters:" not in night.doit()
    said(night, placed, "--reject")
    said(night, placed, "--ok")
    assert "It is rejected again" in said(night, placed, "--undo")
    assert "the master is in its place" in said(night, placed, "--undo")
