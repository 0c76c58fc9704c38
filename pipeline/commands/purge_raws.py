"""`doit purge --raw-calibration`: raw bias, darks, flat-darks and flats whose master is proven, group by group."""

from __future__ import annotations

import argparse
import errno
import shlex
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import PassingError, UserError
from pipeline.model.frames import Kind
from pipeline.model.master_groups import Group
from pipeline.rules.addresses import read_address
from pipeline.rules.ledger import Ledger
from pipeline.rules.phrases import meant
from pipeline.rules.purge_raws import ORDER, WORDS, Case
from pipeline.rules.purge_said import few, unexpected
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.spoken import counted, sized
from pipeline.world.library import OpenLibrary
from pipeline.world.lock import Lock
from pipeline.world.purge_needs import BackupNeed, need_typed
from pipeline.world.purge_raws import Gone, cases_now, finish_halves, halves_of, purge_raws
from pipeline.world.purging import whole_ledger
from pipeline.world.rig_called import rig_called
from pipeline.world.space import freed_by_removing
from pipeline.world.telling import teller

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


def answer(library: OpenLibrary, arguments: argparse.Namespace, context: Context) -> Answer:
    """Say what would go, or let it go."""
    if not arguments.yes:
        ledger = whole_ledger(library.root)
        return _look(library, ledger, _cases(library, ledger, arguments), arguments)
    with Lock(library.root, command="doit purge"):
        ledger = whole_ledger(library.root)
        gone = Gone()
        try:
            finish_halves(library, ledger, gone)
            cases = _cases(library, ledger, arguments)
            return _purge(library, ledger, cases, gone, arguments, context)
        except (PassingError, OSError) as error:
            return _stopped(gone, error)


def _cases(library: OpenLibrary, ledger: Ledger, arguments: argparse.Namespace) -> list[Case]:
    arguments.rig, arguments.camera = (
        rig_called(library, word) for word in (arguments.rig, arguments.camera)
    )
    _require_known(library, ledger, arguments)
    night = date.fromisoformat(arguments.night) if arguments.night else None

    def wanted(group: Group) -> bool:
        is_near = night is None or any(batch.filed == night for batch in group.batches)
        return is_near and _is_of(library, group, arguments.rig) and _is_of(library, group, arguments.camera)

    found = cases_now(library, ledger, wanted, night=night, by_hand=arguments.made_by_hand)
    return BackupNeed(library, asked=arguments.needs_backup).hold_back(found)


def _require_known(library: OpenLibrary, ledger: Ledger, arguments: argparse.Namespace) -> None:
    """Raise where no rig or camera has the name that was typed."""
    rigs = library.configuration.rigs
    owners = {address.owner for one in ledger.stored if (address := read_address(one)) is not None}
    known = {rig.camera.name for rig in rigs} | owners | {rig.name for rig in rigs}
    for what, name in (("camera", arguments.camera), ("rig", arguments.rig)):
        if name and rig_key(name) not in map(rig_key, known):
            others = known - {rig.name for rig in rigs} if what == "camera" else known
            raise UserError(f"There is no {what} {name!r} here; {meant(name, others)}")


def _is_of(library: OpenLibrary, group: Group, name: str) -> bool:
    """True for frames of this rig or camera; darks and bias are of every rig that has their camera."""
    if not name:
        return True
    key, frame = rig_key(name), group.frame
    cameras = {rig_key(rig.camera.name) for rig in library.configuration.rigs if rig_key(rig.name) == key}
    owners = {rig_key(one) for one in (group.batches[0].owner, frame.rig or "")}
    camera = rig_key(frame.camera or "")
    return key in owners or key == camera or (group.kind is not Kind.FLAT and camera in cameras)


def _look(
    library: OpenLibrary, ledger: Ledger, cases: Sequence[Case], arguments: argparse.Namespace
) -> Answer:
    going = [case for case in cases if not case.why_not and case.stored]
    halves = [stored for stored, _ in halves_of(library, ledger)]
    stored = [path for case in going for path in case.stored]
    freed = freed_by_removing(library.root / path for path in [*stored, *halves])
    lines = [_case_line(case) for case in cases]
    closing = [*_sums(going, freed), *_named_still(library, going)]
    if halves:
        closing.append(f"{counted(len(halves), 'frame')} of a purge that was cut short would follow.")
    if stored or halves:
        closing.append(f"Nothing was changed. To do it: {_same_again(arguments)}")
    refusal = unexpected(len(stored), "frame", arguments.expect)
    closing += [refusal] if refusal else []
    data = _data(cases, stored, halves, [], freed, done=False)
    code = CANNOT if refusal or (cases and not stored and not halves) else OK
    return Answer(sentences=tuple(few(lines)), closing=tuple(closing), data=data, exit_code=code)


def _purge(
    library: OpenLibrary,
    ledger: Ledger,
    cases: Sequence[Case],
    gone: Gone,
    arguments: argparse.Namespace,
    context: Context,
) -> Answer:
    going = [case for case in cases if not case.why_not and case.stored]
    refusal = unexpected(sum(len(case.stored) for case in going), "frame", arguments.expect)
    if refusal:
        return Answer(
            sentences=(refusal,),
            data=_data(cases, [], gone.finished, [refusal], 0, done=False),
            exit_code=CANNOT,
        )
    freed = freed_by_removing(library.root / path for case in going for path in case.stored)
    purge_raws(library, going, ledger, gone, teller(context.say, "read again"))
    freed = freed if not gone.refused else 0
    stays = [_case_line(case) for case in cases if case.why_not]
    data = _data(cases, gone.frames, gone.finished, gone.refused, freed, done=True, promoted=gone.promoted)
    is_done = bool(gone.frames or gone.finished)
    code = CANNOT if not is_done and (gone.refused or stays) else WAITS if gone.refused else OK
    return Answer(sentences=(*_gone_lines(gone), *few(stays)), data=data, exit_code=code)


def _gone_lines(gone: Gone) -> list[str]:
    lines = [f"{path} is a stored frame now: never made again, never changed." for path in gone.promoted]
    lines = [
        *few(lines),
        f"{counted(len(gone.frames), 'raw frame')} went to the trash.",
        *few(gone.refused),
    ]
    if gone.finished:
        lines.append(f"{counted(len(gone.finished), 'frame')} of a purge that was cut short followed.")
    if gone.frames or gone.finished:
        lines.append("Room is made by `doit trash --empty`; `doit trash --restore FRAME` brings one back.")
    return lines


def _stopped(gone: Gone, error: Exception) -> Answer:
    """The disk is full, or went away: what went is written down, the rest is as it was."""
    is_full = isinstance(error, OSError) and error.errno in _FULL
    why = f"the disk takes nothing more ({error})" if is_full else str(error)
    said = f"Stopped after {counted(len(gone.frames), 'frame')}: {why}. Nothing is lost; the same command goes on."
    data = _data([], gone.frames, gone.finished, [*gone.refused, said], 0, done=True, promoted=gone.promoted)
    code = WAITS if gone.frames or gone.finished else CANNOT
    return Answer(sentences=(*_gone_lines(gone), said), data=data, exit_code=code)


def _case_line(case: Case) -> str:
    if case.why_not:
        return f"{case.title}: stay, {case.why_not}"
    assert case.master is not None
    aside = len(case.raws.going_aside)
    more = f" and {counted(aside, 'rejected one')}" if aside else ""
    return f"{case.title}{more}: their master is {case.master.path}{_made_how(case)}"


def _made_how(case: Case) -> str:
    """What of the frames went into the master, as far as that is known."""
    assert case.master is not None
    if case.by_hand:
        of = f" of {counted(case.master.frames, 'frame')}" if case.master.frames else ""
        return f"; made by hand{of}, matched by keys and night"
    went = case.made_of
    return f", into which {went[0]} of {went[1]} went" if went is not None and went[0] != went[1] else ""


def _sums(going: Sequence[Case], freed: int) -> list[str]:
    number = sum(len(case.stored) for case in going)
    counts = {kind: sum(len(case.stored) for case in going if case.raws.group.kind is kind) for kind in ORDER}
    parts = [f"{count:,} {WORDS[kind]}" for kind, count in counts.items() if count]
    told = f" ({', '.join(parts)})" if len(parts) > 1 else ""
    if not number:
        return ["No raw calibration frame may go."]
    return [
        f"{counted(number, 'raw frame')}{told} would go to the trash; emptying it would free {sized(freed)}."
    ]


def _named_still(library: OpenLibrary, going: Sequence[Case]) -> list[str]:
    """Frames that free nothing: a name of theirs is left in an inbox."""
    paths = [library.root / one.stored for case in going for one in case.raws.going]
    number = sum(path.exists() and path.stat().st_nlink > 1 for path in paths)
    if not number:
        return []
    return [
        f"{counted(number, 'frame')} of them free nothing while another name of the same bytes is left "
        "(in an inbox? `doit retire` takes it out)."
    ]


def _same_again(arguments: argparse.Namespace) -> str:
    words = ["doit", "purge", "--raw-calibration"]
    for name in ("rig", "camera", "night"):
        value = getattr(arguments, name)
        words += [f"--{name}", shlex.quote(value)] if value else []
    words += [*(["--made-by-hand"] if arguments.made_by_hand else []), *need_typed(arguments)]
    return " ".join([*words, "--yes"])


def _data(
    cases: Sequence[Case],
    frames: Sequence[str],
    finished: Sequence[str],
    refused: Sequence[str],
    freed: int,
    *,
    done: bool,
    promoted: Iterable[str] = (),
) -> dict[str, Any]:
    return {
        "done": done,
        "frames": list(frames),
        "finished": list(finished),
        "promoted": list(promoted),
        "refused": list(refused),
        "freed_bytes": freed,
        "groups": [_plain(case) for case in cases],
    }


def _plain(case: Case) -> dict[str, Any]:
    group, made_of = case.raws.group, case.made_of
    return {
        "kind": group.kind.value,
        "camera": group.frame.camera,
        "nights": [one.isoformat() for one in group.nights],
        "frames": len(case.raws.going),
        "rejected": len(case.raws.going_aside),
        "refused": made_of[1] - made_of[0] if made_of is not None else 0,
        "master": case.master.path if case.master is not None else None,
        "made_by_hand": case.by_hand,
        "goes": not case.why_not,
        "why_not": case.why_not,
    }
