"""Decisions on disk: `_Decisions/<rig>/DATE_<night>/<kind>.jsonl`, one line a decision, only ever added to.

The most precious bytes beside the frames: what a person saw and said. Nothing here overwrites or removes;
to undo is to say so, in a further line that names what it takes back.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.model.frames import Problem
from pipeline.model.records import About, Decision
from pipeline.rules.decisions import UNDO, Decisions, decision_file, fold
from pipeline.rules.ledger import Ledger
from pipeline.rules.records import decision_of, decision_record
from pipeline.rules.spoken import counted
from pipeline.world import journals, ledger
from pipeline.world.files import require_inside
from pipeline.world.ledger import journal_files
from pipeline.world.moments import just_after, not_before

_written = Counter[str]()
"""How often decisions were written in this process."""


def decide(
    library: Path,
    kind: str,
    about: About,
    subject: str,
    *,
    owner: str | None = None,
    night: date | None = None,
    values: Mapping[str, object] | None = None,
    who: str = "",
    why: str = "",
    when: datetime | None = None,
) -> Decision:
    """Write one decision down, durably, and return it."""
    when = when or _next_moment(library, owner, night)
    decision = Decision(
        id=new_id(when),
        kind=kind,
        about=about,
        subject=subject,
        when=when,
        owner=owner,
        night=night,
        values=values or {},
        who=who,
        why=why,
    )
    write(library, [decision])
    return decision


def undo(
    library: Path, decision: Decision, *, who: str = "", why: str = "", when: datetime | None = None
) -> Decision:
    """Take a decision back (or an undo): a new decision that names it, filed beside it."""
    when = when or _next_moment(library, decision.owner, decision.night)
    taken_back = Decision(
        id=new_id(when),
        kind=UNDO,
        about=decision.about,
        subject=decision.subject,
        when=when,
        owner=decision.owner,
        night=decision.night,
        who=who,
        why=why,
        undoes=decision.id,
    )
    write(library, [taken_back])
    return taken_back


def write(library: Path, decisions: list[Decision]) -> tuple[Problem, ...]:
    """Write decisions down, those of one file in one write; a note when a torn line was found there."""
    files: dict[str, list[Decision]] = {}
    for one in decisions:
        if (one.kind == UNDO) != (one.undoes is not None):
            raise UserError(f"decision {one.id}: an undo names what it undoes, and nothing else does")
        files.setdefault(decision_file(one.owner, one.night, one.kind), []).append(one)
    notes: list[Problem] = []
    try:
        for name, found in files.items():
            require_inside(library, library / name)
            notes += journals.append(library / name, (decision_record(one) for one in found))
    finally:
        _written["times"] += 1
    return tuple(notes)


def writes() -> int:
    """A number that grows with each write in this process: whoever keeps decisions in memory reads them anew then."""
    return _written["times"]


def read(library: Path) -> Decisions:
    """Every decision there is, folded."""
    return _folded(journal_files(library / "_Decisions"))


def read_night(library: Path, owner: str | None, night: date | None) -> Decisions:
    """What was decided on one rig's night (without a night: on the rig as such), folded."""
    folder = (library / decision_file(owner, night, "any")).parent
    return _folded([path for path in journal_files(folder) if path.parent == folder])


def new_id(when: datetime) -> str:
    """`20260114T210305-9f3c2a1b`: sorts by time, can be read out, is never given twice."""
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _next_moment(library: Path, owner: str | None, night: date | None) -> datetime:
    """Now; or just after the last word and deed, should the clock have been set back: the latest speaks."""
    spoken = [one.when for one in read_night(library, owner, night).said]
    done = ledger.read_night(library, owner, night) if owner is not None and night is not None else Ledger()
    return not_before(just_after(spoken, done))


def decisions_in(path: Path, journal: journals.Journal) -> tuple[list[Decision], tuple[Problem, ...]]:
    """The decisions of one file in the order of its lines, and a sentence for what is none."""
    found = [decision_of(record) for record in journal.records]
    known = [one for one in found if one is not None]
    if len(known) == len(found):
        return known, journal.notes
    strange = counted(len(found) - len(known), "line is", "lines are")
    said = f"{path}: {strange} nothing this version knows; kept, skipped"
    return known, (*journal.notes, Problem("bad-record", said))


def _folded(paths: list[Path]) -> Decisions:
    notes: list[Problem] = []
    files: list[list[Decision]] = []
    for path in paths:
        found, said = decisions_in(path, journals.read(path))
        files.append(found)
        notes += said
    return fold(files, notes)
