"""Each frame measured once: stars and sky of lights, levels of flats, darks and bias, beside what others wrote down.

The first reading of a night's pixels, so each frame's SHA-256 rides along and goes into the ledger. A changed or added
frame costs that frame; what cannot be measured is said, and offered to the eye all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.frames import Kind
from pipeline.model.jobs import Job, Outcome, Work
from pipeline.model.measures import Measured
from pipeline.model.set_jobs import set_job
from pipeline.model.sets import FrameSet
from pipeline.rules.spoken import counted

if TYPE_CHECKING:
    from pipeline.world.nightbook import NightBook

VERSION = 1


def plan(sets: Iterable[FrameSet]) -> list[Job]:
    """One job a set."""
    return [set_job(one, f"Measure {one.label}", measure_frames, is_done, version=VERSION) for one in sets]


def is_done(library: Path, *, owner: str, night: str, set_id: str) -> bool:
    """True when every frame has its row by what holds now, and its hash is recorded."""
    from pipeline.world.measuring import is_measured
    from pipeline.world.nightbook import open_book

    book = open_book(library, owner, date.fromisoformat(night))
    one = book.by_id.get(set_id)
    return one is None or is_measured(book, one)


def measure_frames(work: Work, *, owner: str, night: str, set_id: str) -> Outcome:
    """Measure what has no row yet."""
    from pipeline.world.manifests import write_measures
    from pipeline.world.measuring import measure_set
    from pipeline.world.nightbook import open_book

    book = open_book(work.library, owner, date.fromisoformat(night))
    one = book.by_id.get(set_id)
    if one is None:  # all its frames were duplicates
        write_measures(book.library, set_id, "", ())
        return Outcome()
    rows, read = measure_set(book, one, work.progress)
    _record_hashes(work.library, book, rows)
    return _outcome(one, rows, read)


def _record_hashes(library: Path, book: NightBook, rows: Iterable[Measured]) -> None:
    from pipeline.model.records import Hashed
    from pipeline.world import ledger

    now = datetime.now(UTC)
    taken = [Hashed(when=now, stored=row.stored, sha256=row.sha256) for row in rows if row.sha256]
    if taken:
        ledger.write(library, book.owner, book.night, taken)


def _outcome(one: FrameSet, rows: Sequence[Measured], read: int) -> Outcome:
    troubled = [row for row in rows if row.trouble]
    if not read and not troubled:
        return Outcome()
    said = f"{one.owner}  {one.label}  {counted(read, 'frame')}"
    if one.kind is Kind.LIGHT:
        blank = sum(row.values.get("stars_measured") == 0 for row in rows)
        said += f", {blank} of {len(rows)} without a star" if blank else ""
    if troubled:
        said += (
            f", {len(troubled)} not measured: {troubled[0].stored.rpartition('/')[2]}: {troubled[0].trouble}"
        )
    return Outcome(said, {"measured": read - len(troubled), "unmeasurable": len(troubled)})
