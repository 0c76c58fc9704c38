"""The sets of adopted frames: grouped as ours are, seen in the folders they really lie in, under names of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import State
from pipeline.rules.adopted_states import state_of_folders
from pipeline.rules.ledger import Ledger

_MARK = "~adopted"


def as_adopted(sets: Iterable[FrameSet], ledger: Ledger, taken: Collection[str]) -> tuple[FrameSet, ...]:
    """The sets with the folders they lie in; one that shares the name of ours is told apart.

    Args:
        sets: As they were grouped.
        ledger: Of their night.
        taken: Names of our own sets.
    """
    return tuple(_as_adopted(one, ledger, one.id in taken) for one in sets)


def _as_adopted(one: FrameSet, ledger: Ledger, is_taken: bool) -> FrameSet:
    at = ledger.stored[one.members[0].stored].at
    folder, state = at.rpartition("/")[0], state_of_folders(at)
    return replace(
        one,
        id=one.id + (_MARK if is_taken else ""),
        blink=folder if state is State.OFFERED else "",
        reject=folder if state is State.REJECTED else "",
        data="" if state in {State.OFFERED, State.REJECTED} else folder,
        is_adopted=True,
    )
