"""How far the calibrated lights are, for `doit status` and `doit plan`: by the ledger's outline and what lies there.

outline                             which sets are calibrated, are to be, or wait; where their lights lie
20_Data/<target>/calibrated         how many copies there are: names are counted, no picture is opened
manifests/<set>/calibrated.json     why others were withheld or impossible; without it that is not known
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from pipeline.model.calibrated import CalibrationProgress
from pipeline.model.rigs import Rig
from pipeline.rules.calibrated_standing import SetCalibrated
from pipeline.rules.calibration_due import CHANGED, WAITS, WANTED, is_without, policy_digest
from pipeline.rules.forecast import Does, Step
from pipeline.rules.layout import calibrated_folder
from pipeline.rules.ledger import ledger_file
from pipeline.rules.outline import Outline
from pipeline.world import ledger as ledgers
from pipeline.world.calibrated_manifest import read_calibrated, read_progress
from pipeline.world.library import OpenLibrary

_NIGHTS_READ = 12
"""Nights whose ledger is read for what their sets wait for: the latest."""
Open = tuple[str, date, str, str]
"""Rig, night, set and state."""


def sets_calibrated(library: OpenLibrary, outline: Outline) -> list[SetCalibrated]:
    """Every set that is calibrated or is to be."""
    still = {name: (owner, night, state) for owner, night, name, state in open_calibrations(library, outline)}
    waits = _reasons(library, still.values())
    homes: dict[tuple[str, str], dict[str, int]] = {
        (owner, name): {} for name, (owner, _, _) in still.items()
    }
    for owner, night in outline.nights:
        summary = outline.journals.get(ledger_file(owner, night))
        for name, folder, lights in summary.copies if summary is not None else ():
            homes.setdefault((owner, name), {})[folder] = lights
    return [
        _seen(library, owner, name, folders, still[name][2] if name in still else "", waits.get(name, ""))
        for (owner, name), folders in sorted(homes.items(), key=lambda one: one[0][1])
    ]


def _seen(
    library: OpenLibrary, owner: str, name: str, homes: Mapping[str, int], state: str, why: str
) -> SetCalibrated:
    """How far a set is: what lies there is counted, whatever was noted; the notes say what came of the others."""
    policy = _rig(library, owner).calibrate
    noted = read_progress(library, name) or CalibrationProgress(accepted=0, calibrated=0)
    lights = sum(homes.values())
    there = sum(
        min(_copies(library.root / calibrated_folder(folder), policy.suffix), number)
        for folder, number in homes.items()
    )
    rest = lights - there
    is_outdated = state == WAITS and not (is_without(why) or CHANGED in why)
    withheld = min(noted.withheld, rest)
    failed = min(noted.failed, rest - withheld)
    is_due = state == WANTED or (state == WAITS and not there)
    progress = replace(
        noted,
        accepted=lights,
        calibrated=0 if is_outdated else there,
        outdated=there if is_outdated else 0,
        withheld=withheld,
        failed=failed,
        missing=rest - withheld - failed if policy.enabled and not is_due else 0,
        percent=round(100 * there / lights, 1) if lights and not is_outdated else 0.0,
    )
    troubles = _troubles(library, name, progress)
    return SetCalibrated(set=name, rig=owner, progress=progress, state=state, why=why, **troubles)


def _copies(folder: Path, suffix: str) -> int:
    """How many calibrated lights lie in a folder: one look at it, none at a file."""
    ending = f"{suffix}.fits"
    try:
        with os.scandir(folder) as entries:
            return sum(one.name.endswith(ending) and not one.name.startswith(".") for one in entries)
    except OSError:
        return 0


def open_calibrations(library: OpenLibrary, outline: Outline) -> list[Open]:
    """The sets that are to be calibrated or wait for a master, of rigs that ask for it."""
    return [
        (
            owner,
            night,
            name,
            WANTED if asked != policy_digest(_rig(library, owner).calibrate) else state,
        )
        for owner, night in outline.nights
        if (summary := outline.journals.get(ledger_file(owner, night))) is not None
        for name, state, asked in summary.calibration
        if _rig(library, owner).calibrate.enabled
    ]


def steps_of_calibration(library: OpenLibrary, outline: Outline) -> list[Step]:
    """The sets the next run calibrates, as far as the ledger says so now, for `doit plan`."""
    return [
        Step(
            file=name,
            does=Does.CALIBRATE,
            why="accepted, and to be calibrated",
            rig=owner,
            night=night.isoformat(),
            kind="LIGHT",
        )
        for owner, night, name, state in open_calibrations(library, outline)
        if state == WANTED
    ]


def _rig(library: OpenLibrary, owner: str) -> Rig:
    return library.configuration.rig(owner) or library.configuration.stranger


def _reasons(library: OpenLibrary, still: Iterable[tuple[str, date, str]]) -> dict[str, str]:
    """What the sets that wait wait for."""
    nights = sorted({(night, owner) for owner, night, state in still if state == WAITS}, reverse=True)
    found: dict[str, str] = {}
    for night, owner in nights[:_NIGHTS_READ]:
        told = ledgers.read_night(library.root, owner, night).calibration
        found |= {name: str(record.get("why", "")) for name, record in told.items()}
    return found


def _troubles(library: OpenLibrary, name: str, progress: CalibrationProgress) -> dict[str, str]:
    """Why lights of a set are withheld, or could not be calibrated: of the first such light."""
    if not (progress.withheld or progress.failed):
        return {}
    rows = read_calibrated(library, name).values()
    withheld = next(("; ".join(row.reasons) for row in rows if row.withheld), "")
    return {
        "withheld_for": withheld,
        "failed_for": next((row.trouble for row in rows if row.trouble), ""),
    }
