"""Let accepted sets take the masters that would be chosen for them now, in place of those they were accepted with.

  doit rematch SET...                             these sets
  doit rematch --rig RIG --night 2026-01-14       all accepted sets of that night; --target M31 and FROM..TO work too
  doit rematch SET... --undo                      take it back, as long as no `doit` has acted on it

SET is a set's name or any folder it is seen in. What would change is said, set by set; where nothing would, nothing is
written down. The next `doit` puts the new masters beside the lights, takes the old ones from there, and calibrates anew
what the rig's on_new_master asks for. `doit match SET` shows the same and decides nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from pipeline.commands.match_told import differing
from pipeline.model.answers import CANNOT, OK, Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.model.records import About, Decision
from pipeline.rules.pins import REMATCH
from pipeline.rules.records import moment
from pipeline.rules.set_words import set_title
from pipeline.world import decisions as decided
from pipeline.world.chosen import holding, is_accepted, live_masters
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.person import who_decides
from pipeline.world.set_finder import find_sets

_Told = tuple[list[str], dict[str, Any]]
"""Sentences, and the same as data."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("sets", nargs="*", metavar="SET", help="a set's name, or a folder it is seen in")
    parser.add_argument("--rig", default="", help="only sets of this rig or camera")
    parser.add_argument("--night", default="", metavar="DATE", help="only this night, or FROM..TO")
    parser.add_argument("--target", default="", help="only sets of this target")
    parser.add_argument("--undo", action="store_true", help="take it back, if no `doit` has acted on it")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Ask for other masters, or take it back."""
    library = open_library(context.library, context.environment)
    if not (arguments.sets or arguments.rig or arguments.night or arguments.target):
        raise UserError("Rematch what? Name a set or a folder, or say --rig, --night or --target.")
    asked = {"rig": arguments.rig, "night": arguments.night, "target": arguments.target}
    with Lock(library.root, command="doit rematch"):
        found = find_sets(library, arguments.sets, context.folder, **asked)
        lights = [look_at_set(book, frames) for book, frames in found if frames.kind is Kind.LIGHT]
        if not lights:
            raise UserError("Only sets of lights keep masters; none is meant here.")
        who = who_decides(context.environment)
        speak = _take_back if arguments.undo else _rematch
        told = [speak(now, who, arguments.why) for now in lights]
    return _answer(told, undo=arguments.undo)


def _rematch(now: SetNow, who: str, why: str) -> _Told:
    title = set_title(now.frames)
    if not is_accepted(now):
        return [f"{title}: is not accepted yet; `doit` matches it anew each time."], _data(now, None, [])
    if holding(now) is None:
        return [f"{title}: is matched anew by the next `doit` as it is."], _data(now, None, [])
    changes = differing(now, live_masters(now))
    if not changes:
        return [f"{title}: has the masters that would be chosen now."], _data(now, None, [])
    one = now.frames
    decision = decided.decide(
        now.book.library.root, REMATCH, About.SET, one.id, owner=one.owner, night=one.night, who=who, why=why
    )
    lines = [f"{title}:"]
    for change in changes:
        lines.append(f"  {change['kind']:<9}  {change['why']}")
        lines.append(f"  {'':<9}  {change['becomes']}")
        lines.append(f"  {'':<9}  in place of {change['was'] or 'none'}")
    return lines, _data(now, decision, changes)


def _take_back(now: SetNow, who: str, why: str) -> _Told:
    title = set_title(now.frames)
    decision = now.book.decisions.current(About.SET, now.frames.id, REMATCH)
    if decision is None:
        return [f"{title}: no `doit rematch` holds."], _data(now, None, [])
    record = now.book.ledger.matched.get(now.frames.id)
    if record is not None and moment(record["when"]) > decision.when:
        said = "was matched anew already; `doit pin` gives it the master of your choice"
        return [f"{title}: {said}."], _data(now, None, [])
    taken = decided.undo(now.book.library.root, decision, who=who, why=why)
    return [f"{title}: keeps the masters it was accepted with."], _data(now, taken, [])


def _data(now: SetNow, decision: Decision | None, changes: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {
        "set": now.frames.id,
        "decision": decision.id if decision is not None else None,
        "changes": list(changes),
    }


def _answer(told: Sequence[_Told], *, undo: bool) -> Answer:
    rows = [data for _, data in told]
    done = any(data["decision"] for data in rows)
    lines = tuple(line for said, data in told if data["decision"] or not done for line in said)
    closing = ("The next `doit` takes them.",) if done and not undo else ()
    return Answer(sentences=lines, closing=closing, data=rows, exit_code=OK if done else CANNOT)
