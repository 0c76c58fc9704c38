"""Look at accepted sets again: they are offered anew, as if nobody had looked.

  doit reopen SET...                              these sets
  doit reopen --rig RIG --night 2026-01-14        all sets of that night; --target M31 and FROM..TO work too
  doit reopen SET... --undo                       take it back: what was accepted is accepted again

SET is a set's name or any folder it is seen in. The next `doit` puts the frames into 10_Blink again, and takes those
links out of 20_Data that lie where it put them. What you moved on to 30_Master and beyond is not touched: where it lies
is said. Frames you rejected stay rejected.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from pipeline.commands.chosen_sets import Told, add_choice, meant_sets, require_choice
from pipeline.model.answers import CANNOT, OK, Answer, Context
from pipeline.model.records import About, Decision
from pipeline.rules.grouping import is_shown
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.set_words import set_title
from pipeline.rules.spoken import counted
from pipeline.rules.standings import DONE
from pipeline.rules.words import REOPEN
from pipeline.world import decisions as decided
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.looking import SetNow
from pipeline.world.person import who_decides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    add_choice(parser, undo="take the reopening back")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Reopen, or take it back."""
    library = open_library(context.library, context.environment)
    require_choice(arguments, "Reopen")
    with Lock(library.root, command="doit reopen"):
        sets = meant_sets(library, arguments, context)
        who = who_decides(context.environment)
        speak = _take_back if arguments.undo else _reopen
        told = [speak(one, who, arguments.why) for one in sets]
    return _answer(told, arguments.undo)


def _reopen(now: SetNow, who: str, why: str) -> Told:
    title = set_title(now.frames)
    if not is_shown(now.frames.kind, now.rig.blink):
        return [f"{title}: its rig asks for no eyes, so there is nothing to reopen."], _data(now, None)
    if not now.count(*DONE):
        return [f"{title}: is open already."], _data(now, None)
    one = now.frames
    decision = decided.decide(
        now.book.library.root, REOPEN, About.SET, one.id, owner=one.owner, night=one.night, who=who, why=why
    )
    lines = [f"{title}: {counted(now.count(*DONE), 'frame')} will be offered again."]
    beyond = _moved_on(now)
    lines += [f"Their earlier links lie in {folder} and stay there." for folder in beyond]
    return lines, _data(now, decision, beyond)


def _take_back(now: SetNow, who: str, why: str) -> Told:
    title = set_title(now.frames)
    decision = now.book.decisions.current(About.SET, now.frames.id, REOPEN)
    if decision is None:
        return [f"{title}: no `doit reopen` holds."], _data(now, None)
    taken = decided.undo(now.book.library.root, decision, who=who, why=why)
    return [f"{title}: stands as it did before it was reopened."], _data(now, taken)


def _moved_on(now: SetNow) -> list[str]:
    """The folders of the person's own in which frames of the set lie."""
    places = [lies_at(link) for member in now.frames.members for link in now.links.get(member.stored, ())]
    return sorted({path.rpartition("/")[0] for path in places if path and stage_of(path) is Place.NOWHERE})


def _data(now: SetNow, decision: Decision | None, beyond: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "set": now.frames.id,
        "decision": decision.id if decision is not None else None,
        "moved_on": list(beyond),
    }


def _answer(told: Sequence[Told], undo: bool) -> Answer:
    rows = [data for _, data in told]
    done = any(data["decision"] for data in rows)
    lines = [line for said, data in told if data["decision"] or not done for line in said]
    closing = ("The next `doit` offers them.",) if done and not undo else ()
    return Answer(sentences=tuple(lines), closing=closing, data=rows, exit_code=OK if done else CANNOT)
