"""Every stored frame counted once, whatever was done with it; open nights looked into, sealed ones not."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.rules.standing import standing
from pipeline.world import decisions as decided
from pipeline.world import library_states
from pipeline.world.library import open_library
from pipeline.world.library_states import LibraryStates, states_of
from pipeline.world.summaries import read_outline
from pipeline.world.tallies import read_tallies
from tests.judged_library import LIMITS, JudgedLibrary
from tests.looking import RIG, drop


@pytest.fixture
def library(tmp_path: Path) -> JudgedLibrary:
    made = JudgedLibrary(tmp_path / "library")
    made.shoot(*range(1, 7))
    made.measure(2, hfr=5.1)
    return made


def shoot_the_night_after(library: JudgedLibrary) -> None:
    times = {"DATE__LOC": "2026-01-16T00:01:33.12", "DATE__OBS": "2026-01-15T23:01:33.12"}
    drop(library.root / "_Inbox", "later.fits", minute=50, **times)


def looked(library: JudgedLibrary) -> LibraryStates:
    found = states_of(
        open_library(library.root), read_outline(library.root, None), decided.read(library.root)
    )
    assert found.frames == standing(read_tallies(library.root, None, remember=False)).frames
    return found


def states(library: JudgedLibrary) -> Mapping[str, int]:
    return looked(library).states


def test_each_frame_is_in_one_state_from_the_store_to_20_data(library: JudgedLibrary) -> None:
    assert states(library) == {}
    library.night()
    assert states(library) == {"offered": 5, "culled": 1}
    next(library.blink().glob("*00-03-33*")).unlink()
    library.settle()
    library.night()
    assert states(library) == {"offered": 4, "culled": 1, "blinked away": 1}
    library.mark()
    library.night()
    assert states(library) == {"accepted": 4, "culled": 1, "blinked away": 1}
    assert looked(library).sets == ()  # nothing waits: no night is opened


def test_a_held_set_and_late_frames_are_states_of_their_own(library: JudgedLibrary) -> None:
    library.measure(2, 3, 4, hfr=5.1)
    library.night()
    assert states(library) == {"offered": 3, "held": 3}
    library.rig_file.write_text(
        library.rig_file.read_text(encoding="utf-8").replace("4.6", "9.9"), encoding="utf-8"
    )
    library.night()
    library.mark()
    library.night()
    library.shoot(20)
    library.night()
    assert states(library) == {"late": 1, "accepted": 6}


def test_without_caches_the_ledger_says_where_frames_are(library: JudgedLibrary) -> None:
    library.night()
    shutil.rmtree(library.root / ".nightbuild")
    assert states(library) == {"offered": 5, "culled": 1}


def test_snapshots_are_aside_and_what_waits_for_no_eyes_has_passed(tmp_path: Path) -> None:
    library = JudgedLibrary(tmp_path / "library", LIMITS + "\n[blink]\nflat = false\n")
    library.shoot(1)
    library.shoot(30, 31, IMAGETYP="FLAT", OBJECT=None)
    library.shoot(40, IMAGETYP="SNAPSHOT")
    library.night()
    assert states(library) == {"offered": 1, "passed": 2, "aside": 1}
    library.mark()
    library.night()
    assert states(library) == {"accepted": 1, "passed": 2, "aside": 1}
    assert looked(library).sets == ()


def test_of_very_many_open_nights_the_older_are_counted_by_the_ledger(
    library: JudgedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot_the_night_after(library)
    library.night()
    whole = looked(library)
    monkeypatch.setattr(library_states, "MOST_FRAMES", 3)
    found = looked(library)
    assert found.states == whole.states == {"offered": 6, "culled": 1}
    assert [book.night.day for book in found.books] == [15]
    assert [(owner, night.day) for owner, night in found.unlooked] == [(RIG, 14)]
