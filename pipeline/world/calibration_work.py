"""A set's lights calibrated: what world/calibration_look found due, done, light by light.

    remove stale copies ─▶ room? ─▶ masters opened once ─▶ batch by batch: calibrated, placed, noted ─▶ ledger

A run that is killed goes on at the light where it was: what was placed says in its own header what it is made from.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

from pipeline.model.calibrated import CalibratedLight
from pipeline.model.errors import FrameError, NoRoom
from pipeline.model.sets import Member
from pipeline.model.verdicts import State
from pipeline.rules.calibration_due import HASH_DIGITS, WAITS
from pipeline.rules.spoken import counted, sized
from pipeline.world.calibrated_header import is_ours
from pipeline.world.calibrated_manifest import write_calibrated
from pipeline.world.calibrating import Light, Result
from pipeline.world.calibration_crew import calibrate_all
from pipeline.world.calibration_look import Calibrating, targets_of
from pipeline.world.calibration_said import say
from pipeline.world.files import make_folder, require_inside, sweep_parts, sync_folder
from pipeline.world.looking import SetNow
from pipeline.world.opened_masters import Ready, open_correction
from pipeline.world.pictures import open_picture
from pipeline.world.space import room_for
from pipeline.world.tidying import remove_hollow
from pipeline.world.workers import half_of_memory_mb

BATCH = 16
"""Lights between two notes and two looks at the room that is left."""
_SLACK_BYTES = 1 << 16
_MEMORY_A_LIGHT_MB = 40
_BYTES = {"float32": 4, "uint16": 2}


@dataclass(slots=True)
class Done:
    """What was done about a set, for the diary."""

    counts: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)


def calibrate_set(now: SetNow, due: Calibrating, tell: Callable[[int, int], None]) -> Done:
    """Do what is due.

    Raises:
        NoRoom, PassingError: not all could be done just now; what was is in its place.
    """
    done = Done(remarks=list(due.left))
    done.counts["taken back"] += _remove(now, due.remove)
    rows = dict(due.rows)
    state, why = due.state, due.why
    if due.lacking:
        done.remarks.append(f"not calibrated, it lacks {'; '.join(due.lacking)}")
    elif due.due:
        try:
            _calibrate(now, due, rows, done, tell)
        except FrameError as error:  # a master is not what it was
            state, why = WAITS, str(error)
            done.remarks.append(str(error))
        else:
            done.remarks += [f"without {word}" for word in due.without]
    _note(now, rows)
    if state:
        say(now, state, why)
    return done


def _remove(now: SetNow, targets: Sequence[str]) -> int:
    """Take copies of ours away; how many went."""
    root, gone = now.book.library.root, 0
    for target in targets:
        path = root / target
        require_inside(root, path)
        if is_ours(path):
            with suppress(FileNotFoundError):
                path.unlink()
                gone += 1
    folders = sorted({(root / target).parent for target in targets})
    for folder in folders:
        if folder.is_dir():
            sync_folder(folder)
    remove_hollow(root, folders)
    return gone


def _calibrate(
    now: SetNow,
    due: Calibrating,
    rows: dict[str, CalibratedLight],
    done: Done,
    tell: Callable[[int, int], None],
) -> None:
    root, policy, of = now.book.library.root, now.rig.calibrate, len(due.due)
    names = targets_of(now.frames, policy.suffix)
    folder = root / next(iter(names.values()))
    require_inside(root, folder)
    _require_room(now, due.due)
    bayer = due.due[0].frame.bayer or now.rig.camera.bayer or ""
    ready = open_correction(due.masters, policy, bayer=bayer, dark_scale=due.dark_scale)
    done.remarks += ready.remarks
    make_folder(folder.parent)
    sweep_parts(folder.parent)
    finished = 0
    for batch in _batches(due.due):
        _require_room(now, batch)
        lights = {
            str(root / one.stored): (one, _light(now, one, names[one.stored], due, bayer)) for one in batch
        }
        try:
            crew = calibrate_all([one for _, one in lights.values()], ready, _workers(now, ready))
            with closing(crew):
                for light, result in crew:
                    member = lights[light.path][0]
                    rows[member.stored] = _row(now, member, names[member.stored], due, result, done)
                    finished += 1
                    tell(finished, of)
        finally:
            _note(now, rows)


def _batches(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    for first in range(0, len(members), BATCH):
        yield members[first : first + BATCH]


def _light(now: SetNow, member: Member, target: str, due: Calibrating, bayer: str) -> Light:
    root, row = now.book.library.root, due.rows.get(member.stored)
    return Light(
        path=str(root / member.stored),
        target=str(root / target),
        frame=member.frame,
        sha256=member.sha256 or "",
        basis=due.bases[member.stored],
        bayer=bayer,
        there=(row.size, row.mtime_ns) if row is not None and row.target == target else None,
    )


def _row(
    now: SetNow, member: Member, target: str, due: Calibrating, result: Result | FrameError, done: Done
) -> CalibratedLight:
    masters = {one.kind.value: one.sha256[:HASH_DIGITS] for one in due.masters}
    basis = due.bases[member.stored]
    if isinstance(result, FrameError):
        done.counts["not calibrated"] += 1
        said = str(result).removeprefix(f"{now.book.library.root / member.stored}: ")
        done.remarks.append(f"{member.name}: {said}")
        return CalibratedLight(stored=member.stored, basis=basis, masters=masters, trouble=said)
    is_withheld = not result.size
    done.counts["withheld" if is_withheld else "calibrated"] += 1
    if is_withheld:
        reason = result.reasons[0] if result.reasons else "its score is too low"
        done.remarks.append(f"{member.name} withheld, score {result.score:.0f}: {reason}")
    counts = result.counts
    return CalibratedLight(
        stored=member.stored,
        target=target,
        basis=basis,
        masters=masters,
        size=result.size,
        mtime_ns=result.mtime_ns,
        score=result.score,
        reasons=result.reasons,
        withheld=is_withheld,
        negative=counts.negative,
        clipped=counts.clipped,
        undivided=counts.undivided,
        filled=counts.filled,
    )


def _note(now: SetNow, rows: dict[str, CalibratedLight]) -> None:
    write_calibrated(now.book.library, now.frames.id, rows.values(), now.count(State.ACCEPTED))


def bytes_of(now: SetNow, members: Sequence[Member]) -> int:
    """What the calibrated copies of these lights take."""
    each = _BYTES[now.rig.calibrate.output]
    return sum(_pixels(now, one) * each + _SLACK_BYTES for one in members)


def _pixels(now: SetNow, member: Member) -> int:
    frame = member.frame
    if frame.width_px and frame.height_px:
        return frame.width_px * frame.height_px * (frame.planes or 1)
    shape = open_picture(now.book.library.root / member.stored).shape
    return shape[-1] * shape[-2] * (shape[0] if len(shape) == 3 else 1)


def _require_room(now: SetNow, members: Sequence[Member]) -> None:
    root, keep = now.book.library.root, now.book.library.configuration.library.keep_free
    wanted = bytes_of(now, members)
    room = room_for(wanted, root / now.frames.data, keep_percent=keep.percent, keep_gb=keep.gb)
    if not room.fits:
        raise NoRoom(
            f"{root / now.frames.data}: {counted(len(members), 'calibrated light')} would take {sized(wanted)}, "
            f"{sized(room.short_bytes)} more than may be used; make room, run `doit`"
        )


def _workers(now: SetNow, ready: Ready) -> int:
    limits = now.book.library.configuration.library.limits
    planes = ready.correction.planes
    held = sum(part.nbytes for one in planes for part in (one.taken, one.factor) if part is not None) >> 20
    free = (limits.memory_mb or half_of_memory_mb()) - held
    return max(1, min(limits.workers or os.cpu_count() or 1, free // _MEMORY_A_LIGHT_MB))
