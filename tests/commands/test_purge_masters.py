"""Masters nothing needs go, each with its reason; never one a set points to, and never one `doit` would make again."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from pipeline.model.answers import CANNOT, OK
from pipeline.model.errors import UserError
from pipeline.world import ledger
from tests.eyes import Eyes
from tests.killed import killed_at
from tests.looking import answered
from tests.masters_library import FEW, LIMITS, NO_EYES, Stacked, make_stacked
from tests.stages.night_library import RIG
from tests.stages.test_gathered import gather, in_libraries, library_with, master


@pytest.fixture(scope="module")
def purged(tmp_path_factory):
    """Darks of two campaigns and bias became masters, and their raw frames went."""
    night = make_stacked(tmp_path_factory.mktemp("purged") / "library")
    night.limit(LIMITS + FEW + NO_EYES)
    night.expose("DARK")
    night.expose("DARK", day=40)
    night.expose("BIAS")
    night.doit()
    night.ask("retire")
    night.ask("purge", "--raw-calibration", "--yes")
    night.doit()
    return night.root


@pytest.fixture
def night(tmp_path, purged) -> Stacked:
    return Stacked(shutil.copytree(purged, tmp_path / "library"), shot=100)


def bytes_of_masters(night: Stacked) -> dict[str, bytes]:
    return {one.path: (night.root / one.path).read_bytes() for one in night.shelf()}


def light(night: Stacked, day: int = 0) -> None:
    """A light of this evening, as large as the masters."""
    for _ in range(2):
        night.expose("DARK", 1, day=day, IMAGETYP="LIGHT", OBJECT="M31", FILTER="L", level=900.0)
    for path in (night.root / "_Inbox").glob("DARK_*.fits"):
        path.rename(path.with_name(path.name.replace("DARK", "L")))


def test_unused_and_superseded_ones_go_and_come_back(night):
    before = bytes_of_masters(night)
    shown = night.ask("purge", "--masters")
    assert shown.code() == OK and sorted(shown.data["masters"]) == sorted(before)
    whys = shown.data["why"]
    assert {whys[path] for path in whys if "superseded" in path} == {"superseded, and no set uses it"}
    assert all("nothing could make it again" in line for line in shown.sentences)
    assert bytes_of_masters(night) == before
    answer = night.ask("purge", "--masters", "--yes")
    assert answer.code() == OK and sorted(answer.data["masters"]) == sorted(before)
    assert bytes_of_masters(night) == {} and night.ask("verify").code() == OK
    night.doit()
    night.require_rest()
    assert bytes_of_masters(night) == {}
    night.ask("trash", "--restore", *before)
    assert bytes_of_masters(night) == before and night.ask("verify").code() == OK
    assert all(ledger.read(night.root).stored[path].stays == "master" for path in before)
    night.doit()
    night.require_rest()
    assert night.ask("purge", "--masters").data["masters"] == shown.data["masters"]


def test_one_an_open_set_would_take_stays_and_so_does_one_it_was_accepted_with(night):
    light(night)
    night.doit()
    (one,) = [now.frames for now in night.sets()]
    answer = night.ask("purge", "--masters")
    (dark,) = [path for path in answer.data["kept"] if "Dark" in path]
    assert dark.endswith("DATE_2026-01-14.fits"), "the nearest, though superseded"
    assert answer.data["kept"][dark] == f"{one.id} would be calibrated with it"
    home = next((night.root).glob("*/10_Blink/M31"))
    for folder in sorted({path.parent for path in home.rglob("*.fits")}):
        night.mark(folder)
    night.doit()
    matched = night.ledger.matched
    assert matched, "accepted"
    kept = night.ask("purge", "--masters", "--yes").data["kept"]
    assert dark in kept and ("accepted with it" in kept[dark] or "lies at" in kept[dark])
    assert (night.root / dark).exists()
    night.doit()
    night.require_rest()


def test_one_whose_raws_are_there_would_be_made_again_and_is_not_offered(night):
    night.expose("FLATDARK")
    night.doit()
    (flat_dark,) = [one.path for one in night.shelf() if "FlatDark" in one.path]
    answer = night.ask("purge", "--masters")
    assert "the next `doit` would make it again" in answer.data["kept"][flat_dark]
    assert flat_dark not in answer.data["masters"]


def test_an_older_making_of_frames_that_have_grown_goes(night):
    night.expose("FLATDARK")
    night.doit()
    night.expose("FLATDARK", day=2)
    night.doit()
    (aside,) = [one.path for one in night.shelf() if "FlatDark" in one.path and one.superseded]
    answer = night.ask("purge", "--masters", "--yes")
    assert aside in answer.data["masters"]
    night.doit()
    assert [one.superseded for one in night.shelf()] == [False]
    night.require_rest()
    assert night.ask("verify").code() == OK


def test_one_made_by_hand_is_not_taken_in_again_from_where_it_came(tmp_path):
    library, wbpp = library_with(tmp_path)
    master(wbpp, "masterDark.fits", IMAGETYP="Master Dark", EXPTIME=60.0)
    gather(library)
    (path,) = in_libraries(library)
    answer = answered(library, "purge", "--masters", "--yes")
    assert answer.data["masters"] == [path] and in_libraries(library) == []
    Eyes(library).doit()
    Eyes(library).require_rest()
    assert in_libraries(library) == []
    assert answered(library, "purge", "--wbpp").code() == CANNOT, "no library has it any more"
    answered(library, "trash", "--restore", path)
    Eyes(library).require_idle()
    assert in_libraries(library) == [path]


def test_nothing_goes_while_frames_are_away_that_may_need_it(night):
    night.expose("FLATDARK")
    night.doit()
    (night.root / RIG / "00_Frames").rename(night.root / "away")
    with pytest.raises(UserError, match="not reachable"):
        night.ask("purge", "--masters", "--yes")
    assert len(bytes_of_masters(night)) == 4


def test_only_those_older_than_that(night):
    answer = night.ask("purge", "--masters", "--older-than", "36500")
    assert answer.data["masters"] == [] and len(answer.data["kept"]) == 3
    assert all("days old" in why for why in answer.data["kept"].values())


def test_held_and_pinned_ones_and_what_is_no_master_stay(night):
    held = night.root / next(one.path for one in night.shelf() if "Bias" in one.path)
    (held.parent / "held").mkdir()
    held.rename(held.parent / "held" / held.name)
    (held.parent / "notes.fits").write_bytes(b"mine")
    answer = night.ask("purge", "--masters")
    assert [path for path, why in answer.data["kept"].items() if "is held" in why] != []
    assert len(answer.data["masters"]) == 2


@pytest.mark.parametrize("harm", ["changed", "number", "torn"])
def test_what_is_in_doubt_stays(night, harm):
    path = night.root / next(one.path for one in night.shelf() if "Bias" in one.path)
    words = ["purge", "--masters", "--yes"]
    if harm == "changed":
        data = bytearray(path.read_bytes())
        data[-3000] ^= 1
        path.chmod(0o644)
        path.write_bytes(data)
    if harm == "number":
        words += ["--expect", "7"]
    if harm == "torn":
        words += ["--expect", "3"]
    answer = night.ask(*words)
    assert path.exists() is (harm != "torn")
    if harm == "number":
        assert answer.code() == CANNOT and len(bytes_of_masters(night)) == 3


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize(
    ("step", "moment"),
    [("pipeline.world.purge_masters:write_beside", "after"), ("pipeline.world.trash:_move", "after")],
)
def test_killed_in_the_middle_the_same_command_ends_it(night, step, moment):
    before = bytes_of_masters(night)
    assert killed_at(night.root, step, 2, moment, "purge", "--masters", "--yes") == -signal.SIGKILL
    night.doit()
    night.require_idle()
    night.ask("purge", "--masters", "--yes")
    assert bytes_of_masters(night) == {} and night.ask("verify").code() == OK
    night.ask("trash", "--restore", *before)
    assert bytes_of_masters(night) == before
