from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

from pipeline.model.records import ENTRY_TYPES, About, Decision, Delivered, Duplicate, Received
from pipeline.rules import decisions as deciding
from pipeline.rules.history import Names, decision_words, entry_words

WHEN = datetime(2026, 1, 15, 7, tzinfo=UTC)
STORED = "C8E@f10.0+A/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L/x.fits"


@pytest.mark.parametrize("kind", ENTRY_TYPES, ids=lambda kind: kind.event)
def test_every_event_of_the_ledger_has_words(kind):
    samples = {"when": WHEN, "size": 5, "mtime_ns": 1, "members": 2}
    entry = kind(**{field.name: samples.get(field.name, f"<{field.name}>") for field in fields(kind)})
    words = entry_words(entry)
    assert words
    assert any(f"<{name}>" in words for name in ("stored", "original", "link", "of", "source", "set"))


def test_where_a_frame_came_from_and_how_is_said():
    entry = Received(
        when=WHEN,
        inbox="_Inbox",
        original="a.fits",
        stored=STORED,
        size=52_200_000,
        mtime_ns=1,
        how="hardlink",
    )
    assert entry_words(entry) == f"received from _Inbox/a.fits (52.2 MB), stored as {STORED}, by hard link"


def test_a_line_speaks_of_a_frame_by_any_of_its_names():
    names = Names(stored=STORED, origin=("_Inbox", "a.fits"), links=frozenset({"10_Blink/x.fits"}))
    twin = Duplicate(when=WHEN, inbox="_Inbox", original="b.fits", size=1, mtime_ns=1, sha256="s", of=STORED)
    elsewhere = Delivered(when=WHEN, link="10_Blink/y.fits", stored="other.fits")
    here = Delivered(when=WHEN, link="10_Blink/x.fits", stored="moved.fits")
    assert names.speaks(twin)
    assert names.speaks(here)
    assert not names.speaks(elsewhere)
    assert not Names().speaks(elsewhere)


def decided(
    about: About, subject: str, *, kind: str = "correct", undoes: str | None = None, id: str = "1"
) -> Decision:
    return Decision(
        id=id, kind=kind, about=about, subject=subject, when=WHEN, night=date(2026, 1, 14),
        values={} if undoes else {"target": "M31"}, who="anna", undoes=undoes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("about", "subject", "concerned"),
    [
        (About.FRAME, STORED, True),
        (About.SET, STORED.rpartition("/")[0], True),
        (About.SET, STORED.rpartition("/")[0][:-1], False),
        (About.INBOX, "_Inbox/a.fits", True),
        (About.INBOX, "_Inbox/b.fits", False),
        (About.NIGHT, "2026-01-14", True),
        (About.NIGHT, "2026-01-15", False),
        (About.RIG, "C8E@f10.0+A", True),
        (About.LIBRARY, "", False),
    ],
)
def test_a_decision_concerns_a_frame_its_set_its_night_its_rig(about, subject, concerned):
    names = Names(
        stored=STORED, origin=("_Inbox", "a.fits"), nights=frozenset({"2026-01-14"}), rig="C8E@f10.0+A"
    )
    assert names.concerns(decided(about, subject)) is concerned


def test_what_was_taken_back_says_so():
    first = decided(About.FRAME, STORED)
    undo = decided(About.FRAME, STORED, kind="undo", undoes="1", id="2")
    both = deciding.fold([[first, undo]])
    assert decision_words(first, both) == "correct target=M31 by anna — taken back since"
    assert decision_words(undo, both) == "took back 1 by anna"
    assert decision_words(first, deciding.fold([[first]])) == "correct target=M31 by anna"
