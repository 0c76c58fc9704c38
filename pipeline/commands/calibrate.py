"""Calibrate accepted sets again, or those that were accepted before their rig asked for it.

  doit calibrate SET...                           what it would take: frames, hours, GB; nothing is changed
  doit calibrate --rig RIG --night 2026-01-14     all accepted sets of that night; --target M31 and FROM..TO work too
  doit calibrate SET... --yes                     ask for it; the next `doit` does it
  doit calibrate SET... --undo                    take it back, as long as no `doit` has done it

SET is a set's name or any folder it is seen in. Its rig must have `enabled = true` under [calibrate]. Lights that were
calibrated with other masters are made again, whatever the rig's on_new_master says; what is current is not touched. A
set that lacks a required master waits for it. `doit match SET` shows the masters.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from pipeline.commands.chosen_sets import Told, add_choice, meant_sets, require_choice
from pipeline.model.answers import CANNOT, OK, Answer, Context
from pipeline.model.errors import NightbuildError, UserError
from pipeline.model.frames import Kind
from pipeline.model.records import About, Decision
from pipeline.model.sets import Member
from pipeline.model.verdicts import State
from pipeline.rules.calibration_due import CALIBRATE, WANTED
from pipeline.rules.set_words import set_title
from pipeline.rules.spoken import counted, lasting, sized
from pipeline.world import decisions as decided
from pipeline.world.calibration_said import ask, let_be, say
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.looking import SetNow
from pipeline.world.person import who_decides

_PIXELS_A_SECOND = 120e6
"""What one core calibrates and writes on a common disk: for the hours that are said, no more."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    add_choice(parser, undo="take it back, if no `doit` has done it")
    parser.add_argument(
        "--plan", action="store_true", help="only say what it would take (also without --yes)"
    )
    parser.add_argument("--yes", action="store_true", help="ask for it; the next `doit` does it")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Say what it would take, ask for it, or take it back."""
    library = open_library(context.library, context.environment)
    require_choice(arguments, "Calibrate")

    def meant() -> list[SetNow]:
        found = meant_sets(library, arguments, context)
        lights = [now for now in found if now.frames.kind is Kind.LIGHT]
        if not lights:
            raise UserError(
                "Only lights are calibrated; darks, bias and flats become masters. Name a set of lights."
            )
        return lights

    if not (arguments.yes or arguments.undo) or arguments.plan:
        return _shown([_plan(now) for now in meant()])
    with Lock(library.root, command="doit calibrate"):
        who = who_decides(context.environment)
        speak = _take_back if arguments.undo else _ask
        told = [speak(now, who, arguments.why) for now in meant()]
    return _answered(told, undo=arguments.undo)


def _accepted(now: SetNow) -> list[Member]:
    return [one for one in now.frames.members if now.standings[one.stored].state is State.ACCEPTED]


def _refused(now: SetNow) -> str:
    """Why a set cannot be calibrated; empty when it can."""
    if not now.rig.calibrate.enabled:
        return (
            f'its rig does not ask for it; put `enabled = true` under [calibrate] of "{now.frames.rig}.toml"'
        )
    return (
        ""
        if _accepted(now)
        else "nothing of it is accepted yet; what is accepted now is calibrated by itself"
    )


def _plan(now: SetNow) -> Told:
    title, refused = set_title(now.frames), _refused(now)
    if refused:
        return [f"{title}: {refused}."], {**_data(now, None), "refused": refused}
    from pipeline.world.calibration_look import look_as_asked  # numpy, which other commands need not wait for
    from pipeline.world.calibration_work import bytes_of

    try:
        due = look_as_asked(now)
        size = bytes_of(now, due.due)
    except NightbuildError as error:
        return [f"{title}: {error}"], {**_data(now, None), "refused": str(error)}
    seconds = size / 4 / _PIXELS_A_SECOND * (1 if now.rig.calibrate.output == "float32" else 2)
    data = {**_data(now, None), "frames": len(due.due), "bytes": size, "seconds": round(seconds, 1)}
    if due.lacking:
        return [f"{title}: lacks {'; '.join(due.lacking)}."], {**data, "lacking": list(due.lacking)}
    without = f", without {' and '.join(due.without)}" if due.without else ""
    amount = f"{counted(len(due.due), 'frame')}, about {lasting(seconds)}, {sized(size)}{without}"
    return [f"{title}: {amount if due.due else 'every light is calibrated with these masters'}."], data


def _ask(now: SetNow, who: str, why: str) -> Told:
    title, one, refused = set_title(now.frames), now.frames, _refused(now)
    if refused:
        return [f"{title}: {refused}."], {**_data(now, None), "refused": refused}
    decision = decided.decide(
        now.book.library.root,
        CALIBRATE,
        About.SET,
        one.id,
        owner=one.owner,
        night=one.night,
        who=who,
        why=why,
    )
    ask(now)
    return [f"{title}: {counted(len(_accepted(now)), 'light')} will be calibrated."], _data(now, decision)


def _take_back(now: SetNow, who: str, why: str) -> Told:
    title, record = set_title(now.frames), now.book.ledger.calibration.get(now.frames.id, {})
    decision = now.book.decisions.current(About.SET, now.frames.id, CALIBRATE)
    if decision is None:
        return [f"{title}: no `doit calibrate` holds."], _data(now, None)
    taken = decided.undo(now.book.library.root, decision, who=who, why=why)
    if record.get("state") == WANTED and record.get("asked"):
        let_be(now)
        return [f"{title}: is left as it is."], _data(now, taken)
    if record:
        say(
            now, str(record.get("state", "")), str(record.get("why", ""))
        )  # the last word, so that the night rests
    return [f"{title}: was dealt with already; what was calibrated stays."], _data(now, taken)


def _data(now: SetNow, decision: Decision | None) -> dict[str, Any]:
    return {"set": now.frames.id, "decision": decision.id if decision is not None else None}


def _shown(told: Sequence[Told]) -> Answer:
    rows = [data for _, data in told]
    frames, size = sum(row.get("frames", 0) for row in rows), sum(row.get("bytes", 0) for row in rows)
    seconds = sum(row.get("seconds", 0.0) for row in rows)
    lines = tuple(line for said, _ in told for line in said)
    if not frames:
        is_open = any("refused" not in row for row in rows)
        return Answer(sentences=lines, data=rows, exit_code=OK if is_open else CANNOT)
    closing = (
        f"In all {counted(frames, 'frame')}, about {lasting(seconds)}, {sized(size)}. Nothing was changed.",
        "To ask for it: the same line with --yes",
    )
    return Answer(sentences=lines, closing=closing, data=rows)


def _answered(told: Sequence[Told], *, undo: bool) -> Answer:
    rows = [data for _, data in told]
    done = any(data["decision"] for data in rows)
    lines = tuple(line for said, data in told if data["decision"] or not done for line in said)
    closing = ("The next `doit` calibrates them.",) if done and not undo else ()
    return Answer(sentences=lines, closing=closing, data=rows, exit_code=OK if done else CANNOT)
