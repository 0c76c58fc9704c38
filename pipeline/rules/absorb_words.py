"""How a run and `doit status` speak of what a person did in their folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pipeline.model.frames import Problem
from pipeline.model.records import About
from pipeline.model.watching import Absorption, Gone, Saying
from pipeline.rules.decisions import UNDO
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.rules.waiting import NEXT_RUN, Waiting
from pipeline.rules.words import ACCEPT, BLINK, GIVE_UP, REJECT, RESTORE

_OF_FRAMES = {
    REJECT: "rejected by eye",
    ACCEPT: "moved into accept",
    RESTORE: "restored",
    GIVE_UP: "given up",
}


def diary_line(owner: str, found: Absorption) -> str:
    """`C8E   3 sets blinked, 2 frames rejected by eye`; empty where nobody did anything."""
    frames = Counter(_word_of(one) for one in found.sayings if one.about is About.FRAME)
    sets = len({one.subject for one in found.sayings if one.about is About.SET and one.kind == BLINK})
    undone = len({one.subject for one in found.sayings if one.kind == UNDO})
    moved = sum(entry.event == "moved_on" for entries in found.entries.values() for entry in entries)
    parts = [f"{counted(sets, 'set')} blinked"] if sets else []
    parts += [f"{counted(frames[says], 'frame')} {said}" for says, said in _OF_FRAMES.items() if frames[says]]
    parts += [f"{counted(undone, 'word')} taken back"] if undone else []
    if moved and not parts:
        parts.append(f"{counted(moved, 'frame')} moved by you")
    parts += [f"{counted(len(one.stored), 'frame')} of {one.set_id} gone: asks you" for one in found.gone]
    parts += [problem.text for problem in found.problems if problem.code == "contradiction"]
    return f"{owner.partition('@')[0]:<5} {', '.join(parts)}" if parts else ""


def questions(found: Absorption, labels: Mapping[str, str]) -> list[Waiting]:
    """What waits for a person.

    Args:
        found: What the folders said.
        labels: Set ids to what a person calls the set.
    """
    return [*(_ask(one, labels) for one in found.gone), *_told(found.problems)]


def _ask(gone: Gone, labels: Mapping[str, str]) -> Waiting:
    name = as_typed(gone.set_id)
    what = (
        f"{len(gone.stored)} of {counted(gone.of, 'frame')} of {labels.get(gone.set_id, gone.set_id)} vanished "
        "and lie nowhere else in the library: nothing is judged until you say what that means"
    )
    return Waiting(
        what=what,
        where=gone.folder,
        command=f"doit blink {name} --gone rejected",
        or_else=f"doit restore {name}",
    )


def _told(problems: Iterable[Problem]) -> Iterator[Waiting]:
    for problem in problems:
        yield Waiting(what=problem.text, where="", command=NEXT_RUN)


def _word_of(saying: Saying) -> str:
    return str(saying.values.get("verdict", "")) if saying.kind == BLINK else saying.kind
