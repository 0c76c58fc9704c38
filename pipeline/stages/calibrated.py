"""Accepted lights calibrated, beside the originals, for rigs that ask for it: (light − dark) ÷ flat.

accepted lights, masters chosen for good ─▶ 20_Data/<target>/calibrated/DATE_…/FILTER_…/<name>_calibrated.fits

A set of an open night has a job of its own. Sealed sets that wait for masters, were broken off, or that a person asked
for, share one, behind the masters: it opens nothing until the ledger says something new of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.model.errors import NightbuildError, PassingError
from pipeline.model.frames import Kind
from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.library import Configuration
from pipeline.model.set_jobs import set_job, set_job_name
from pipeline.model.sets import FrameSet
from pipeline.rules.calibration_due import WANTED, policy_digest
from pipeline.rules.plan_priority import NOTHING_SAID, Named, Urgency
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.set_words import set_line
from pipeline.rules.spoken import counted

if TYPE_CHECKING:
    from pipeline.world.looking import SetNow

VERSION = 1
LATE = job_name("calibrated", "late")
Night = tuple[str, date]
Open = Sequence[tuple[str, str, str]]
"""Sets that are to be calibrated and are not yet, as a night's summary has them."""


def plan(
    sets: Iterable[FrameSet], configuration: Configuration, urgency: Urgency = NOTHING_SAID
) -> list[Job]:
    """One job a set of lights whose rig asks for it, behind its masters; the most urgent first.

    Args:
        sets: The sets whose night is over.
        configuration: What their rigs ask for.
        urgency: What people said of the order.
    """
    return [
        set_job(
            one,
            f"Calibrate {one.label}",
            calibrate_lights,
            is_calibrated,
            version=VERSION,
            after=(set_job_name("accepted", one), set_job_name("distributed", one)),
        )
        for one in urgency.sort(sets)
        if one.kind is Kind.LIGHT and _is_asked_for(configuration, one.rig)
    ]


def _is_asked_for(configuration: Configuration, rig: str) -> bool:
    return (configuration.rig(rig) or configuration.stranger).calibrate.enabled


def plan_late(
    waiting: Mapping[Night, Open], configuration: Configuration, serving: Sequence[str] = ()
) -> list[Job]:
    """The job of sealed sets; none where no rig asks for calibration.

    Args:
        waiting: By night, its sets that are to be calibrated and are not yet.
        configuration: What their rigs ask for.
        serving: Names of the jobs that may bring masters to sets that wait; what is wanted waits for no other's job.
    """
    rigs = {rig_key(rig.name): rig.calibrate for rig in configuration.rigs}
    usual = configuration.stranger.calibrate
    if not any(policy.enabled for policy in (*rigs.values(), usual)):
        return []
    owners: dict[str, dict[str, dict[str, list[str]]]] = {}
    for (owner, night), found in sorted(waiting.items(), key=lambda one: one[0][1], reverse=True):
        for name, state, asked in found:
            policy = rigs.get(rig_key(owner), usual)
            if policy.enabled:  # what its rig asks for by now may be something else
                now = state if asked == policy_digest(policy) else WANTED
                owners.setdefault(owner, {}).setdefault(night.isoformat(), {}).setdefault(now, []).append(
                    name
                )
    arguments = {"owners": owners}
    waits = any(told.keys() - {WANTED} for nights in owners.values() for told in nights.values())
    return [
        Job(
            stage="calibrated",
            name=LATE,
            doc="Calibrate lights of earlier nights",
            settings={"VERSION": VERSION},
            effect="pipeline.stages.calibrated:calibrate_late",
            arguments=arguments,
            check="pipeline.stages.calibrated:is_calibrated_late",
            check_arguments=arguments,
            behind=tuple(serving) if waits else (),
        )
    ]


def is_calibrated(library: Path, *, owner: str, night: str, set_id: str) -> bool:
    """True when each accepted light has its calibrated copy, as far as it can have one."""
    from pipeline.world.calibration_look import look
    from pipeline.world.looking import look_up_set

    now = look_up_set(library, owner, night, set_id)
    return now is None or look(now).is_done


def calibrate_lights(work: Work, *, owner: str, night: str, set_id: str) -> Outcome:
    """Calibrate what is due, take back what has no accepted light any more."""
    from pipeline.world.looking import look_up_set

    now = look_up_set(work.library, owner, night, set_id)
    return Outcome() if now is None else _calibrate(now, work.progress)


def _calibrate(now: SetNow, tell: Callable[[int, int], None]) -> Outcome:
    from pipeline.world.calibration_crew import one_set_at_a_time
    from pipeline.world.calibration_look import look
    from pipeline.world.calibration_work import calibrate_set

    with one_set_at_a_time(now.frames.data):  # looked at inside: another job may just have done it
        done = calibrate_set(now, look(now), tell)
    return Outcome(set_line(now.frames, done.counts, done.remarks), dict(done.counts))


def is_calibrated_late(library: Path, *, owners: Mapping[str, Mapping[str, Any]]) -> bool:
    """True when nothing can be done about any of these sets that could not be before."""
    return not any(
        not is_calibrated(library, owner=owner, night=night, set_id=name)
        for owner, night, name in _open_now(library, owners)
    )


def _open_now(library: Path, owners: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]) -> list[Named]:
    """The sets worth a look: those that are wanted, and those whose masters were chosen in this very run."""
    found = [
        (owner, night, name)
        for owner, nights in owners.items()
        for night, told in nights.items()
        for name in told.get(WANTED, ())
    ]
    waiting = {
        (owner, night)
        for owner, nights in owners.items()
        for night, told in nights.items()
        if told.keys() - {WANTED}
    }
    return found + (_came(library, waiting, set(found)) if waiting else [])


def _came(library: Path, nights: set[tuple[str, str]], known: set[Named]) -> list[Named]:
    from pipeline.rules.ledger import ledger_file
    from pipeline.world.library import open_library
    from pipeline.world.summaries import read_outline

    journals = read_outline(library, open_library(library).state, remember=False).journals
    return [
        one
        for owner, night in sorted(nights)
        if (summary := journals.get(ledger_file(owner, date.fromisoformat(night)))) is not None
        for name, state, _ in summary.calibration
        if state == WANTED and (one := (owner, night, name)) not in known
    ]


def _in_order(library: Path, sets: Sequence[Named]) -> Sequence[Named]:
    """The most urgent first."""
    if len(sets) < 2:
        return sets
    from pipeline.world.library import open_library
    from pipeline.world.urgency import read_urgency

    return read_urgency(open_library(library)).sort_named(sets)


def calibrate_late(work: Work, *, owners: Mapping[str, Mapping[str, Any]]) -> Outcome:
    """The same for sets of earlier nights, the most urgent first; one's trouble stops no other."""
    from pipeline.world.looking import look_up_set

    counts: dict[str, float] = {}
    troubles: list[NightbuildError] = []
    said: list[str] = []
    for owner, night, name in _in_order(work.library, _open_now(work.library, owners)):
        now = look_up_set(work.library, owner, night, name)
        if now is None:
            continue
        try:
            done = _calibrate(now, work.progress)
        except NightbuildError as error:
            troubles.append(error)
            continue
        counts = {
            key: counts.get(key, 0) + done.counts.get(key, 0) for key in counts.keys() | done.counts.keys()
        }
        said += [done.says] if done.says else []
    if troubles:
        raise next((one for one in troubles if isinstance(one, PassingError)), troubles[0])
    more = f"; {counted(len(said) - 1, 'more set')}" if len(said) > 1 else ""
    return Outcome(said[0] + more if said else "", counts)
