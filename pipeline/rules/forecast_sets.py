"""What the next `doit` would do with sets: measure, judge, offer, accept; and what a person did that it would take up.

    stored sets + frames that are about to be stored ─▶ SetComing ─set_steps─▶ Steps of `doit plan`

What the limits will say of frames that are not measured yet is not known before; it is said that they will be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.model.sets import FrameSet
from pipeline.rules.deliveries import Moves
from pipeline.rules.forecast import Does, Step
from pipeline.rules.positions import Place
from pipeline.rules.spoken import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class SetComing:
    """One set, and what is due about it."""

    frames: FrameSet
    unmeasured: int = 0
    """Members without a row, those about to be stored included."""
    unjudged: bool = False
    over: bool = True
    """Its night is over."""
    shown: bool = True
    """Its rig shows such frames to eyes."""
    offering: Moves = field(default_factory=Moves)
    accepting: Moves = field(default_factory=Moves)


def set_steps(sets: Iterable[SetComing]) -> Iterator[Step]:
    """What would happen to each set, in the order of the night."""
    for one in sets:
        if one.unmeasured:
            yield _step(one, Does.MEASURE, counted(one.unmeasured, "frame"))
        if one.unjudged:
            yield _step(one, Does.JUDGE, _when(one))
        if one.over and not one.offering.is_empty:
            yield _step(one, Does.OFFER, _moving(one.offering))
        if one.over and not one.accepting.is_empty:
            yield _step(one, Does.ACCEPT, counted(moved_frames(one.accepting), "frame"))


def taken_up_steps(said: Mapping[str, str]) -> Iterator[Step]:
    """What a person did in the folders of each rig or camera, and is not written down yet."""
    for owner, words in said.items():
        if words:
            yield Step(file=owner, does=Does.TAKE_UP, why=words, rig=owner)


def moved_frames(moves: Moves) -> int:
    """How many frames come or go."""
    coming = {step.stored for step in moves.deliver}
    return len(coming.union(step.stored for step in moves.withdraw))


def _step(one: SetComing, does: Does, why: str) -> Step:
    return Step(
        file=one.frames.id,
        does=does,
        why=f"{one.frames.label}: {why}",
        rig=one.frames.rig,
        night=one.frames.night.isoformat(),
        kind=one.frames.kind.value,
        target=one.frames.target,
    )


def _when(one: SetComing) -> str:
    then = "then it is offered to your eyes" if one.shown else "its rig asks for no eyes"
    if one.over:
        return f"held against its rig's limits; {then}"
    return f"not yet: when its night is over (`doit --now` does not wait); {then}"


def _moving(moves: Moves) -> str:
    """`38 into 10_Blink, 4 into _Reject, 2 out of 10_Blink`."""
    into = [one.place for one in moves.deliver]
    parts = [f"{into.count(place):,} into {place}" for place in Place if into.count(place)]
    parts += [f"{counted(len(moves.withdraw), 'name')} taken away"] if moves.withdraw else []
    return ", ".join(parts)
