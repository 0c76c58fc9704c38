"""`doit master` as a person types it: the list, one master, and the words that may be said of it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pipeline.model.errors import UserError
from pipeline.model.frames import Frame, Kind
from pipeline.model.masters import Master
from pipeline.rules.master_list import Use, too_old, uses
from tests.copies import another
from tests.libraries import doit, executed, nights_work
from tests.masters_library import FEW, LIMITS, NO_EYES, make_stacked


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two campaigns of bias, the second unlike the first: its master is held."""
    night = make_stacked(tmp_path_factory.mktemp("made") / "library", FEW + NO_EYES)
    night.limit(LIMITS + FEW + NO_EYES)
    night.expose("BIAS")
    night.doit()
    night.expose("BIAS", day=40, level=900.0)
    night.doit()
    return night


@pytest.fixture
def library(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


def said(library, *words: str) -> str:
    """What `doit master` answers."""
    answer = library.ask("master", *words)
    return "\n".join((*answer.sentences, *answer.closing))


def held_one(library) -> str:
    return next(one.path for one in library.shelf() if one.path.split("/")[-2] == "held")


def test_masters_are_listed_and_held_ones_say_what_to_type(library):
    done = doit(library.root, "master")
    assert done.returncode == 1 and "held: its level is" in done.stdout and "--ok` or --reject" in done.stdout
    rows = json.loads(doit(library.root, "master", "--json").stdout)
    assert [(row["frames"], bool(row["held"]), row["sets"]) for row in rows] == [(4, True, 0), (4, False, 0)]
    one = said(library, rows[1]["master"])
    assert "by Nightbuild" in one and "no accepted set has it" in one
    assert "How          mean, winsorised" in one and "values left out: " in one and "as too low" in one
    assert ".fits" in one.partition("How  ")[2]  # the frames it was made of, by name


def test_ok_lets_a_held_master_have_its_name_and_can_be_taken_back_before(library):
    held = held_one(library)
    assert "comes to its place" in said(library, held, "--ok")
    assert "1 master to integrate" in "\n".join(library.ask("plan").closing)
    assert "taken back" in said(library, held, "--undo")
    assert "nothing was said" in said(library, held, "--undo")
    said(library, held, "--ok")
    assert "is in its place" in library.doit()
    assert library.ask("master").code() == 0
    assert any(row["superseded"] for row in library.ask("master", "--all").rows)


def test_rejected_master_stays_where_it_is_and_is_never_used(library):
    held = held_one(library)
    said(library, held, "--reject", "--why", "cap off")
    assert nights_work(executed(library.doit())) == []
    library.require_idle()
    assert next(one for one in library.shelf() if one.path == held).trouble == "you rejected it: cap off"
    assert not any("Waits" in line for line in library.ask("status").sentences)


def test_what_cannot_be_meant_is_said(library):
    with pytest.raises(UserError, match="Of which master"):
        library.ask("master", "--ok")
    with pytest.raises(UserError, match="no master of this library"):
        library.ask("master", "nothing.fits")


def test_young_masters_are_good_and_old_ones_say_so():
    master = Master(
        path="m", frame=Frame(path="m", kind=Kind.MASTER_DARK, camera="Cam", night=date(2025, 1, 14))
    )
    assert too_old(master, (), date(2025, 6, 1)) == ""
    assert too_old(master, (), date(2026, 3, 2)) == "412 days old, its rigs allow 365"


def test_uses_are_counted_by_bytes():
    record = {"when": "2026-01-15T08:00:00Z", "masters": {"DARK": {"path": "m", "sha256": "a"}}}
    later = {**record, "when": "2026-02-15T08:00:00Z"}
    assert uses([record, later, {"masters": None}, {"masters": {"DARK": 7}}]) == {
        ("m", "a"): Use(sets=2, last="2026-02-15")
    }
