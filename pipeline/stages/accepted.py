"""What was looked at goes on: lights into 20_Data, proven by their hash; calibration frames have passed.

decisions, ledger ─▶ a link in 20_Data, then the one in 10_Blink is withdrawn; the person's own files travel along
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.jobs import Job, Outcome, Work
from pipeline.model.set_jobs import set_job, set_job_name
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import State
from pipeline.rules.deliveries import ACCEPTING, Moves
from pipeline.rules.set_words import set_line
from pipeline.rules.spoken import counted
from pipeline.rules.standings import NOT_SEEN

if TYPE_CHECKING:
    from pipeline.world.looking import SetNow

VERSION = 1


def plan(sets: Iterable[FrameSet]) -> list[Job]:
    """One job a set, behind its offering."""
    return [
        set_job(
            one,
            f"Take what was looked at of {one.label} on",
            accept_set,
            is_accepted,
            version=VERSION,
            after=(set_job_name("offered", one),),
        )
        for one in sets
    ]


def is_accepted(library: Path, *, owner: str, night: str, set_id: str) -> bool:
    """True when every accepted frame that can be is in its place, and the person's own files are with it."""
    from pipeline.world.carrying import can_carry, own_files
    from pipeline.world.looking import look_up_set
    from pipeline.world.placeable import left_over
    from pipeline.world.tidying import is_tidy

    now = look_up_set(library, owner, night, set_id)
    if now is None:
        return True
    is_done = _due(now).is_empty and not left_over(now) and is_tidy(now)
    return is_done and not any(can_carry(now, one) for one in own_files(now))


def accept_set(work: Work, *, owner: str, night: str, set_id: str) -> Outcome:
    """Prove, link, withdraw; then let the person's own files travel."""
    from pipeline.world.accepting import unchanged
    from pipeline.world.calibration_said import want
    from pipeline.world.looking import look_up_set
    from pipeline.world.placing import alone, move
    from pipeline.world.tidying import tidy

    with alone(work.library, owner, date.fromisoformat(night)):
        now = look_up_set(work.library, owner, night, set_id)
        if now is None:
            return Outcome()
        due, of = _due(now), len(now.frames.members)
        good, changed = unchanged(now, due.deliver, lambda done: work.progress(done, of))
        due = _without_refused(replace(due, deliver=tuple(good), left=(*due.left, *changed)), now)
        if due.deliver:
            want(now)
        try:
            left = move(now, due)
        finally:
            after = look_up_set(work.library, owner, night, set_id)
            if after is not None:
                tidy(after)
        own, stays = _carry(after)
    counts = _counts(now, due)
    remarks = [*left, *([f"{counted(own, 'file')} of your own went along"] if own else ()), *stays]
    return Outcome(set_line(now.frames, counts, remarks), counts)


def _due(now: SetNow) -> Moves:
    """What can be done as things lie; what was found changed waits until it looks different."""
    from pipeline.world.accepting import not_refused
    from pipeline.world.placeable import possible

    due = possible(now, now.moves(ACCEPTING))
    return _without_refused(replace(due, deliver=tuple(not_refused(now, due.deliver))), now)


def _without_refused(due: Moves, now: SetNow) -> Moves:
    """Nothing is withdrawn of a frame that ought to get a place and does not."""
    wanted = {one.stored for one in now.moves(ACCEPTING).deliver} - {one.stored for one in due.deliver}
    return due.without(wanted)


def _carry(now: SetNow | None) -> tuple[int, list[str]]:
    """How many files of the person's own went along, and sentences about those that could not."""
    from pipeline.world.carrying import carry, own_files

    files = own_files(now) if now is not None else []
    if now is None or not files:
        return 0, []
    left = carry(now, files)
    return len(files) - len(left), left


def _counts(now: SetNow, due: Moves) -> dict[str, int]:
    """How many were accepted with and without eyes, or passed."""
    unseen = sum(not now.standings[one.stored].seen for one in due.deliver)
    passed = {one.stored for one in due.withdraw if now.standings[one.stored].state is State.PASSED}
    return {
        "accepted": len(due.deliver) - unseen,
        f"accepted, {NOT_SEEN}": unseen,
        "passed": len(passed),
    }
