"""What waits for eyes made visible: a page for each rig and night that runs through all its sets.

Only nights with frames that wait have a page; it follows what limits and person say of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pipeline.model.jobs import Job, Outcome, Work
from pipeline.model.set_jobs import night_job, set_job_name
from pipeline.model.sets import FrameSet
from pipeline.rules.spoken import counted

VERSION = 2


def plan(sets: Iterable[FrameSet]) -> list[Job]:
    """One job for each rig's or camera's night, behind all that is done about its sets."""
    nights: dict[tuple[str, date], list[FrameSet]] = {}
    for one in sets:
        nights.setdefault((one.owner, one.night), []).append(one)
    return [_job(owner, night, found) for (owner, night), found in nights.items()]


def _job(owner: str, night: date, sets: Iterable[FrameSet]) -> Job:
    after = tuple(set_job_name("accepted", one) for one in sets)
    return night_job(
        owner, night, "Make the page for blinking", show_night, is_done, version=VERSION, after=after
    )


def is_done(library: Path, *, owner: str, night: str) -> bool:
    """True when the page shows what there is to be shown now."""
    from pipeline.world.nightbook import open_book
    from pipeline.world.showing import is_shown

    return is_shown(open_book(library, owner, date.fromisoformat(night)))


def show_night(work: Work, *, owner: str, night: str) -> Outcome:
    """Make the pictures and the page."""
    from pipeline.world.nightbook import open_book
    from pipeline.world.showing import page_path, show

    evening = date.fromisoformat(night)
    page, troubles = show(open_book(work.library, owner, evening), work.progress)
    frames = sum(len(one.frames) for one in page.sets)
    if not frames:
        return Outcome()
    said = f"{owner}  {night}  {counted(frames, 'frame')} in {counted(len(page.sets), 'set')}"
    said += f": {page_path(owner, evening)}"
    said += f"; {troubles[0]}" if troubles else ""
    return Outcome(said, {"shown": frames, "without a picture": len(troubles)})
