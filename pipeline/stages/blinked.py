"""What a person did in their folders since the last run becomes decisions: markers, moves, deletions, verdict files.

First of all that follows the store, and before anything acts on it: a frame put aside by hand is never put back, and a
marker speaks for the frames delivered before it was seen. One job a rig, for its open nights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from pipeline.model.jobs import Job, Outcome, Work, job_name

VERSION = 1


def plan(nights: Iterable[tuple[str, date]]) -> list[Job]:
    """One job for each rig or camera with open nights."""
    owners: dict[str, set[str]] = {}
    for owner, night in nights:
        owners.setdefault(owner, set()).add(night.isoformat())
    return [_job(owner, sorted(found)) for owner, found in sorted(owners.items())]


def _job(owner: str, nights: list[str]) -> Job:
    arguments = {"owner": owner, "nights": nights}
    return Job(
        stage="blinked",
        name=job_name("blinked", owner),
        doc=f"Take up what you did in the folders of {owner}",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.blinked:absorb",
        arguments=arguments,
        check="pipeline.stages.blinked:is_absorbed",
        check_arguments=arguments,
        rig=owner,
    )


def absorb(work: Work, *, owner: str, nights: Sequence[str]) -> Outcome:
    """Write down what the folders say: decisions, then what became of each link."""
    from pipeline.rules.absorb_words import diary_line
    from pipeline.world.absorbing import look_over, write_down

    found = look_over(work.library, owner, map(date.fromisoformat, nights))
    if found.is_empty:
        return Outcome()
    written = write_down(work.library, owner, found)
    return Outcome(diary_line(owner, found), {"decisions": len(written)})


def is_absorbed(library: Path, *, owner: str, nights: Sequence[str]) -> bool:
    """True when the folders say nothing that is not written down."""
    from pipeline.world.absorbing import look_over

    return look_over(library, owner, map(date.fromisoformat, nights)).is_empty
