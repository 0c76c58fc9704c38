from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.records import About, Decision
from pipeline.rules.corrections import CORRECT
from pipeline.rules.decisions import UNDO, Decisions
from pipeline.rules.records import moment_text
from pipeline.rules.verdict_words import absorbed_verdicts
from pipeline.rules.words import BLINK
from pipeline.world import decisions, said
from pipeline.world.said import FILE, Said, read_said
from tests.amounts import examples

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
NIGHTS = [date(2026, 1, 14), date(2026, 1, 15)]
START = datetime(2026, 1, 17, tzinfo=UTC)
FRAMES = [f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L/{number}.fits" for number in range(6)]
SETS = [f"{RIG}/M31/DATE_2026-01-14/FILTER_L", f"{RIG}/M33/DATE_2026-01-15/FILTER_L"]


def look(number: int = 0, frames: Sequence[str] = FRAMES, **values: object) -> Decision:
    return Decision(
        id=f"look-{number}",
        kind=BLINK,
        about=About.SET,
        subject=SETS[0],
        when=START + timedelta(minutes=number),
        owner=RIG,
        night=NIGHTS[0],
        values={"frames": list(frames), "by": "marker", **values},
    )


def rest(library: Path) -> None:
    """The files were written an hour ago."""
    an_hour_ago = time.time() - 3600
    for path in (library / "_Decisions").rglob("*.jsonl"):
        os.utime(path, (an_hour_ago, an_hour_ago))


def again(library: Path) -> Said:
    """Read twice: what the second returns comes from the cache."""
    rest(library)
    read_said(library, library / ".nightbuild")
    return read_said(library, library / ".nightbuild")


@st.composite
def spoken(draw: st.DrawFn) -> list[Decision]:
    """Looks, words on frames, corrections, words on rigs, and undos of any of them, on a clock that may be set back."""
    told: list[Decision] = []
    for number in range(draw(st.integers(1, 12))):
        about = draw(st.sampled_from([About.SET, About.FRAME, About.NIGHT, About.RIG, About.INBOX]))
        kind = draw(st.sampled_from([BLINK, "accept", CORRECT, "rejudge", UNDO]))
        values: dict[str, object] = draw(st.sampled_from([{}, {"target": "M 31"}, {"verdict": "reject"}]))
        if about is About.SET:
            values = values | {"frames": draw(st.lists(st.sampled_from(FRAMES), max_size=6))}
        if draw(st.booleans()):
            size = draw(st.integers(0, 2))
            values = values | {
                "by": "verdict file",
                "file": f"_Verdicts/{number}",
                "size": size,
                "mtime_ns": 3,
            }
        told.append(
            Decision(
                id=f"d{number}",
                kind=kind if told else BLINK,
                about=about,
                subject=draw(st.sampled_from([*SETS, FRAMES[0], "2026-01-14", "_Inbox/é/1.fits"])),
                when=START + timedelta(minutes=draw(st.integers(0, 20))),
                owner=draw(st.sampled_from([RIG, None])),
                night=draw(st.sampled_from([*NIGHTS, None])),
                values={} if kind == UNDO and told else values,
                undoes=draw(st.sampled_from(told)).id if kind == UNDO and told else None,
            )
        )
    return told


@given(told=spoken())
@settings(max_examples=examples(40), deadline=None)
def test_the_outline_says_what_all_files_say_word_for_word(told: list[Decision]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder)
        decisions.write(library, told)
        full, known = decisions.read(library), again(library)
        assert (known.all.said, known.all.holding, known.all.notes) == (full.said, full.holding, full.notes)
        for one, other in zip(known.all.said, full.said, strict=True):
            assert dict(one.values) == dict(other.values)
            assert one.values.get("frames") == other.values.get("frames")
        assert corrections(known.wide) == corrections(full)
        assert known.latest == latest(full)
        assert known.verdict_files == absorbed_verdicts(full).files


def corrections(told: Decisions) -> list[tuple[str, str]]:
    return sorted((one.id, one.subject) for one in told.of_kind(CORRECT))


def latest(told: Decisions) -> dict[tuple[str, date], str]:
    found: dict[tuple[str, date], str] = {}
    for one in told.said:
        if one.owner is not None and one.night is not None:
            key = one.owner, one.night
            found[key] = max(moment_text(one.when), found.get(key, ""))
    return found


def test_planning_decodes_no_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decisions.write(tmp_path, [look()])
    again(tmp_path)
    monkeypatch.setattr(said, "decision_of", None)
    known = read_said(tmp_path, tmp_path / ".nightbuild")
    assert known.latest == {(RIG, NIGHTS[0]): moment_text(START)}
    assert known.wide.said == ()


def test_the_frames_of_a_look_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    decisions.write(tmp_path, [look(0, FRAMES[:4]), look(1, FRAMES[2:])])
    known = again(tmp_path).all
    decisions.write(tmp_path, [look(2)])
    assert [one.values["frames"] for one in known.said] == [FRAMES[:4], FRAMES[2:]]


def test_frames_that_somebody_took_out_of_the_file_are_none(tmp_path: Path) -> None:
    decisions.write(tmp_path, [look()])
    known = again(tmp_path).all
    (path,) = (tmp_path / "_Decisions").rglob("*.jsonl")
    path.unlink()
    assert known.said[0].values["frames"] == []


def test_a_line_that_is_no_decision_is_said_in_every_run(tmp_path: Path) -> None:
    decisions.write(tmp_path, [look()])
    (path,) = (tmp_path / "_Decisions").rglob("*.jsonl")
    path.write_bytes(path.read_bytes() + b'{"kind":"blink"}\n{"torn')
    full = decisions.read(tmp_path)
    for _ in range(3):
        known = again(tmp_path)
        assert known.wide.notes == known.all.notes == full.notes
        assert known.all.said == full.said
    assert len(full.notes) == 2


def test_a_file_that_was_just_written_is_read_in_every_run(tmp_path: Path) -> None:
    decisions.write(tmp_path, [look()])
    read_said(tmp_path, tmp_path / ".nightbuild")
    (path,) = (tmp_path / "_Decisions").rglob("*.jsonl")
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"look-0", b"look-9"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [one.id for one in read_said(tmp_path, tmp_path / ".nightbuild").all.said] == ["look-9"]


def test_what_was_added_since_is_heard(tmp_path: Path) -> None:
    decisions.write(tmp_path, [look()])
    again(tmp_path)
    decisions.undo(tmp_path, look(), when=START + timedelta(hours=1))
    known = read_said(tmp_path, tmp_path / ".nightbuild")
    assert known.all.holding == {}
    assert known.latest[RIG, NIGHTS[0]] == moment_text(START + timedelta(hours=1))


@pytest.mark.parametrize("damage", [b"", b"x\n{}", b'{"version": 1'])
def test_a_damaged_cache_is_no_cache(tmp_path: Path, damage: bytes) -> None:
    decisions.write(tmp_path, [look()])
    again(tmp_path)
    (tmp_path / ".nightbuild" / FILE).write_bytes(damage)
    assert read_said(tmp_path, tmp_path / ".nightbuild").all.said == (look(),)


def test_a_look_that_writes_nothing_leaves_no_cache(tmp_path: Path) -> None:
    decisions.write(tmp_path, [look()])
    rest(tmp_path)
    assert read_said(tmp_path, tmp_path / ".nightbuild", remember=False).all.said == (look(),)
    assert not (tmp_path / ".nightbuild").exists()


def test_a_name_in_no_alphabet_keeps_nothing_else_from_being_kept(tmp_path: Path) -> None:
    odd = look(1, file="_Verdicts/\udcff.json", size=1, mtime_ns=2, by="verdict file")
    decisions.write(tmp_path, [odd])
    decisions.decide(tmp_path, "rejudge", About.RIG, RIG, owner=RIG, when=START)
    known = again(tmp_path)
    assert known.verdict_files == {("_Verdicts/\udcff.json", 1, 2)}
    assert (tmp_path / ".nightbuild" / FILE).exists()
    assert known.all.said == decisions.read(tmp_path).said
