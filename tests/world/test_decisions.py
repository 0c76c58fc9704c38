from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.model.errors import UserError
from pipeline.model.records import About, Decision
from pipeline.world import decisions
from pipeline.world.decisions import decide, undo

NIGHT = date(2026, 1, 14)
FRAME = "rig/00_Frames/a.fits"


def test_decision_is_one_readable_line_in_its_nights_folder(tmp_path: Path) -> None:
    one = decide(
        tmp_path,
        "correct",
        About.FRAME,
        FRAME,
        owner="rig",
        night=NIGHT,
        values={"target": "M31"},
        who="me",
        why="wrong sequence",
        when=datetime(2026, 1, 15, 9, tzinfo=UTC),
    )
    path = tmp_path / "_Decisions/rig/DATE_2026-01-14/correct.jsonl"
    assert path.read_text() == (
        f'{{"about":"frame","id":"{one.id}","kind":"correct","night":"2026-01-14","owner":"rig",'
        f'"subject":"{FRAME}","values":{{"target":"M31"}},"when":"2026-01-15T09:00:00.000000Z",'
        f'"who":"me","why":"wrong sequence"}}\n'
    )
    assert one.id.startswith("20260115T090000-")
    assert decisions.read(tmp_path).current(About.FRAME, FRAME) == one
    assert decisions.read_night(tmp_path, "rig", NIGHT).current(About.FRAME, FRAME) == one
    assert decisions.read_night(tmp_path, "rig", date(2026, 1, 15)).said == ()


def test_undo_and_its_undo_only_add_lines(tmp_path: Path) -> None:
    first = decide(tmp_path, "cull", About.FRAME, FRAME, owner="rig", night=NIGHT)
    before = (tmp_path / "_Decisions/rig/DATE_2026-01-14/cull.jsonl").read_bytes()
    taken_back = undo(tmp_path, first, why="clouds were thin")
    assert decisions.read(tmp_path).current(About.FRAME, FRAME) is None
    undo(tmp_path, taken_back)
    assert decisions.read(tmp_path).current(About.FRAME, FRAME) == first
    assert (tmp_path / "_Decisions/rig/DATE_2026-01-14/cull.jsonl").read_bytes() == before
    assert len((tmp_path / "_Decisions/rig/DATE_2026-01-14/undo.jsonl").read_text().splitlines()) == 2


def test_decisions_made_within_a_moment_speak_in_their_order(tmp_path: Path) -> None:
    for number in range(20):
        decide(tmp_path, "cull" if number % 2 else "restore", About.FRAME, FRAME, owner="rig", night=NIGHT)
    last = decisions.read(tmp_path).current(About.FRAME, FRAME, "cull", "restore")
    assert last is not None
    assert last.kind == "cull"


def test_word_said_after_the_clock_was_set_back_is_still_the_latest(tmp_path: Path) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    decide(tmp_path, "cull", About.FRAME, FRAME, owner="rig", night=NIGHT, when=tomorrow)
    word = decide(tmp_path, "restore", About.FRAME, FRAME, owner="rig", night=NIGHT)
    assert decisions.read(tmp_path).current(About.FRAME, FRAME) == word


def test_decision_on_no_rig_lies_with_the_library(tmp_path: Path) -> None:
    decide(tmp_path, "correct", About.INBOX, "/somewhere/x.fits", values={"rig": "r"})
    assert (tmp_path / "_Decisions/_library/correct.jsonl").exists()
    assert decisions.read(tmp_path).merged(About.INBOX, "/somewhere/x.fits", "correct") == {"rig": "r"}


def test_many_decisions_are_one_write_a_file(tmp_path: Path) -> None:
    when = datetime(2026, 1, 15, tzinfo=UTC)
    many = [
        Decision(
            id=str(n), kind="blink", about=About.FRAME, subject=f"f{n}", when=when, owner="rig", night=NIGHT
        )
        for n in range(50)
    ]
    assert decisions.write(tmp_path, many) == ()
    assert len(decisions.read(tmp_path).said) == 50


def test_undo_that_names_nothing_is_refused(tmp_path: Path) -> None:
    bad = Decision(id="1", kind="undo", about=About.SET, subject="s", when=datetime.now(UTC))
    with pytest.raises(UserError, match="names what it undoes"):
        decisions.write(tmp_path, [bad])
    assert list(tmp_path.iterdir()) == []


def test_line_that_is_no_decision_is_kept_and_told(tmp_path: Path) -> None:
    decide(tmp_path, "cull", About.FRAME, FRAME, owner="rig", night=NIGHT)
    (path,) = tmp_path.rglob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"kind":"cull"}\n{"torn')
    decide(tmp_path, "cull", About.FRAME, FRAME, owner="rig", night=NIGHT)
    found = decisions.read(tmp_path)
    assert len(found.said) == 2
    assert sorted(note.code for note in found.notes) == ["bad-line", "bad-record"]


def test_hostile_names_stay_below_the_decisions(tmp_path: Path) -> None:
    library = tmp_path / "library"
    decide(library, "../../x", About.RIG, "r", owner="../..", night=NIGHT)
    assert [entry.name for entry in tmp_path.iterdir()] == ["library"]
    assert len(decisions.read(library).said) == 1
