"""Whether the folders a person works in are still there: asked before anything in them is judged or taken away.

A stage folder that is gone or empty as a whole, though places of ours ought to be in it, is a disk that is not mounted
rather than a person who deleted everything (DESIGN §2.6). Whoever moved all of it on, or a whole target to accept/,
leaves it lawfully empty: one of its frames is then found elsewhere.

    outline ─held_views─▶ what ought to be there    world/guards ─▶ what is there    views_away_of ─▶ what must wait
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field

from pipeline.model.jobs import Job
from pipeline.rules.escape import escape, shorten
from pipeline.rules.guards import Guard
from pipeline.rules.layout import CALIBRATION, FRAMES, REJECT
from pipeline.rules.spoken import counted
from pipeline.rules.waiting import NEXT_RUN, Waiting

AT_VIEWS = frozenset(
    {"blinked", "culled", "offered", "accepted", "shown", "distributed", "calibrated", "catalog"}
)
"""The stages that read or change the folders a person works in, judge by what is said there, or write it down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewsAway:
    """Nothing may be judged of these, offered, accepted or taken away, until their folders are back."""

    homes: Mapping[str, int] = field(default_factory=dict)
    """Folders that are gone or empty, to the number of frames that lay there."""
    owners: frozenset[str] = frozenset()
    """The rigs and cameras whose frames lay there."""
    waits: tuple[Waiting, ...] = ()
    """The same for a person."""

    def concerns(self, owner: str, rig: str = "") -> bool:
        """True when frames of this rig or camera are, or would be, in such a folder."""
        return owner in self.owners or any(_is_of(home, rig or owner) for home in self.homes)


def views_away_of(
    held: Mapping[str, int],
    owners: Mapping[str, Set[str]],
    is_there: Callable[[str], bool],
    guard: Guard,
) -> ViewsAway:
    """What must wait.

    Args:
        held: Folders to the number of places that ought to be in them.
        owners: The rigs and cameras whose frames these are.
        is_there: Whether such a folder holds anything, or what lay in it was found elsewhere.
        guard: What is known to be away already, and need not be said twice.
    """
    rigs_away = {home.removesuffix(f"/{FRAMES}") for home in guard.homes}
    homes = {
        home: number
        for home, number in sorted(held.items())
        if number and home.rpartition("/")[0] not in rigs_away and not is_there(home)
    }
    return ViewsAway(
        homes=homes,
        owners=frozenset().union(*(owners.get(home, frozenset()) for home in homes)),
        waits=tuple(
            Waiting(what=_words(home, number), where=home, command=NEXT_RUN) for home, number in homes.items()
        ),
    )


def hold_back_jobs(jobs: Iterable[Job], away: ViewsAway) -> list[Job]:
    """The jobs but for those that would judge, offer or accept what cannot be seen now."""
    if not away.homes:
        return list(jobs)
    return [
        job
        for job in jobs
        if job.stage not in AT_VIEWS or not away.concerns(str(job.arguments.get("owner", job.rig)), job.rig)
    ]


def _words(home: str, number: int) -> str:
    return (
        f"{home} is gone or empty, though {counted(number, 'frame')} lay there: nothing is judged, offered or accepted "
        "that concerns it. Is its disk mounted? If you emptied it yourself, put an empty file named .keep into it"
    )


def _is_of(home: str, rig: str) -> bool:
    """True for a folder of this rig or camera: `<rig>/10_Blink`, `_Calibration/<camera>/10_Blink`, `_Reject/<rig>`."""
    first, second, *_ = (*home.split("/"), "")
    if first == REJECT:
        return second == shorten(escape(rig), 70)
    return first == shorten(escape(rig), 70) if first != CALIBRATION else second == shorten(escape(rig), 60)
