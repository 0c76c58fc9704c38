"""Say that you have looked: what a marker in a folder says, typed.

  doit blink SET...                            I have looked at what is offered of these sets; it is accepted
  doit blink SET... --reject FRAME...          the same, but for these frames: they go to _Reject
  doit blink --reject FRAME...                 only that: these frames are rejected, the rest is still to be looked at
  doit blink --rig RIG --night 2026-01-14      all sets of that night; --target M31 and FROM..TO work too
  doit blink SET... --undo                     take back what was last said of the set by eye, by marker or by hand
  doit blink SET... --gone rejected            frames that vanished from their folder were meant to go

SET is a set's name or any folder it is seen in. FRAME is a file name in the set, or any path of a frame. What you say
covers the frames offered now; later ones are asked about anew. Frames move with the next `doit`. `doit restore FRAME`
brings a frame back.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.records import About, Decision
from pipeline.model.sets import FrameSet
from pipeline.model.watching import Saying
from pipeline.rules.positions import Place, seen_in, stage_of
from pipeline.rules.sayings import BY_COMMAND, say_looked, say_of_frame, take_back, word_on, word_says
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.rules.words import BLINK, GIVE_UP, REJECT, words_of
from pipeline.world.absorbing import say
from pipeline.world.frame_finder import MeantFrame, find_frames
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.nightbook import NightBook
from pipeline.world.person import who_decides
from pipeline.world.set_finder import find_sets
from pipeline.world.taking_up import Found, TakenUp, take_up


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("sets", nargs="*", metavar="SET", help="a set's name, or a folder it is seen in")
    parser.add_argument("--reject", nargs="+", default=[], metavar="FRAME", help="frames that go to _Reject")
    parser.add_argument("--undo", action="store_true", help="take back what was last said of the set")
    parser.add_argument("--gone", choices=["rejected"], help="what it means that frames vanished")
    parser.add_argument("--rig", default="", help="only sets of this rig")
    parser.add_argument("--night", default="", metavar="NIGHT", help="only this night, or FROM..TO")
    parser.add_argument("--target", default="", help="only sets of this target")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Look, reject, take back, or answer what became of frames that vanished."""
    library = open_library(context.library, context.environment)
    chosen = bool(arguments.sets or arguments.rig or arguments.night or arguments.target)
    if sum(map(bool, (arguments.reject, arguments.undo, arguments.gone))) > 1:
        raise UserError("Only one of --reject, --undo and --gone at a time.")
    if not chosen and not arguments.reject:
        raise UserError("Blink which sets? Name them, or choose them by --rig, --night or --target.")
    with Lock(library.root, command="doit blink"):
        found = _sets(library, arguments, context) if chosen else []
        meant = find_frames(library, arguments.reject, context.folder, found)
        taken = take_up(found or [(book, frames) for book, frames, _ in meant])
        who = who_decides(context.environment)
        if arguments.undo:
            return _undo(library, taken, arguments.why, who)
        if arguments.gone:
            return _gone(library, taken, arguments.why, who)
        return _look(library, taken, meant, arguments.why, who, looked=chosen)


def _sets(library: OpenLibrary, arguments: argparse.Namespace, context: Context) -> list[Found]:
    return find_sets(
        library,
        arguments.sets,
        context.folder,
        rig=arguments.rig,
        night=arguments.night,
        target=arguments.target,
    )


def _look(
    library: OpenLibrary, taken: TakenUp, meant: Sequence[MeantFrame], why: str, who: str, *, looked: bool
) -> Answer:
    """Reject the frames that were named; say of the rest that it was looked at."""
    sayings = [
        say_of_frame(frames, one.stored, REJECT, why=why or "rejected by eye", who=who)
        for book, frames, one in meant
        if word_says(word_on(one.stored, book.decisions)) not in {REJECT, GIVE_UP}
    ]
    goes = f"{counted(len(meant), 'frame')} {'goes' if len(meant) == 1 else 'go'}"
    lines = [f"{goes} to _Reject with the next `doit`."] if meant else []
    for book, frames in taken.sets if looked else ():
        offered = _offered(book, frames)
        if offered:
            sayings.append(say_looked(frames, offered, BY_COMMAND, why=why, who=who))
        lines.append(
            f"{_name(frames)}: you have looked at {counted(len(offered), 'frame')}."
            if offered
            else f"{_name(frames)}: nothing of it is offered."
        )
    return _answer(library, taken, sayings, lines, undo=True)


def _undo(library: OpenLibrary, taken: TakenUp, why: str, who: str) -> Answer:
    """Take back the latest breath: everything that was said at one moment by eye."""
    sayings: list[Saying] = []
    lines: list[str] = []
    for book, frames in taken.sets:
        said = list(_said(book, frames))
        latest = max((one.when for one in said), default=None)
        back = [one for one in said if one.when == latest]
        sayings += [take_back(frames, one, why=why, who=who) for one in back]
        lines += list(_taken_back(book, frames, back))
    if not sayings:
        raise UserError(" ".join(lines))
    return _answer(library, taken, sayings, lines)


def _taken_back(book: NightBook, frames: FrameSet, back: Sequence[Decision]) -> Iterator[str]:
    if not back:
        yield f"{_name(frames)}: nothing was said of it by eye."
        return
    words = sum(one.about is About.FRAME for one in back)
    parts = [f"{counted(words, 'word')} on frames"] if words else []
    parts += ["that you have looked"] if len(back) > words else []
    yield f"{_name(frames)}: taken back: {' and '.join(parts)}."
    for path in {str(one.values["marker"]) for one in back if "marker" in one.values}:
        yield f"{path} says nothing any more; touch it, or make it anew, to say that you have looked."
    if any(stage_of(link.link) is Place.DATA for links in _links(book, frames) for link in links):
        yield f"What was accepted stays so; `doit reopen {as_typed(frames.id)}` offers it again."


def _gone(library: OpenLibrary, taken: TakenUp, why: str, who: str) -> Answer:
    """What vanished from 10_Blink was rejected, what vanished from _Reject is given up."""
    sayings: list[Saying] = []
    lines: list[str] = []
    for book, frames in taken.sets:
        gone = taken.gone_of(frames)
        lines.append(f"{_name(frames)}: {_told(gone)}")
        for stored in gone:
            shown = any(stage_of(link.link) is Place.BLINK for link in book.links.get(stored, ()))
            says = REJECT if shown else GIVE_UP
            sayings.append(say_of_frame(frames, stored, says, why=why or "gone, and meant to be", who=who))
    return _answer(library, taken, sayings, lines, undo=bool(sayings))


def _answer(
    library: OpenLibrary,
    taken: TakenUp,
    sayings: Sequence[Saying],
    lines: Sequence[str],
    *,
    undo: bool = False,
) -> Answer:
    """Write it down, and say so."""
    written = say(library.root, sayings, taken.moment()) if sayings else []
    names = " ".join(dict.fromkeys(as_typed(frames.id) for _, frames in taken.sets))
    closing = (f"`doit blink {names} --undo` takes that back.",) if undo and written else ()
    return Answer(sentences=(*taken.said, *lines), closing=closing, data=_data(taken, written))


def _data(taken: TakenUp, written: Sequence[Decision]) -> dict[str, Any]:
    return {
        "sets": [frames.id for _, frames in taken.sets],
        "found": list(taken.said),
        "decisions": [
            {"id": one.id, "kind": one.kind, "about": one.about.value, "subject": one.subject}
            for one in written
        ],
    }


def _said(book: NightBook, frames: FrameSet) -> Iterator[Decision]:
    """Everything said by eye of a set and its frames that holds."""
    keys = [(About.SET, frames.id), *((About.FRAME, one.stored) for one in frames.members)]
    return (
        one for key in keys for one in book.decisions.holding.get(key, ()) if one.kind in {BLINK, GIVE_UP}
    )


def _offered(book: NightBook, frames: FrameSet) -> list[str]:
    """The frames of a set that lie where they can be looked at now, without those of which was said that they go."""
    dropped = words_of(frames, book.decisions).dropped
    return [
        one.stored
        for one in frames.members
        if one.stored not in dropped
        and next(seen_in(book.links.get(one.stored, ()), Place.BLINK), None) is not None
    ]


def _links(book: NightBook, frames: FrameSet) -> Iterator[Sequence[Any]]:
    return (book.links.get(one.stored, ()) for one in frames.members)


def _name(frames: FrameSet) -> str:
    return f"{frames.label}, night of {frames.night}"


def _told(gone: Sequence[str]) -> str:
    """What becomes of frames that vanished."""
    if not gone:
        return "nothing of it is gone."
    return f"{counted(len(gone), 'frame')} {'is' if len(gone) == 1 else 'are'} rejected."
