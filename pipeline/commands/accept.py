"""Accept what sets offer now, whether or not their rig's criteria are met.

  doit accept SET...                              what lies in 10_Blink of these sets now
  doit accept SET... --without flat               do not wait for flats to calibrate it with; --without dark likewise
  doit accept --rig RIG --night 2026-01-14        all sets of that night; --target M31 and FROM..TO work too
  doit accept SET... --undo                       take it back, as long as no `doit` has acted on it

SET is a set's name or any folder it is seen in. Meant is also what exceeds a limit, in a set that asks; what was
rejected stays rejected, and frames that come later wait for another look. The next `doit` takes lights on to 20_Data.
To look again after that: `doit reopen`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from pipeline.model.answers import CANNOT, OK, Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.records import About, Decision
from pipeline.model.verdicts import State
from pipeline.rules.positions import Place, stage_of
from pipeline.rules.records import moment
from pipeline.rules.set_words import set_title
from pipeline.rules.spoken import counted
from pipeline.rules.standings import DONE
from pipeline.rules.typed import as_typed
from pipeline.rules.words import ACCEPT
from pipeline.world import decisions as decided
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.person import who_decides
from pipeline.world.set_finder import find_sets

_OFFERED = frozenset({State.OFFERED, State.HELD, State.LATE})
_Told = tuple[str, dict[str, Any]]
"""A sentence, and the same as data."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("sets", nargs="*", metavar="SET", help="a set's name, or a folder it is seen in")
    parser.add_argument("--rig", default="", help="only sets of this rig or camera")
    parser.add_argument("--night", default="", metavar="DATE", help="only this night, or FROM..TO")
    parser.add_argument("--target", default="", help="only sets of this target")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=("flat", "dark"),
        help="do not wait for masters of this kind",
    )
    parser.add_argument("--undo", action="store_true", help="take it back, if no `doit` has acted on it")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Accept, or take it back."""
    library = open_library(context.library, context.environment)
    if not (arguments.sets or arguments.rig or arguments.night or arguments.target):
        raise UserError("Accept what? Name a set or a folder, or say --rig, --night or --target.")
    asked = {"rig": arguments.rig, "night": arguments.night, "target": arguments.target}
    with Lock(library.root, command="doit accept"):
        found = find_sets(library, arguments.sets, context.folder, **asked)
        sets = [look_at_set(book, frames) for book, frames in found]
        who = who_decides(context.environment)
        told = [
            _take_back(one, who, arguments.why)
            if arguments.undo
            else _accept(one, arguments.without, who, arguments.why)
            for one in sets
        ]
    return _answer(told, arguments.undo)


def _accept(now: SetNow, without: Sequence[str], who: str, why: str) -> _Told:
    offered = [stored for stored, told in now.standings.items() if told.state in _OFFERED]
    if not offered:
        return f"{set_title(now.frames)}: {_why_nothing(now)}.", _data(now, None, [])
    decision = decided.decide(
        now.book.library.root,
        ACCEPT,
        About.SET,
        now.frames.id,
        owner=now.frames.owner,
        night=now.frames.night,
        values={"frames": offered, **({"without": sorted(set(without))} if without else {})},
        who=who,
        why=why,
    )
    said = f"{set_title(now.frames)}: {counted(len(offered), 'frame')} accepted"
    held = now.count(State.HELD)
    said += f", {held} of them beyond a limit" if held else ""
    rejected = now.count(State.CULLED, State.REJECTED)
    said += f"; {rejected} {'stays' if rejected == 1 else 'stay'} rejected" if rejected else ""
    said += f"; without {' and '.join(sorted(set(without)))}" if without else ""
    return f"{said}.", _data(now, decision, offered)


def _why_nothing(now: SetNow) -> str:
    if now.count(State.GONE):
        return f"{counted(now.count(State.GONE), 'frame')} vanished from 10_Blink; `doit status` says what to type"
    if now.count(State.STORED):
        return "nothing is offered yet; `doit` offers it once its night is over"
    if now.count(*DONE):
        return "is accepted already"
    return "nothing of it is offered"


def _take_back(now: SetNow, who: str, why: str) -> _Told:
    title, name = set_title(now.frames), as_typed(now.frames.id)
    decision = now.book.decisions.current(About.SET, now.frames.id, ACCEPT)
    if decision is None:
        return f"{title}: no `doit accept` holds.", _data(now, None, [])
    if _is_done(now, decision):
        raise UserError(f"{title}: is accepted already; `doit reopen {name}` offers it again.")
    taken = decided.undo(now.book.library.root, decision, who=who, why=why)
    return f"{title}: no longer accepted.", _data(now, taken, [])


def _is_done(now: SetNow, decision: Decision) -> bool:
    """True when a run has acted on the decision: a frame it spoke for went on since."""
    spoken = decision.values.get("frames")
    links = (
        (link for stored in spoken for link in now.links.get(stored, ())) if isinstance(spoken, list) else ()
    )
    return any(
        max(moment(link.since), moment(link.delivered)) > decision.when
        and (link.state == "accepted" or stage_of(link.link) is Place.DATA)
        for link in links
    )


def _data(now: SetNow, decision: Decision | None, frames: Sequence[str]) -> dict[str, Any]:
    return {
        "set": now.frames.id,
        "decision": decision.id if decision is not None else None,
        "frames": list(frames),
        "held": sum(now.standings[stored].state is State.HELD for stored in frames),
    }


def _answer(told: Sequence[_Told], undo: bool) -> Answer:
    rows = [data for _, data in told]
    done = any(data["decision"] for data in rows)
    lines = [said for said, data in told if data["decision"] or not done or len(told) == 1]
    closing = ("The next `doit` takes them on.",) if done and not undo else ()
    return Answer(sentences=tuple(lines), closing=closing, data=rows, exit_code=OK if done else CANNOT)
