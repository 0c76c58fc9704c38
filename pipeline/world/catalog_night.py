"""One rig's or camera's night written down as rows: looked at as status and balance look at it.

journal, decisions, manifests ─make_night─▶ NightRows
                    old rows ─┘  for what only deleted manifests knew
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pipeline.model.catalog import CalibrationRow, FrameRow, SetRow
from pipeline.model.records import Stays, StoredFact
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import State
from pipeline.rules.calibration_due import WAITS, WANTED, is_matched_since
from pipeline.rules.catalog_rows import NightNow, SetKnown, calibration_row, frame_row, frame_rows, set_row
from pipeline.rules.catalog_told import Told, of_manifests, of_rows
from pipeline.rules.corrected import heed
from pipeline.rules.decisions import Decisions
from pipeline.rules.ledger import Ledger, Record
from pipeline.world.calibrated_manifest import read_calibrated, read_progress
from pipeline.world.calibration_look import targets_of
from pipeline.world.library import OpenLibrary
from pipeline.world.library_states import states_in
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.manifests import MEASURED, manifest_path, read_measures, read_verdict
from pipeline.world.nightbook import NightBook, read_book
from pipeline.world.stored import frames_of_stored
from pipeline.world.survey import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRows:
    """The rows of one night, in the order they have in the file."""

    frames: Sequence[FrameRow] = ()
    sets: Sequence[SetRow] = ()
    calibrations: Sequence[CalibrationRow] = ()


@dataclass(slots=True, kw_only=True)
class _Before:
    """What was known of a night."""

    frames: Mapping[str, FrameRow] = field(default_factory=dict)
    sets: Mapping[str, SetRow] = field(default_factory=dict)
    calibrations: Mapping[str, CalibrationRow] = field(default_factory=dict)

    def of(self, one: FrameSet) -> Told:
        """What was known of a set."""
        rows = (self.frames[stored] for stored in one.by_stored if stored in self.frames)
        return of_rows(rows, self.sets.get(one.id), self.calibrations.get(one.id))


def make_night(
    library: OpenLibrary,
    owner: str,
    night: date,
    decisions: Decisions,
    before: NightRows,
    look: Callable[[str], None] = lambda _set_id: None,
) -> NightRows:
    """The rows of a night.

    Args:
        library: Whose it is.
        owner: Rig or camera.
        night: Its night.
        decisions: All there are.
        before: Its rows until now.
        look: Told the name of each set before its manifests are read.
    """
    book = read_book(library, owner, night, decisions)
    known = _Before(
        frames={row["stored"]: row for row in before.frames},
        sets={row["id"]: row for row in before.sets},
        calibrations={row["set"]: row for row in before.calibrations},
    )
    sets = [*book.sets, *getattr(book, "adopted_sets", ())]
    for one in sets:
        look(one.id)
    told = {one.id: _with_copies(book, one, _told(library, one, known.of(one))) for one in sets}
    looked = [look_at_set(book, one, told[one.id].verdict) for one in sets]
    now = _now(book, looked)
    found = [_rows(now, one, told[one.frames.id]) for one in looked]
    aside = _aside(book, now, looked)
    return NightRows(
        frames=sorted(
            [*(row for frames, _, _ in found for row in frames), *aside], key=lambda row: row["stored"]
        ),
        sets=sorted((row for _, row, _ in found), key=lambda row: row["id"]),
        calibrations=sorted((row for _, _, row in found if row), key=lambda row: row["set"]),
    )


def _told(library: OpenLibrary, one: FrameSet, before: Told) -> Told:
    """What the set's manifests say, and of those that are gone what was known."""
    verdict, progress = read_verdict(library, one.id), read_progress(library, one.id)
    is_measured = manifest_path(library, one.id, MEASURED).exists()
    return of_manifests(
        before,
        read_measures(library, one.id) if is_measured else None,
        verdict[1] if verdict is not None else None,
        (read_calibrated(library, one.id), progress) if progress is not None else None,
    )


def _with_copies(book: NightBook, one: FrameSet, told: Told) -> Told:
    """Where nothing tells of a set's calibrated lights any more, those that lie in their folder."""
    if told.counts or one.id not in book.ledger.calibration:
        return told
    names = targets_of(one, book.rig_of(one).calibrate.suffix)
    there = {stored: path for stored, path in names.items() if (book.library.root / path).is_file()}
    return replace(told, copies=there, counts={"calibrated": len(there)} if there else {})


def _now(book: NightBook, looked: Sequence[SetNow]) -> NightNow:
    return NightNow(
        night=book.night.isoformat(),
        facts=book.ledger.stored,
        links=book.links,
        states=states_in(book, looked),
        why={
            stored: standing.why
            for now in looked
            for stored, standing in now.standings.items()
            if standing.why and standing.state in _TOLD_WHY
        },
    )


_TOLD_WHY = frozenset({State.ACCEPTED, State.REJECTED, State.GIVEN_UP})


def _rows(night: NightNow, now: SetNow, told: Told) -> tuple[list[FrameRow], SetRow, CalibrationRow | None]:
    one, ledger = now.frames, now.book.ledger
    known = SetKnown(
        told=told, rig=now.rig, matched=ledger.matched.get(one.id), calibration=_calibration(ledger, one.id)
    )
    frames = frame_rows(night, one, told)
    row = set_row(night, one, known, frames)
    return frames, row, calibration_row(one, known, row.get("accepted", 0))


def _calibration(ledger: Ledger, set_id: str) -> Record | None:
    """How its calibration stands: a set that waited is wanted again once its masters were chosen."""
    record = ledger.calibration.get(set_id)
    if record is None or record.get("state") != WAITS or not is_matched_since(ledger, set_id, record):
        return record
    return {**record, "state": WANTED, "why": ""}


def _aside(book: NightBook, night: NightNow, looked: Iterable[SetNow]) -> list[FrameRow]:
    """The rows of what belongs to no set: snapshots, stacks, promoted masters."""
    in_sets = {stored for now in looked for stored in now.frames.by_stored}
    facts: list[StoredFact] = [
        fact
        for stored, fact in book.ledger.stored.items()
        if stored not in in_sets and fact.stays != Stays.WITNESS
    ]
    if not facts:
        return []
    seen = Seen(library=book.library, near=book.ledger, corrections=heed(book.decisions, book.ledger))
    return [frame_row(night, fact.stored, frame, Told(), {}) for fact, frame in frames_of_stored(seen, facts)]
