"""Say how things stand: what waits for you, what is stuck and why, what is due, how the library is.

  doit status              in short: what happened, what waits for you, what to type; also while a run is at work
  doit status --all        everything: each set and file with its folder, every command, every sum
  doit status --rig C8E    everything that concerns one rig, or one camera's darks and bias
  doit status --measure    count the room the library takes anew, however long that takes

Nothing is changed: what is remembered for the next look lies in .nightbuild.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.commands.status_stuck import changed_frames, stuck_now
from pipeline.model.answers import Answer, Context
from pipeline.model.survey import Fate
from pipeline.rules import attention, overview
from pipeline.rules.advice import advice
from pipeline.rules.balance import weigh
from pipeline.rules.calibrated_standing import SetCalibrated
from pipeline.rules.calibration_due import WANTED
from pipeline.rules.notes import FOLDER, note_name
from pipeline.rules.overview import AtWork, Overview, Room
from pipeline.rules.overview_brief import brief_lines, only_of
from pipeline.rules.running import progress_of, progress_words
from pipeline.rules.runs import run_sentence, sum_run, tells_of_frames
from pipeline.rules.standing import (
    Standing,
    corrected_kinds,
    due,
    kind_subjects,
    standing,
    states,
)
from pipeline.rules.summaries import key_of
from pipeline.rules.waiting import Waiting, quarantined, waits
from pipeline.rules.witnesses import due_witnesses
from pipeline.stages import STAGES
from pipeline.world import runlog
from pipeline.world.adopted_status import offered_frames, unclear_files
from pipeline.world.attention import asked_by_folders, due_in_sets, heard_in_folders, sets_seen
from pipeline.world.calibrated_status import sets_calibrated
from pipeline.world.emptying import emptiable
from pipeline.world.guards import views_away
from pipeline.world.holders import Holder
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.library_states import states_of
from pipeline.world.link_modes import link_modes
from pipeline.world.local_time import local_words
from pipeline.world.lock import holder_of
from pipeline.world.master_status import masters_seen
from pipeline.world.master_waiting import masters_in_the_making
from pipeline.world.occupied import PATIENCE_S, occupied
from pipeline.world.retirement import leaving_now
from pipeline.world.rig_called import rig_called
from pipeline.world.scheduler_status import scheduler_waits
from pipeline.world.space import free_bytes
from pipeline.world.stackers.told import stacker_words, stackers_told
from pipeline.world.summing import filters_to_number
from pipeline.world.survey import Seen, see
from pipeline.world.tallies import read_tallies

_HEADINGS = {stage.name: stage.heading for stage in STAGES}
_RUNS = 10
"""So many runs are looked through for one that did something to frames."""
_LOOKED_AT = 2_000
"""Stored frames without a SHA-256 that are looked at one by one: more there are only after a kill."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("--all", action="store_true", help="everything, with every folder and command")
    parser.add_argument("--rig", default="", help="everything that concerns this rig or camera")
    parser.add_argument("--measure", action="store_true", help="measure the room the library takes anew")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Look at everything, and say what matters first."""
    library = open_library(context.library, context.environment)
    holder = holder_of(library.root)
    seen = see(library, remember=holder is None)  # a run at work remembers by itself
    found = look(seen, holder, measure=arguments.measure)
    return Answer(
        sentences=tuple(_lines(found, rig_called(library, arguments.rig), whole=arguments.all)),
        data=overview.overview_data(found),
        fit=True,
    )


def _lines(found: Overview, rig: str, *, whole: bool) -> Iterable[str]:
    if nothing := overview.nothing_here(found):
        return [nothing]
    if not rig:
        return overview.overview_lines(found) if whole else brief_lines(found)
    mine = list(overview.waiting_lines(only_of(found, rig)))
    return mine or [f"Nothing waits or is stuck that concerns {rig}."]


def look(seen: Seen, holder: Holder | None, *, measure: bool = False) -> Overview:
    """How a library stands that was seen."""
    library, survey = seen.library, seen.survey
    stands = _standing(seen, remember=holder is None)
    sums = weigh(survey, seen.outline.remembered(), lambda origin: key_of(*origin))
    nights = _nights(seen, holder)
    changed = (
        list(changed_frames(library.root, stands.unhashed)) if len(stands.unhashed) <= _LOOKED_AT else []
    )
    leaving, held = leaving_now(seen)
    return Overview(
        library=str(library.root),
        inboxes=[str(folder) for _, folder in library.inboxes],
        standing=stands,
        states=states(survey, stands, sums, nights.life),
        life=nights.life,
        sums=sums,
        due=due(
            survey,
            unhashed=len(stands.unhashed) - len(changed),
            notes=_notes_due(seen),
            leaving=len(leaving),
            witnesses=sum(map(len, due_witnesses(survey.arrivals, seen.near, seen.around).values())),
            in_sets=nights.due,
        ),
        waiting=[
            *nights.waiting,
            *offered_frames(library, seen.outline),
            *waits(survey, [rig.name for rig in library.configuration.rigs]),
            *nights.later,
            *held,
            *scheduler_waits(library),
        ],
        quarantined=quarantined(survey),
        stuck=[*nights.stuck, *stuck_now(seen, changed, holder), *unclear_files(library)],
        link_mode=link_modes(library, stands.last),
        room=_room(library, stands, measure=measure),
        running=_at_work(library, holder) if holder is not None else None,
        advice=[*nights.advice, *_advice(seen)],
        missing=nights.missing,
        masters=nights.masters,
        calibrated=nights.calibrated,
        last_run=_last_run(library),
        programs=[(one.name, stacker_words(one)) for one in stackers_told(library.configuration) if one.name],
        backup=_backup(seen, holder),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nights:
    """What the sets of open nights come to."""

    life: dict[str, int]
    due: dict[str, int]
    waiting: list[Waiting]
    later: list[Waiting]
    """What only time brings on."""
    stuck: list[Waiting]
    advice: list[str]
    missing: list[Waiting]
    masters: dict[str, Any]
    calibrated: list[SetCalibrated]


def _nights(seen: Seen, holder: Holder | None) -> _Nights:
    """The states of all stored frames; while a run is at work, the folders are its to look into."""
    library, now = seen.library, datetime.now(UTC)
    away = views_away(library, seen.outline, seen.guard)
    owners = away.owners | seen.guard.owners
    counted = states_of(library, seen.outline, seen.decisions, remember=holder is None)
    sets = sets_seen(library, counted)
    heard = heard_in_folders(counted, owners) if holder is None else {}
    masters = masters_seen(library, seen.outline, seen.decisions, counted.sets)
    making = masters_in_the_making(library)
    due = due_in_sets(counted, sets, heard, owners) | ({"distributed": masters.due} if masters.due else {})
    due |= {"masters": making.due} if making.due else {}
    calibrated = sets_calibrated(library, seen.outline)
    wanted = sum(one.state == WANTED for one in calibrated)
    due |= {"calibrated": wanted} if wanted else {}
    return _Nights(
        life=dict(counted.states),
        due=due,
        waiting=[
            *attention.asking(sets),
            *asked_by_folders(library, counted, heard),
            *making.waiting,
            *attention.waiting_for_you(sets, now),
        ],
        later=attention.not_over(sets),
        stuck=[
            *away.waits,
            *attention.stuck_sets(sets, now),
            *attention.further_nights(len(counted.unlooked)),
        ],
        advice=[*attention.to_know(sets), *masters.advice, *making.advice],
        missing=masters.waiting,
        masters=masters.data,
        calibrated=calibrated,
    )


def _advice(seen: Seen) -> list[str]:
    settings = seen.library.configuration
    folders = seen.outline.target_folders()
    said = advice(folders, seen.survey.arrivals, settings.targets, settings.warnings)
    return [*said, *filters_to_number(seen.library)]


def _standing(seen: Seen, *, remember: bool) -> Standing:
    """What is stored; the whole ledger is read only where a person called something another kind."""
    root, state = seen.library.root, seen.library.state
    stands = standing(read_tallies(root, state, remember=remember))
    if not kind_subjects(seen.decisions):
        return stands
    return replace(stands, kinds=corrected_kinds(stands.kinds, seen.ledger, seen.decisions))


def _at_work(library: OpenLibrary, holder: Holder) -> AtWork:
    progress = progress_of(runlog.read_running(library.state), holder.pid)
    return AtWork(
        who=holder.who(),
        says=progress_words(progress, _HEADINGS),
        pid=holder.pid,
        host=holder.host,
        since=holder.since,
        progress=progress,
    )


def _backup(seen: Seen, holder: Holder | None) -> str:
    """What only the library has; nothing is looked up where nothing is backed up."""
    if not seen.library.configuration.library.backup.enabled:
        return ""
    from pipeline.world.backup_coverage import lost_tonight

    return lost_tonight(seen.library, seen.outline.nights, remember=holder is None)


def _last_run(library: OpenLibrary) -> str:
    """The latest run that did anything to frames: when, how long, what came of it; a run of pages alone is no news."""
    latest = ""
    for path in runlog.run_logs(library.state)[:_RUNS]:
        found = sum_run(path.stem, runlog.read_log(path))
        if found is not None:
            said = run_sentence(found, local_words(found.begun) if found.begun else found.run)
            if tells_of_frames(found) or found.troubles:
                return said
            latest = latest or said
    return latest


def _notes_due(seen: Seen) -> int:
    """Sentences in _Quarantine that are not written yet."""
    wanted = {note_name(arrival) for arrival in seen.survey.arrivals if arrival.fate is Fate.QUARANTINE}
    folder = seen.library.root / FOLDER
    return sum(not (folder / name).exists() for name in wanted)


def _room(library: OpenLibrary, stands: Standing, *, measure: bool) -> Room:
    patience_s = None if measure else PATIENCE_S
    taken = occupied(library.root, library.state, str(stands.lines), patience_s=patience_s)
    return Room(
        free_bytes=free_bytes(library.root),
        occupied_bytes=taken.total_bytes,
        trash_bytes=emptiable(library).freed_bytes(),
        measured=f"as of {local_words(taken.when)}" if taken.is_remembered else "",
    )
