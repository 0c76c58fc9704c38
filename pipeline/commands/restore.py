"""Bring frames back: what was culled, rejected by eye, given up, or vanished from its folder is offered again.

  doit restore FRAME...                    these frames; what is said so outranks every limit
  doit restore SET...                      everything of these sets that is in _Reject, given up or gone
  doit restore --rig RIG --night NIGHT     of all sets of that night; --target M31 and FROM..TO work too
  doit restore FRAME... --undo             take that back

SET is a set's name or any folder it is seen in. FRAME is any path of a frame, or its file name. Moving a file back from
_Reject into 10_Blink does the same. A purged frame is brought back by `doit trash --restore FRAME` first.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.records import About
from pipeline.model.sets import FrameSet
from pipeline.model.survey import Sort
from pipeline.model.verdicts import State
from pipeline.model.watching import Saying
from pipeline.rules.positions import Place, seen_in
from pipeline.rules.records import moment
from pipeline.rules.sayings import say_of_frame, take_back, word_on, word_says
from pipeline.rules.sorting import sort_of
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.rules.words import RESTORE
from pipeline.world.absorbing import say
from pipeline.world.frame_finder import find_frames
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.nightbook import NightBook
from pipeline.world.person import who_decides
from pipeline.world.set_finder import find_sets
from pipeline.world.taking_up import Found, take_up

_AWAY = frozenset({State.CULLED, State.REJECTED, State.GIVEN_UP, State.GONE})
_DONE = frozenset({State.ACCEPTED, State.MOVED_ON, State.PASSED})
Meant = tuple[NightBook, FrameSet, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("what", nargs="*", metavar="FRAME|SET", help="frames, or sets")
    parser.add_argument("--undo", action="store_true", help="take the latest restoring of these back")
    parser.add_argument("--rig", default="", help="only sets of this rig")
    parser.add_argument("--night", default="", metavar="NIGHT", help="only this night, or FROM..TO")
    parser.add_argument("--target", default="", help="only sets of this target")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Restore, or take that back."""
    library = open_library(context.library, context.environment)
    names = [word for word in arguments.what if sort_of(word) is Sort.FRAME]
    sets = [word for word in arguments.what if sort_of(word) is not Sort.FRAME]
    if not (arguments.what or arguments.rig or arguments.night or arguments.target):
        raise UserError("Restore what? Name frames or sets, or choose sets by --rig, --night or --target.")
    with Lock(library.root, command="doit restore"):
        found = _sets(library, sets, arguments, context) if sets or not names else []
        frames = find_frames(library, names, context.folder, found)
        taken = take_up([*found, *((book, one) for book, one, _ in frames)])
        whole, single = taken.sets[: len(found)], taken.sets[len(found) :]
        named = [(book, one, frame[2].stored) for (book, one), frame in zip(single, frames, strict=True)]
        said = _undone if arguments.undo else _restored
        sayings, lines = said(whole, named, arguments.why, who_decides(context.environment))
        written = say(library.root, sayings, taken.moment()) if sayings else []
    undo = f"`doit restore {' '.join(map(as_typed, arguments.what))} --undo` takes that back."
    closing = (undo,) if written and arguments.what and not arguments.undo else ()
    data = {
        "found": list(taken.said),
        "decisions": [{"id": one.id, "kind": one.kind, "subject": one.subject} for one in written],
    }
    return Answer(sentences=(*taken.said, *lines), closing=closing, data=data)


def _sets(
    library: OpenLibrary, words: Sequence[str], arguments: argparse.Namespace, context: Context
) -> list[Found]:
    return find_sets(
        library,
        words,
        context.folder,
        rig=arguments.rig,
        night=arguments.night,
        target=arguments.target,
    )


def _restored(
    whole: Sequence[Found], named: Sequence[Meant], why: str, who: str
) -> tuple[list[Saying], list[str]]:
    """A word on each frame that was named, and on what of the sets is away."""
    meant, lines = {one[2]: one for one in named}, []
    for book, frames in whole:
        away = _away(look_at_set(book, frames))
        meant |= {stored: (book, frames, stored) for stored in away}
        if not away:
            lines.append(f"{frames.label}, night of {frames.night}: nothing of it is away.")
    sayings = []
    for book, frames, stored in meant.values():
        why_not = _why_not(look_at_set(book, frames), stored)
        if why_not:
            lines.append(f"{stored} {why_not}.")
            continue
        sayings.append(say_of_frame(frames, stored, RESTORE, why=why, who=who))
    if sayings:
        comes = "comes" if len(sayings) == 1 else "come"
        lines.append(f"{counted(len(sayings), 'frame')} {comes} back into 10_Blink with the next `doit`.")
    return sayings, lines


def _undone(
    whole: Sequence[Found], named: Sequence[Meant], why: str, who: str
) -> tuple[list[Saying], list[str]]:
    """The latest restoring of each frame and set, taken back."""
    sayings = []
    groups = [(book, one, [stored]) for book, one, stored in named]
    groups += [(book, one, [member.stored for member in one.members]) for book, one in whole]
    for book, one, stored in groups:
        said = [word for path in stored for word in book.decisions.holding.get((About.FRAME, path), ())]
        said = [word for word in said if word.kind == RESTORE]
        latest = max((word.when for word in said), default=None)
        sayings += [take_back(one, word, why=why, who=who) for word in said if word.when == latest]
    if not sayings:
        raise UserError("None of these was restored, so there is nothing to take back.")
    return sayings, [f"{counted(len(sayings), 'frame')}: taken back that it was restored."]


def _away(now: SetNow) -> list[str]:
    """The frames of a set that are in _Reject, given up or gone."""
    return [
        stored
        for stored, told in now.standings.items()
        if told.state in _AWAY
        or next(seen_in(now.book.links.get(stored, ()), Place.REJECT), None) is not None
    ]


def _why_not(now: SetNow, stored: str) -> str:
    """Why there is nothing to bring back; empty where there is."""
    if now.standings[stored].state in _DONE:
        return f"is accepted; `doit reopen {as_typed(now.frames.id)}` offers it again"
    word = word_on(stored, now.book.decisions)
    absent = [link for link in now.book.links.get(stored, ()) if link.state == "absent"]
    if (
        word is not None
        and word_says(word) == RESTORE
        and all(moment(one.since) <= word.when for one in absent)
    ):
        return "is restored already"
    return ""
