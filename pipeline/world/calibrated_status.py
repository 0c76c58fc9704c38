"""How far the calibrated lights are, for `doit status` and `doit plan`: from manifests and the ledger's outline.

manifests/<set>/calibrated.json     what was made, withheld, impossible
outline                             which sets are to be calibrated, which wait        no picture is opened
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from pipeline.model.calibrated import CalibrationProgress
from pipeline.model.rigs import Rig
from pipeline.rules.calibrated_standing import SetCalibrated
from pipeline.rules.calibration_due import WAITS, WANTED, policy_digest
from pipeline.rules.forecast import Does, Step
from pipeline.rules.ledger import ledger_file
from pipeline.rules.outline import Outline
from pipeline.world import ledger as ledgers
from pipeline.world.calibrated_manifest import FILE, read_calibrated, read_progress
from pipeline.world.library import OpenLibrary

_NIGHTS_READ = 12
"""Nights whose ledger is read for what their sets wait for: the latest."""
Open = tuple[str, date, str, str]
"""Rig, night, set and state."""


def sets_calibrated(library: OpenLibrary, outline: Outline) -> list[SetCalibrated]:
    """Every set something is known of."""
    known = {name: one for name in _in_manifests(library) if (one := read_progress(library, name))}
    still = {name: (owner, night, state) for owner, night, name, state in open_calibrations(library, outline)}
    waits = _reasons(library, still.values())
    lights = {
        one.set: one.frames
        for summary in outline.journals.values()
        for one in summary.lacks
        if one.kind and one.set
    }
    found = []
    for name in sorted(known.keys() | still.keys()):
        owner, _, state = still.get(name, (name.partition("/")[0], None, ""))
        progress = known.get(name) or CalibrationProgress(accepted=lights.get(name, 0), calibrated=0)
        found.append(
            SetCalibrated(
                set=name,
                rig=owner,
                progress=progress,
                state=state,
                why=waits.get(name, ""),
                **_troubles(library, name, progress),
            )
        )
    return found


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


def _in_manifests(library: OpenLibrary) -> Iterator[str]:
    home = library.state / "manifests"
    for folder, _, names in os.walk(home):
        if FILE in names:
            yield Path(folder).relative_to(home).as_posix()


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
