"""Raw bias, darks, flats and flat-darks that passed become masters in the libraries.

    groups (rules/master_groups) ─integrated─▶ _Bias Library, _Dark Library, _Flat Stash
        too few      said, with how many are missing
        doubted      held until `doit master NAME --ok`
        replaced     the one before moves to superseded/

One job a name in a library: every campaign of those settings. Flats come behind the masters of their camera.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.model.frames import Kind
from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.master_groups import Wanted

VERSION = 1
_KINDS = {Kind.BIAS: "bias", Kind.DARK: "darks", Kind.FLAT: "flats", Kind.FLATDARK: "flat-darks"}


def plan(wanted: Sequence[Wanted], first: Iterable[Job] = (), gathering: Iterable[Job] = ()) -> list[Job]:
    """One job a name.

    Args:
        wanted: The names about which something may be due.
        first: Jobs that decide which frames pass, and hash them.
        gathering: Jobs that take masters made by hand in: what these cover need not be integrated. Their failing stops
            no master.
    """
    gathered = tuple(job.name for job in gathering)
    ahead: dict[tuple[str, str], list[str]] = {}
    for job in first:
        home = str(job.arguments.get("owner", "")), str(job.arguments.get("night", ""))
        ahead.setdefault(home, []).append(job.name)
    shared = [(one.camera, _name(one)) for one in wanted if one.kind is not Kind.FLAT]
    jobs = []
    for one in wanted:
        after = [name for owner, night in one.nights for name in ahead.get((owner, night.isoformat()), ())]
        if one.kind is Kind.FLAT:
            after += [name for camera, name in shared if camera == one.camera]
        jobs.append(_job(one, tuple(dict.fromkeys(after)), gathered))
    return jobs


def are_made(library: Path, *, series: str, is_open: bool) -> bool:
    """True when nothing is due about the masters of this name."""
    from pipeline.world.library import open_library
    from pipeline.world.master_groups import groups_now
    from pipeline.world.master_series import due_in

    return not due_in(groups_now(open_library(library), remember=False), series, is_open=is_open)


def make_masters(work: Work, *, series: str, is_open: bool) -> Outcome:
    """Make what is due of this name, the oldest campaign first."""
    from pipeline.world.master_series import settle_series

    says, counts = settle_series(work, series, is_open=is_open)
    return Outcome("; ".join(says), counts)


def _job(one: Wanted, after: tuple[str, ...], behind: tuple[str, ...]) -> Job:
    owner, night = one.nights[-1] if one.nights else (one.camera, None)
    return Job(
        stage="masters",
        name=_name(one),
        doc=f"Integrate {_KINDS[one.kind]} of {one.camera}",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.masters:make_masters",
        arguments={"series": one.name, "is_open": one.is_open},
        check="pipeline.stages.masters:are_made",
        check_arguments={"series": one.name, "is_open": one.is_open},
        after=after,
        behind=behind,
        rig=owner,
        night=night.isoformat() if night is not None else "",
    )


def _name(one: Wanted) -> str:
    return job_name("masters", one.name)
