"""Names leave the inbox, in a later run: the frame is stored and hashed, its stored twin is read again first.

Planned only for names that are due by `retire` in library.toml. What stays is said once, and tried again when
its stored twin looks different: a frame that does not prove itself is never let go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.rules.addresses import read_address
from pipeline.rules.retiring import Leaver
from pipeline.rules.spoken import counted

if TYPE_CHECKING:
    from pipeline.world.retirement import Leaving, Retirement

VERSION = 1
_ELSEWHERE = "elsewhere"
"""Frames that were adopted where they lay have no rig and night in their path."""


def plan(leaving: Iterable[Leaving]) -> list[Job]:
    """One job for each night whose frames still have names in an inbox that are due to go."""
    nights: dict[tuple[str, str], list[Leaving]] = {}
    for one in leaving:
        nights.setdefault(_filed(one.leaver), []).append(one)
    return [_job(owner, night, names) for (owner, night), names in sorted(nights.items())]


def _filed(leaver: Leaver) -> tuple[str, str]:
    address = read_address(leaver.stored)
    if address is None or address.night is None:
        return _ELSEWHERE, ""
    return address.owner, address.night.isoformat()


def _job(owner: str, night: str, names: Sequence[Leaving]) -> Job:
    return Job(
        stage="retired",
        name=job_name("retired", owner, night),
        doc=f"Take {counted(len(names), 'name')} out of the inbox, {owner}, night of {night}",
        settings={"VERSION": VERSION, "names": [_mark(one) for one in names]},
        effect="pipeline.stages.retired:retire_night",
        arguments={"owner": owner, "night": night, "names": [one.leaver._asdict() for one in names]},
        touches_inbox=True,
        rig=owner,
        night=night,
    )


def _mark(one: Leaving) -> list[object]:
    """What must change before a name that was refused is tried again."""
    leaver = one.leaver
    return [
        leaver.inbox,
        leaver.original,
        leaver.size,
        leaver.mtime_ns,
        leaver.gone_before,
        leaver.sha256,
        *one.twin,
    ]


def retire_night(work: Work, *, owner: str, night: str, names: Sequence[Mapping[str, Any]]) -> Outcome:
    """Prove each name's twin, write the ledger, take the name out."""
    from pipeline.world.library import open_library
    from pipeline.world.retirement import take_out

    done = take_out(open_library(work.library), [Leaver(**plain) for plain in names], work.progress)
    counts = {"retired": len(done.retired), "stayed": len(done.stayed)}
    return Outcome(_says(owner, night, done), counts)


def _says(owner: str, night: str, done: Retirement) -> str:
    if not done.retired and not done.stayed:
        return ""
    said = f"{owner}  {night}  {counted(len(done.retired), 'name')} taken out of the inbox"
    if not done.stayed:
        return said
    return f"{said}, {len(done.stayed)} stay: {done.stayed[0]}"
