"""What a person said of a set and its frames, folded to what holds: the words that outrank every limit.

    about a frame    blink (reject, accept, wait), restore, give-up         the latest speaks
    about a set      blink (I have looked: these frames), accept, reopen, cull (apply, keep)

A marker, a moved file or a verdict file becomes such a decision before anything acts on it (DESIGN §2.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model.records import About, Decision
from pipeline.model.sets import FrameSet
from pipeline.rules.decisions import Decisions

BLINK, RESTORE, GIVE_UP, CULL, ACCEPT, REOPEN, REJUDGE = (
    "blink", "restore", "give-up", "cull", "accept", "reopen", "rejudge",
)  # fmt: skip
"""The kinds of decisions this issue of the night is made of."""
REJECT, WAIT = "reject", "wait"
"""Verdicts on a frame, beside ACCEPT: by eye away; back among those to be looked at."""
APPLY, KEEP = "apply", "keep"
"""Answers to a set that would lose too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameWord:
    """The latest word on one frame."""

    says: str
    """`reject`, `accept`, `wait`, `restore` or `give-up`."""
    when: datetime
    why: str = ""
    """`moved into bad/`, `deleted from 10_Blink`, or what the person typed."""
    who: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWords:
    """What was said of a set."""

    frames: Mapping[str, FrameWord] = field(default_factory=dict)
    """By stored path; frames nobody spoke of are not here."""
    seen: Mapping[str, datetime] = field(default_factory=dict)
    """Stored path to when somebody last said to have looked at it, since the set was last reopened."""
    forced: frozenset[str] = frozenset()
    """Of these, what `doit accept` spoke for: no criteria hold it back."""
    answer: str = ""
    """`apply` or `keep`, to the question whether the cull may take so many; empty: not answered."""
    answered: datetime | None = None
    dropped: frozenset[str] = frozenset()
    """What "apply" was said of: a later look at the set does not speak for these."""
    reopened: datetime | None = None
    rejudge: datetime | None = None
    """When judging the rig's old sets anew was asked for."""

    @property
    def is_touched(self) -> bool:
        """True when a person has looked at the set or spoken of a frame: limits leave it alone then."""
        return bool(self.seen) or any(word.says in {REJECT, ACCEPT, WAIT} for word in self.frames.values())


def words_of(frames: FrameSet, decisions: Decisions) -> SetWords:
    """What holds of all that was said about this set."""
    told = decisions.holding.get((About.SET, frames.id), ())
    reopened = _latest(one.when for one in told if one.kind == REOPEN)
    answer = decisions.current(About.SET, frames.id, CULL)
    looks = [one for one in told if one.kind in {BLINK, ACCEPT} and (reopened is None or one.when > reopened)]
    return SetWords(
        frames=dict(_frame_words(frames, decisions)),
        seen={stored: one.when for one in looks for stored in _named(one)},
        forced=frozenset(stored for one in looks if one.kind == ACCEPT for stored in _named(one)),
        answer=str(answer.values.get("answer", "")) if answer else "",
        answered=answer.when if answer else None,
        dropped=frozenset(_named(answer)) if answer and answer.values.get("answer") == APPLY else frozenset(),
        reopened=reopened,
        rejudge=_latest(
            one.when
            for about, subject in ((About.SET, frames.id), (About.RIG, frames.rig))
            for one in decisions.holding.get((about, subject), ())
            if one.kind == REJUDGE
        ),
    )


def _frame_words(frames: FrameSet, decisions: Decisions) -> Iterator[tuple[str, FrameWord]]:
    for member in frames.members:
        said = decisions.current(About.FRAME, member.stored, BLINK, RESTORE, GIVE_UP)
        if said is not None:
            says = str(said.values.get("verdict", "")) if said.kind == BLINK else said.kind
            yield member.stored, FrameWord(says=says, when=said.when, why=said.why, who=said.who)


def _named(one: Decision) -> list[str]:
    """The frames a decision on a set spoke for."""
    named = one.values.get("frames")
    return [stored for stored in named if isinstance(stored, str)] if isinstance(named, list) else []


def _latest(moments: Iterable[datetime]) -> datetime | None:
    return max(moments, default=None)
