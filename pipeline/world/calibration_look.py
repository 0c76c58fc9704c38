"""A set's calibration as it stands: which lights are due, which copies have no accepted light now. Nothing is changed.

SetNow, its masters, manifest or headers ─look─▶ Calibrating          world/calibration_work does it
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.model.calibrated import CalibratedLight
from pipeline.model.frames import Kind
from pipeline.model.masters import SetMatch
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import State
from pipeline.rules.calibrating import basis_of, lacks
from pipeline.rules.calibration_due import (
    DONE,
    LEFT,
    WAITS,
    is_due,
    is_matched_since,
    missed,
    policy_digest,
    waits_for_bytes,
    without_words,
)
from pipeline.rules.layout import base_name, calibrated_folder, calibrated_path
from pipeline.rules.ledger import Record
from pipeline.world.calibrated_header import is_ours
from pipeline.world.calibrated_manifest import read_calibrated, row_in_header
from pipeline.world.chosen import chosen_masters
from pipeline.world.looking import SetNow
from pipeline.world.master_shelf import hash_of_master
from pipeline.world.opened_masters import MasterFile

_HELD = frozenset({State.ACCEPTED, State.MOVED_ON})
"""What was moved on to 30_Master and beyond keeps its copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrating:
    """The difference between what is so and what ought to be."""

    masters: tuple[MasterFile, ...] = ()
    dark_scale: float = 1.0
    bases: dict[str, str] = field(default_factory=dict)
    """Stored path of each accepted light to the digest of what it would be made from."""
    due: tuple[Member, ...] = ()
    rows: dict[str, CalibratedLight] = field(default_factory=dict)
    """What holds of lights that are not due."""
    remove: tuple[str, ...] = ()
    """Copies of ours whose light is accepted no more, or which have another name now."""
    lacking: tuple[str, ...] = ()
    """What to shoot before the set can be calibrated."""
    without: tuple[str, ...] = ()
    """What it is calibrated without: `flat`."""
    left: tuple[str, ...] = ()
    """Sentences about what cannot be done."""
    state: str = ""
    """What the ledger ought to say; empty: it says so."""
    why: str = ""

    @property
    def is_done(self) -> bool:
        """True when there is nothing to do."""
        return not (self.due or self.remove or self.state)


def look(now: SetNow) -> Calibrating:
    """What is due about a set's calibrated lights."""
    record = now.book.ledger.calibration.get(now.frames.id)
    is_wanted = record is not None and record.get("state") != LEFT
    return _look(now, record) if record is not None and is_wanted else Calibrating()


def look_as_asked(now: SetNow) -> Calibrating:
    """What would be due if a person asked for it."""
    return _look(now, {**now.book.ledger.calibration.get(now.frames.id, {}), "asked": True})


def _look(now: SetNow, record: Record) -> Calibrating:
    if now.frames.kind is not Kind.LIGHT or not now.rig.calibrate.enabled:
        return Calibrating()
    kept = read_calibrated(now.book.library, now.frames.id)
    names = targets_of(now.frames, now.rig.calibrate.suffix)
    remove = tuple(_stale(now, kept, names))
    edited = tuple(edited_copies(now))
    accepted = [one for one in now.frames.members if now.standings[one.stored].state is State.ACCEPTED]
    if not accepted:
        return Calibrating(remove=remove, left=edited, state=_state_due(now, record, DONE))
    found = _look_at_lights(now, record, accepted, kept, names, remove)
    return replace(found, left=(*found.left, *edited))


def targets_of(frames: FrameSet, suffix: str) -> dict[str, str]:
    """The calibrated copy of each light of a set, by stored path."""
    found: dict[str, str] = {}
    for member in frames.members:
        path = calibrated_path(frames.data, member.name, suffix)
        if path in found.values():  # the same name with another ending
            name = member.name.replace(".", "_")
            path = calibrated_path(frames.data, f"{base_name(name)[0]}.fits", suffix)
        found[member.stored] = path
    return found


def _look_at_lights(
    now: SetNow,
    record: Record,
    accepted: list[Member],
    kept: dict[str, CalibratedLight],
    names: dict[str, str],
    remove: tuple[str, ...],
) -> Calibrating:
    policy, match = now.rig.calibrate, chosen_masters(now)
    masters = tuple(_files(now, match))
    hashes = {one.kind: one.sha256 for one in masters}
    wanting = lacks(hashes, policy)
    lacking = tuple(
        found.missing or kind.value.lower() if (found := match.matches.get(kind)) else kind.value.lower()
        for kind in wanting
    )
    without = tuple(missed(hashes))
    state = _state_due(now, record, WAITS if lacking or without else DONE)
    why = "; ".join(lacking) or without_words(without)
    if lacking or not masters or waits_for_bytes(now.book.ledger, now.frames.id, record):
        state = state if lacking or not masters else ""
        return Calibrating(remove=remove, lacking=lacking, state=state, why=why, rows=kept)
    dark = match.matches.get(Kind.DARK)
    scale = dark.chosen.scale if dark is not None and dark.chosen is not None else 1.0
    bases, rows, due, left = {}, {}, [], []
    for member in accepted:
        if member.sha256 is None:
            left.append(f"{member.name}: its SHA-256 is not recorded yet")
            continue
        bayer = member.frame.bayer or now.rig.camera.bayer or ""
        basis = bases[member.stored] = basis_of(member.sha256, hashes, scale, policy, bayer)
        row = _row(now, member, kept, names[member.stored])
        if row is not None:
            rows[member.stored] = row
        elif os.path.lexists(now.book.library.root / names[member.stored]):
            left.append(f"{names[member.stored]}: is not ours by its header; move it away, run `doit`")
            continue
        if is_due(row, basis, hashes, policy, asked=bool(record.get("asked"))):
            due.append(member)
    return Calibrating(
        masters=masters,
        dark_scale=scale,
        bases=bases,
        due=tuple(due),
        rows=rows,
        remove=remove,
        without=without,
        left=tuple(left),
        state=state,
        why=why,
    )


def _files(now: SetNow, match: SetMatch) -> Iterator[MasterFile]:
    library = now.book.library
    for kind, one in sorted(match.matches.items()):
        if one.chosen is not None and kind in {Kind.BIAS, Kind.DARK, Kind.FLAT}:
            master = one.chosen.master
            sha256 = master.sha256 or hash_of_master(library, master)
            yield MasterFile(kind=kind, path=library.root / master.path, sha256=sha256, frame=master.frame)


def _state_due(now: SetNow, record: Record, state: str) -> str:
    """The state to be written down; empty where the ledger says it already."""
    is_old = is_matched_since(now.book.ledger, now.frames.id, record)
    is_said = record.get("state") == state and not (state == WAITS and is_old)
    is_same = state != WAITS or record.get("policy") == policy_digest(now.rig.calibrate)
    return "" if is_said and is_same else state


def _row(
    now: SetNow, member: Member, kept: dict[str, CalibratedLight], target: str
) -> CalibratedLight | None:
    """What holds of a light: its row, where the copy is as the row says, else what the copy's header says."""
    row = kept.get(member.stored)
    if row is not None and (row.withheld or row.trouble):
        return row
    try:
        seen = (now.book.library.root / target).lstat()
    except OSError:
        return None
    if row is not None and (row.target, row.size, row.mtime_ns) == (target, seen.st_size, seen.st_mtime_ns):
        return row
    return row_in_header(now.book.library, member.stored, target, member.sha256 or "")


def _stale(now: SetNow, kept: dict[str, CalibratedLight], names: dict[str, str]) -> Iterator[str]:
    """Copies of ours that no accepted light has any more; another light's under the same name stays."""
    wanted = {target for stored, target in names.items() if now.standings[stored].state in _HELD}
    hashes = {one.stored: one.sha256 or "" for one in now.frames.members}
    told = [*names.items(), *((row.stored, row.target) for row in kept.values() if row.target)]
    for stored, target in dict.fromkeys(told):
        if target not in wanted and is_copy_of(now, target, kept.get(stored), hashes.get(stored, "")):
            yield target


def edited_copies(now: SetNow) -> list[str]:
    """A sentence for each copy that stays though its light is accepted no more: it is not as it was made."""
    if now.frames.kind is not Kind.LIGHT or not now.rig.calibrate.enabled:
        return []
    root, kept = now.book.library.root, read_calibrated(now.book.library, now.frames.id)
    if not (root / calibrated_folder(now.frames.data)).is_dir():
        return []
    names = targets_of(now.frames, now.rig.calibrate.suffix)
    wanted = {target for stored, target in names.items() if now.standings[stored].state in _HELD}
    hashes = {one.stored: one.sha256 or "" for one in now.frames.members}
    return [
        f"{target}: its light is accepted no more, but it is not as it was made (edited?), so it stays; "
        "delete it if you do not want it"
        for stored, target in names.items()
        if target not in wanted and os.path.lexists(root / target)
        if not is_copy_of(now, target, kept.get(stored), hashes[stored])
    ]


def is_copy_of(now: SetNow, target: str, row: CalibratedLight | None, light_sha256: str) -> bool:
    """True when a light's copy lies there as we made it: by its row, else by its header and pixels."""
    path = now.book.library.root / Path(target)
    try:
        seen = path.lstat()
    except OSError:
        return False
    if row is not None and (row.target, row.size, row.mtime_ns) == (target, seen.st_size, seen.st_mtime_ns):
        return True
    basis = row.basis if row is not None else ""
    return bool(light_sha256 or basis) and is_ours(path, light_sha256, basis)
