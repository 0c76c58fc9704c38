"""Each set held against its rig's limits once its night is over, before a person looks.

measured.json, limits, words ─▶ culled.json: what becomes of each frame, and why; a line in the ledger the first time

Nothing is moved here: the offering puts every frame where the verdict says. A changed limit judges open sets anew; what
leaves and what comes back is said. Flats, darks and bias pass: they are looked at, not culled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model.frames import Kind
from pipeline.model.jobs import Job, Outcome, Work
from pipeline.model.measures import Measured
from pipeline.model.policies import Cull
from pipeline.model.set_jobs import set_job, set_job_name
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import Fate, SetVerdict
from pipeline.rules.cull_words import diary_line, moves
from pipeline.rules.culling import BY_EYE, judge_set
from pipeline.rules.positions import Links
from pipeline.rules.records import moment
from pipeline.rules.touched import leave_touched
from pipeline.rules.usual import filter_of, last_flat, level_medians, medians_of, numbers, usual_values
from pipeline.rules.words import SetWords, words_of

if TYPE_CHECKING:
    from pipeline.world.nightbook import NightBook

VERSION = 1
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything a set's verdict is reckoned from."""

    frames: FrameSet
    rows: Mapping[str, Measured]
    cull: Cull
    words: SetWords
    links: Links
    usual: Mapping[str, float]
    is_new: bool
    """True when it was never judged, or is to learn its usual values anew."""

    def verdict(self) -> SetVerdict:
        """What becomes of each frame."""
        return leave_touched(self._by_limits(), self.links, self.words)

    def basis(self) -> str:
        """A digest of all that the verdict depends on."""
        judged, verdict = self._by_limits(), self.verdict()
        said = {
            "version": VERSION,
            "rows": [
                (one.stored, dict(self.rows[one.stored].values) if one.stored in self.rows else None)
                for one in self.frames.members
            ],
            "cull": asdict(self.cull),
            "frames": {stored: word.says for stored, word in self.words.frames.items()},
            "seen": sorted(self.words.seen),
            "answer": self.words.answer,
            "usual": dict(self.usual),
            "left": [stored for stored, told in verdict.frames.items() if told != judged.frames[stored]],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]

    def _by_limits(self) -> SetVerdict:
        """What they and the words make of each frame, wherever it lies."""
        return judge_set(self.frames, self.rows, self.cull, self.words, self.usual)


def plan(sets: Iterable[FrameSet]) -> list[Job]:
    """One job a set whose night is over, behind its measuring."""
    return [
        set_job(
            one,
            f"Hold {one.label} against its rig's limits",
            cull_set,
            is_culled,
            version=VERSION,
            after=(set_job_name("measured", one),),
        )
        for one in sets
    ]


def is_culled(library: Path, *, owner: str, night: str, set_id: str) -> bool:
    """True when the verdict that is written down follows from what holds now."""
    from pipeline.world.manifests import read_verdict
    from pipeline.world.nightbook import open_book

    book = open_book(library, owner, date.fromisoformat(night))
    if set_id not in book.by_id:
        return True
    case = case_of(book, book.by_id[set_id])
    written = read_verdict(book.library, set_id)
    if case.is_new or written is None:
        return False
    return written[0] == case.basis() or written[1] == case.verdict()


def cull_set(work: Work, *, owner: str, night: str, set_id: str) -> Outcome:
    """Judge the set by what holds now; nothing where that was done."""
    from pipeline.world.manifests import read_verdict, write_verdict
    from pipeline.world.nightbook import open_book

    book = open_book(work.library, owner, date.fromisoformat(night))
    if set_id not in book.by_id:  # all its frames were duplicates
        write_verdict(book.library, set_id, "", SetVerdict())
        return Outcome()
    case = case_of(book, book.by_id[set_id])
    verdict, basis = case.verdict(), case.basis()
    written = read_verdict(book.library, set_id)
    if case.is_new:
        _record(book, case, verdict)
    elif written is not None and written[0] == basis:
        return Outcome()
    write_verdict(book.library, set_id, basis, verdict)
    return _outcome(case, verdict, is_news=written is None or _told(written[1]) != _told(verdict))


def case_of(book: NightBook, frames: FrameSet) -> Case:
    """What a set is judged by, as it stands now."""
    from pipeline.world.manifests import read_measures

    words = words_of(frames, book.decisions)
    record = book.ledger.judged.get(frames.id)
    is_new = record is None or (words.rejudge is not None and _when(record) < words.rejudge)
    return Case(
        frames=frames,
        rows=read_measures(book.library, frames.id),
        cull=book.rig_of(frames).cull,
        words=words,
        links={member.stored: book.links.get(member.stored, []) for member in frames.members},
        usual=_learn(book, frames) if is_new else numbers((record or {}).get("usual")),
        is_new=is_new,
    )


def _when(record: Mapping[str, Any]) -> datetime:
    try:
        return moment(str(record.get("when")))
    except ValueError:
        return _LONG_AGO


def _learn(book: NightBook, frames: FrameSet) -> dict[str, float]:
    """The rig's usual values, from the nights before this one; of flats, what the last ones came to."""
    if frames.kind is Kind.FLAT:
        return last_flat(_earlier(book, frames), frames)
    return usual_values(_earlier(book, frames), frames) if frames.kind is Kind.LIGHT else {}


def _earlier(book: NightBook, frames: FrameSet) -> Iterator[Sequence[Mapping[str, Any]]]:
    from pipeline.world.judgements import judged_before

    return judged_before(book.library.root, frames.rig, book.night)


def _record(book: NightBook, case: Case, verdict: SetVerdict) -> None:
    """Write the first judgement down: what it was held against, and what later nights learn from it."""
    from pipeline.model.records import Judged
    from pipeline.world import ledger

    after = case.words.rejudge or _LONG_AGO
    judged = Judged(
        when=max(datetime.now(UTC), after + timedelta(microseconds=1)),
        set=case.frames.id,
        usual=case.usual,
        filter=filter_of(case.frames),
        medians=_medians(case, verdict),
        kept=sum(told.fate is Fate.KEPT for told in verdict.frames.values()),
        of=len(verdict.frames),
    )
    ledger.write(book.library.root, book.owner, book.night, [judged])


def _told(verdict: SetVerdict) -> tuple[bool, dict[str, object]]:
    """What a person would call another verdict: not that the same one was spared by another word."""
    return verdict.held, {stored: (told.fate, told.reasons) for stored, told in verdict.frames.items()}


def _medians(case: Case, verdict: SetVerdict) -> dict[str, float]:
    if case.frames.kind is Kind.FLAT:
        return level_medians(case.frames, case.rows)
    return medians_of(case.frames, case.rows, verdict, case.words)


def _outcome(case: Case, verdict: SetVerdict, *, is_news: bool) -> Outcome:
    fates = [told.fate for told in verdict.frames.values() if told.because not in BY_EYE]
    counts = {
        "kept": fates.count(Fate.KEPT),
        "culled": fates.count(Fate.CULLED),
        "held": fates.count(Fate.SUSPECT),
    }
    if case.frames.kind is not Kind.LIGHT or not is_news:
        return Outcome("", counts)
    moved = moves(case.frames, verdict, case.links, case.words)
    return Outcome(diary_line(case.frames, verdict, moved), counts)
