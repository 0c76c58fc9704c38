"""How far the calibrated lights are: lines of `doit status`, one a rig, and one a set about which something is wrong.

C8E: 96 of 120 accepted lights calibrated (80 %)
  M31/...: waits for darks of 300 s at −10 °C                       doit match SET
  M31/...: 1 accepted light has no calibrated copy                  doit calibrate SET --yes
  M31/...: 3 withheld, they failed their check: 4 % of ...          doit match SET
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.model.calibrated import CalibratedLight, CalibrationProgress
from pipeline.rules.calibration_due import WAITS, WANTED, is_without
from pipeline.rules.cull_words import rig_word
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.rules.waiting import NEXT_RUN, Waiting

_SHOWN = 4
"""Sets with something wrong that are shown of each rig."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCalibrated:
    """How far a set is."""

    set: str
    rig: str
    progress: CalibrationProgress
    state: str = ""
    """`wanted` or `waits`; empty: nothing is due."""
    why: str = ""
    """What it waits for."""
    withheld_for: str = ""
    """Why a light of it failed its check."""
    failed_for: str = ""
    """Why a light of it could not be calibrated."""


def calibrated_lines(sets: Sequence[SetCalibrated]) -> list[Waiting]:
    """A line a rig, then its sets with something wrong."""
    rigs: dict[str, list[SetCalibrated]] = {}
    for one in sorted(sets, key=lambda one: (one.rig, one.set)):
        rigs.setdefault(one.rig, []).append(one)
    return [line for rig, found in rigs.items() for line in (_of_rig(rig, found), *_wrong(found))]


def calibrated_data(sets: Sequence[SetCalibrated]) -> list[dict[str, Any]]:
    """The same for programs, set by set."""
    return [asdict(one) for one in sorted(sets, key=lambda one: one.set)]


def _of_rig(rig: str, sets: Sequence[SetCalibrated]) -> Waiting:
    accepted = sum(one.progress.accepted for one in sets)
    done = sum(one.progress.calibrated for one in sets)
    share = f" ({100 * done // accepted} %)" if accepted else ""
    parts = [f"{rig_word(rig)}: {done:,} of {counted(accepted, 'accepted light')} calibrated{share}"]
    withheld = sum(one.progress.withheld for one in sets)
    parts += [f"{withheld:,} withheld"] if withheld else []
    wanted = sum(one.state == WANTED for one in sets)
    parts += [f"{counted(wanted, 'set')} due with the next `doit`"] if wanted else []
    outdated = sum(one.progress.outdated for one in sets)
    parts += [f"{outdated:,} by masters they no longer have"] if outdated else []
    waits = sum(one.state == WAITS for one in sets)
    parts += [f"{counted(waits, 'set')} {'waits' if waits == 1 else 'wait'} for masters"] if waits else []
    is_done = done == accepted and len(parts) == 1
    return Waiting(what=", ".join(parts), where="", command=NEXT_RUN, brief="" if is_done else None)


def _wrong(sets: Iterable[SetCalibrated]) -> Iterator[Waiting]:
    lines = [line for one in sets for line in _of_set(one)]
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        what = f"and {len(lines) - _SHOWN} more: `doit status --json`"
        yield Waiting(what=what, where="", command=NEXT_RUN)


def _of_set(one: SetCalibrated) -> Iterator[Waiting]:
    match, done = f"doit match {as_typed(one.set)}", one.progress
    if one.state == WAITS:
        yield Waiting(what=f"{_short(one)}: {_waiting_words(one)}", where="", command=match)
    if done.withheld:
        said = f"{counted(done.withheld, 'light')} failed the check and {_is_are(done.withheld)} withheld"
        advice = "Better masters let them in, or another min_score under [calibrate] in its rig file"
        why = one.withheld_for or "its diary says why"
        what = f"{_short(one)}: {said}: {why}{'' if why.endswith('?') else '.'} {advice}"
        yield Waiting(what=what, where="", command=match)
    if done.failed:
        said = f"{counted(done.failed, 'light')} could not be calibrated: {one.failed_for or 'its diary says why'}"
        yield Waiting(
            what=f"{_short(one)}: {said}", where="", command=f"doit calibrate {as_typed(one.set)} --yes"
        )
    if done.missing:
        have = "has" if done.missing == 1 else "have"
        said = f"{counted(done.missing, 'accepted light')} {have} no calibrated copy (any more)"
        yield Waiting(
            what=f"{_short(one)}: {said}", where="", command=f"doit calibrate {as_typed(one.set)} --yes"
        )


def _waiting_words(one: SetCalibrated) -> str:
    """What a set waits for, and whether copies lie there all the same."""
    missing = one.why.partition("; or choose")[0] or "a master"
    if one.progress.outdated:
        lights = counted(one.progress.outdated, "calibrated light")
        return f"made with a master it no longer has: {lights}. It waits for a required one: {missing}"
    if one.progress.calibrated and is_without(missing):
        return f"calibrated with less ({missing}), and once more when it comes"
    if one.progress.calibrated:
        return f"stays as it is: {missing}"
    return f"waits for a required master: {missing}"


def _short(one: SetCalibrated) -> str:
    """The set below its rig's line: `M31/DATE_2026-01-14/FILTER_L_EXP_300.00`; its whole name stands in the command."""
    return one.set.partition("/")[2] or one.set


def _is_are(number: int) -> str:
    return "is" if number == 1 else "are"


def light_lines(row: CalibratedLight | None) -> list[str]:
    """What became of one light, for `doit why`."""
    if row is None:
        return []
    if row.trouble:
        return [f"not calibrated: {row.trouble}"]
    said = f"{'withheld' if row.withheld else 'calibrated'}, score {row.score:.0f}"
    reasons = f": {'; '.join(row.reasons)}" if row.reasons else ""
    return [f"{said}{reasons}", *([row.target] if row.target and not row.withheld else [])]
