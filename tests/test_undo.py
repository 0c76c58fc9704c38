"""Every decision has its undo: done and undone, the tree is byte for byte as before, also with a night in between.

A command that decides something is a line of `DECISIONS`: what is typed, what takes it back, and whether a night in
between changes anything that an undo should not bring back (a frame stored meanwhile stays stored).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from pipeline.world.decisions import read
from pipeline.world.library import open_library
from pipeline.world.stored import frames_of_stored
from pipeline.world.survey import see
from tests.copies import another
from tests.small_library import C8E, bare_library, shoot
from tests.small_library import tree as whole_tree

SET = f"{C8E}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00_SETTEMP_-10.00"
FRAME = f"{SET}/2026-01-14_23-05-00_TEMP_-9.90.fits"
STRANGER = "Esprit100@f5.5+QHY268M"
EDGE = "Edge 8@f10.0+ASI2600MM"


@dataclass(frozen=True)
class Done:
    """A decision and its undo."""

    words: tuple[str, ...]
    undo: tuple[str, ...]
    is_heard_by_the_night: bool = False
    """True where a `doit` in between stores something because of it."""


def corrected(what, *values, **more):
    return Done(("correct", what, *values), ("correct", what, "--undo"), **more)


DECISIONS = {
    "a waiting file": corrected("_Inbox/no object.fits", "target=M33", is_heard_by_the_night=True),
    "a folder of the inbox": corrected("_Inbox/edge", f"rig={C8E}", is_heard_by_the_night=True),
    "a stored frame": corrected(
        f"{SET}/2026-01-14_23-05-00_TEMP_-9.90.fits", "target=M33", "panel=", "night=2026-01-20"
    ),
    "a set": corrected(SET, "exposure=60", "filter=Ha"),
    "a night": corrected("2026-01-14", "set_temp=-20"),
    "a rig's night": Done(
        ("correct", "2026-01-14", "--rig", C8E, "exposure=60"),
        ("correct", "2026-01-14", "--rig", C8E, "--undo"),
    ),
    "an answer to the cull": Done(("cull", SET, "--keep"), ("cull", SET, "--ask")),
    "usual values learnt anew": Done(
        ("cull", "--rejudge", "--rig", C8E), ("cull", "--rejudge", "--rig", C8E, "--undo")
    ),
    "accepted by command": Done(
        ("accept", SET, "--without", "flat"), ("accept", SET, "--undo"), is_heard_by_the_night=True
    ),
    "a new rig": Done(
        ("rig", "--new", STRANGER, "--from", C8E),
        ("rig", "--new", STRANGER, "--undo"),
        is_heard_by_the_night=True,
    ),
    "a rig nobody waits for": Done(("rig", "--new", "A@f4.0+B"), ("rig", "--new", "A@f4.0+B", "--undo")),
    "an alias": Done(
        ("rig", "--alias", EDGE, C8E), ("rig", "--alias", EDGE, C8E, "--undo"), is_heard_by_the_night=True
    ),
    "an alias of other nights": Done(
        ("rig", "--alias", EDGE, C8E, "--from", "2020-01-01", "--until", "2021-01-01"),
        ("rig", "--alias", EDGE, C8E, "--undo"),
    ),
    "a frame rejected by eye": Done(
        ("blink", "--reject", FRAME), ("blink", SET, "--undo"), is_heard_by_the_night=True
    ),
    "a frame restored": Done(("restore", FRAME), ("restore", FRAME, "--undo"), is_heard_by_the_night=True),
}
QUIET = {name: done for name, done in DECISIONS.items() if not done.is_heard_by_the_night}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Stored frames, one nobody understands, one of an unknown rig, one of a rig under another name."""
    library = bare_library(tmp_path_factory.mktemp("made") / "library")
    for number in (1, 2):
        shoot(library, f"LIGHT/{number}.fits", number)
    shoot(library, "no object.fits", 3, OBJECT=None)
    shoot(library, "edge/4.fits", 4, TELESCOP="Edge 8", INSTRUME="ASI2600MM")
    shoot(library, "new/5.fits", 5, TELESCOP="Esprit100", INSTRUME="QHY268M", FOCRATIO=5.5, FOCALLEN=550.0)
    for _ in range(3):  # stored; then retired, so that no further night has anything to do
        library.night()
    return library


@pytest.fixture
def library(made, tmp_path):
    """That library, of a test's own."""
    return another(made, tmp_path / "library")


_RETOLD = {"quarantined", "shown", "measured", "culled", "catalog", "summaries", "reports", "notes"}
"""What a night says again: what is not understood, of a set that a correction made anew, and what is written down."""
_RECORDS = ("_Catalog", "_Reports", "_Notes")
"""What tells of frames, also of those a night stored meanwhile."""
_MADE_FROM = re.compile(rb'"(made_from|digests)":("[0-9a-f]*"|\[[^]]*\])')


def tree(library):
    """The tree, but for the digests by which the catalogue knows what was said: a word and its undo are two words."""
    found = whole_tree(library)
    return {
        path: _MADE_FROM.sub(b"", data) if path.startswith("_Catalog/") and data is not None else data
        for path, data in found.items()
    }


def storing(library):
    """What a night did to frames; that it says again what is not understood, or what it shows, is no news."""
    return [stage for stage in library.night() if stage not in _RETOLD]


def without_pages(found):
    """The tree but for pages, pictures, notes: those of a set that a correction had made anew stay, until `doit prune`."""
    return {path: data for path, data in found.items() if not path.startswith(("_Reports", "_Notes"))}


def pages(found):
    """The pages in a tree to blink by, and those that tell of the whole library."""
    parts = ("_Reports/rigs/", "_Reports/targets/", "_Reports/nights/")
    return {
        path: data for path, data in found.items() if path.endswith(".html") and not path.startswith(parts)
    }


def identities(library):
    seen = see(open_library(library.root, {}))
    waiting = [(arrival.found.original, arrival.fate, arrival.why) for arrival in seen.survey.arrivals]
    return [frame for _, frame in frames_of_stored(seen, seen.ledger.stored.values())], waiting


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_undone_leaves_the_tree_and_every_frame_as_before(library, name):
    done = DECISIONS[name]
    before, frames = tree(library), identities(library)
    library.command(*done.words)
    library.command(*done.undo)
    assert tree(library) == before
    assert identities(library) == frames
    assert read(library.root).holding == {}
    assert storing(library) == []
    assert tree(library) == before


@pytest.mark.parametrize("name", QUIET)
def test_with_a_night_in_between_too(library, name):
    done = DECISIONS[name]
    before, frames = tree(library), identities(library)
    library.command(*done.words)
    assert storing(library) == []
    library.command(*done.undo)
    library.night()
    assert without_pages(tree(library)) == without_pages(before)
    assert pages(tree(library)) == pages(before)
    assert identities(library) == frames


@pytest.mark.parametrize("name", [name for name, done in DECISIONS.items() if done.is_heard_by_the_night])
def test_what_a_night_stored_meanwhile_stays_and_nothing_else_is_touched(library, name):
    done = DECISIONS[name]
    before = tree(library)
    library.command(*done.words)
    library.night()
    after = tree(library)
    stored = set(library.stored)
    if done.words[:2] == ("rig", "--new"):
        return  # frames are stored under it: its undo refuses, as tests/commands/test_rig_naming.py shows
    if done.words[0] == "accept":
        return  # it was acted on: its undo refuses, and `doit reopen` does it, as tests/commands/test_accept.py shows
    library.command(*done.undo)
    library.night()
    assert set(library.stored) == stored
    now = tree(library)
    assert {path: now[path] for path in stored} == {path: after[path] for path in stored}
    kept = {path for path in before if not path.startswith(("_Inbox", "_Quarantine", *_RECORDS))}
    assert {path: now.get(path) for path in kept} == {path: before[path] for path in kept}


def test_caches_deleted_after_it_all_change_nothing(library):
    decisions = [done for name, done in DECISIONS.items() if name != "an alias of other nights"]
    for done in decisions:
        library.command(*done.words)
    for done in reversed(decisions):
        library.command(*done.undo)
    before = tree(library)
    library.forget()
    library.night()
    assert tree(library) == before
