"""Each frame put where the limits and the person want it seen: offered in 10_Blink, or in _Reject with the reason.

culled.json, decisions, ledger ─▶ links that come and go; the ledger says each. Nothing is delivered twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.jobs import Job, Outcome, Work
from pipeline.model.set_jobs import set_job, set_job_name
from pipeline.model.sets import FrameSet
from pipeline.rules.deliveries import OFFERING, Moves
from pipeline.rules.positions import Place, stage_of
from pipeline.rules.set_words import set_line

if TYPE_CHECKING:
    from pipeline.world.looking import SetNow

VERSION = 1
_WORDS = ("offered", "rejected", "withdrawn", "back", "taken back from 20_Data")


def plan(sets: Iterable[FrameSet]) -> list[Job]:
    """One job a set, behind its verdict."""
    return [
        set_job(
            one,
            f"Offer {one.label} to the eye",
            offer_set,
            is_offered,
            version=VERSION,
            after=(set_job_name("culled", one),),
        )
        for one in sets
    ]


def is_offered(library: Path, *, owner: str, night: str, set_id: str) -> bool:
    """True when every frame that can be is where it ought to be, and _Reject says why."""
    from pipeline.world.looking import look_up_set
    from pipeline.world.placeable import left_over, possible
    from pipeline.world.tidying import is_tidy

    now = look_up_set(library, owner, night, set_id)
    if now is None:
        return True
    return possible(now, now.moves(OFFERING)).is_empty and not left_over(now) and is_tidy(now)


def offer_set(work: Work, *, owner: str, night: str, set_id: str) -> Outcome:
    """Deliver and withdraw what is due, and say how many."""
    from pipeline.world.looking import look_up_set
    from pipeline.world.placeable import possible
    from pipeline.world.placing import alone, move
    from pipeline.world.tidying import tidy

    with alone(work.library, owner, date.fromisoformat(night)):
        now = look_up_set(work.library, owner, night, set_id)
        if now is None:
            return Outcome()
        due = possible(now, now.moves(OFFERING))
        try:
            left = move(now, due, work.progress)
        finally:
            after = look_up_set(work.library, owner, night, set_id)
            if after is not None:
                tidy(after)
    counts = _counts(now, due)
    return Outcome(set_line(now.frames, counts, left), counts)


def _counts(now: SetNow, due: Moves) -> dict[str, int]:
    """How many came, went and came back, in the words of the diary."""
    known = now.book.links
    counts: Counter[str] = Counter()
    from_blink = {one.stored for one in due.withdraw if stage_of(one.at) is Place.BLINK}
    for one in due.deliver:
        if one.place is Place.BLINK:
            counts["back" if one.stored in known else "offered"] += 1
        else:
            counts["withdrawn" if one.stored in from_blink else "rejected"] += 1
    counts["taken back from 20_Data"] = sum(stage_of(one.at) is Place.DATA for one in due.withdraw)
    return {word: counts[word] for word in _WORDS if counts[word]}
