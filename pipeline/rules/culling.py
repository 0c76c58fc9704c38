"""The cull: what the limits of a rig make of a set, before a person looks.

    pass 1 ── loses less than auto_percent ──▶ culled         ┐
      │   └── that much or more ──▶ held: the person is asked  ├─▶ pass 2 judges what pass 1 left
      └────── "apply": culled   "keep": kept ─────────────────┘   (it waits while pass 1 is held)

A value rejects only beyond its limit: what equals it, what is missing and what is no number does not. A limit names its
quantity and each quantity has one witness, so no set is judged by a mixture. What a person said of a frame outranks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.model.frames import Kind
from pipeline.model.measures import QUANTITIES, Measured
from pipeline.model.policies import Cull, CullPass, Relative
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import Fate, Judgement, Reason, SetVerdict
from pipeline.rules.limits import Bound, bound, value_of
from pipeline.rules.words import ACCEPT, APPLY, GIVE_UP, KEEP, REJECT, RESTORE, WAIT, SetWords

SAID_KEEP = "you said keep"
LOOKED = "you have looked at it"
_SPARED = {RESTORE: "you restored it", ACCEPT: "you accepted it", WAIT: "you put it back"}
_DISMISSED = {REJECT: "you blinked it away", GIVE_UP: "you gave it up"}
BY_EYE = frozenset(_DISMISSED.values())
"""What is said of frames that a person put away, so that limits have nothing to say about them."""

Settled = Literal["cull", "keep", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One pass over some frames."""

    against: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    """Of those beyond a limit, each limit they are beyond, in the order of `QUANTITIES`."""
    missing: Mapping[str, int] = field(default_factory=dict)
    unjudged: tuple[str, ...] = ()


def judge_set(
    frames: FrameSet,
    rows: Mapping[str, Measured],
    cull: Cull,
    words: SetWords,
    usual: Mapping[str, float],
) -> SetVerdict:
    """What the limits, and the answers to their question, make of a set. Only lights are judged.

    Args:
        frames: The set.
        rows: What is known of each frame, by address; a frame without a row lacks every quantity.
        cull: The limits of its rig.
        words: What a person said.
        usual: The rig's usual values.
    """
    stored = [member.stored for member in frames.members]
    if frames.kind is not Kind.LIGHT:
        kept = {one: Judgement(fate=Fate.KEPT, because=_word(words, one, _DISMISSED)) for one in stored}
        return SetVerdict(frames=kept, of=len(stored))
    dismissed = {one: why for one in stored if (why := _word(words, one, _DISMISSED))}
    spared = {one: why for one in stored if one not in dismissed and (why := _spared(words, one))}
    here = {one: rows.get(one) for one in stored if one not in dismissed}
    return _Court(here=here, spared=spared, dismissed=dismissed, words=words, usual=usual).judge(cull)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Court:
    """One set before its limits."""

    here: Mapping[str, Measured | None]
    """The frames that count, by address: all but those a person has dismissed."""
    spared: Mapping[str, str]
    """Those whom a person's word keeps, with what it was."""
    dismissed: Mapping[str, str]
    words: SetWords
    usual: Mapping[str, float]

    def judge(self, cull: Cull) -> SetVerdict:
        """Both passes, and the marks."""
        first = self._look("pass1", cull.pass1, self.here)
        losing = [one for one in first.against if one not in self.spared]
        settled = _settle(cull.pass1, len(losing), len(self.here), self.words.answer)
        asked = len(losing), len(self.here)
        gone = set(losing) if settled == "cull" else set()
        suspect = set(losing) if settled == "hold" else set()
        second = _Look()
        if settled != "hold" and cull.pass2 is not None:
            left = [one for one in self.here if one not in gone]
            second = self._look("pass2", cull.pass2, left)
            hopeless = [one for one in second.against if one not in self.spared]
            settled = _settle_second(cull.pass2, len(hopeless), len(left), self.words.answer)
            gone |= set(hopeless) if settled == "cull" else set()
            suspect = set(hopeless) if settled == "hold" else set()
            asked = (len(hopeless), len(left)) if settled == "hold" else asked
        marks = self._look("mark", cull.mark, self.here)
        return SetVerdict(
            frames=dict(self._fates(gone, suspect, first, second, marks)),
            held=bool(suspect),
            losing=asked[0],
            of=asked[1],
            missing={**second.missing, **first.missing},
            unjudged=tuple(dict.fromkeys((*first.unjudged, *second.unjudged, *marks.unjudged))),
            usual=dict(self.usual),
        )

    def _look(self, stage: str, limits: CullPass | None, over: Iterable[str]) -> _Look:
        """Hold the frames of one pass against its limits."""
        if limits is None:
            return _Look()
        among = {one: self.here[one] for one in over}
        rows = [row for row in among.values() if row is not None]
        given = _in_order(limits)
        reckoned = [bound(name, limit, rows, self.usual) for name, limit in given]
        bounds = [one for one in reckoned if isinstance(one, Bound)]
        judged = {one: _beyond(stage, row, bounds) for one, row in among.items()}
        lacking = {name: sum(value_of(row, name) is None for row in among.values()) for name, _ in given}
        return _Look(
            against={one: reasons for one, reasons in judged.items() if reasons},
            missing={name: number for name, number in lacking.items() if number},
            unjudged=tuple(one for one in reckoned if isinstance(one, str)),
        )

    def _fates(
        self, gone: set[str], suspect: set[str], first: _Look, second: _Look, marks: _Look
    ) -> Iterator[tuple[str, Judgement]]:
        for one in self.here:
            reasons = (*first.against.get(one, ()), *second.against.get(one, ()))
            because = self.spared.get(one, "")
            fate = Fate.CULLED if one in gone else Fate.SUSPECT if one in suspect else Fate.KEPT
            if because == LOOKED:
                reasons = ()  # limits are not heard about what a person has seen
            elif reasons and fate is Fate.KEPT and not because:
                because = SAID_KEEP
            yield (
                one,
                Judgement(fate=fate, reasons=reasons, marks=marks.against.get(one, ()), because=because),
            )
        for one, why in self.dismissed.items():
            yield one, Judgement(fate=Fate.KEPT, because=why)


def share_percent(losing: int, of: int) -> float:
    """How much of a set would go."""
    return 100.0 * losing / of if of else 0.0


def _settle(limits: CullPass | None, losing: int, of: int, answer: str) -> Settled:
    """What becomes of those beyond the limits of pass 1: the answer to its question speaks first."""
    if answer == KEEP:
        return "keep"
    return "cull" if answer == APPLY or _is_little(limits, losing, of) else "hold"


def _settle_second(limits: CullPass, losing: int, of: int, answer: str) -> Settled:
    """Pass 2 drops the hopeless also after "keep"; what is too much for it follows the answer, or asks."""
    if answer == APPLY or _is_little(limits, losing, of):
        return "cull"
    return "keep" if answer == KEEP else "hold"


def _is_little(limits: CullPass | None, losing: int, of: int) -> bool:
    """True when so many go without being asked about: strictly less than the share that asks."""
    if limits is None or not losing or limits.auto_percent == "always":
        return True
    return share_percent(losing, of) < limits.auto_percent


def _in_order(limits: CullPass) -> list[tuple[str, float | Relative]]:
    """The limits in the order of `QUANTITIES`, which is the order reasons are given in."""
    given = limits.limits
    return [(name, given[name]) for name in QUANTITIES if name in given]


def _beyond(stage: str, row: Measured | None, bounds: Iterable[Bound]) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            quantity=one.quantity.name, value=float(value), limit=one.limit, derived=one.derived, stage=stage
        )
        for one in bounds
        if (value := value_of(row, one.quantity.name)) is not None and one.is_beyond(value)
    )


def _word(words: SetWords, stored: str, meanings: Mapping[str, str]) -> str:
    said = words.frames.get(stored)
    return meanings.get(said.says, "") if said is not None else ""


def _spared(words: SetWords, stored: str) -> str:
    return _word(words, stored, _SPARED) or (LOOKED if _is_looked_at(words, stored) else "")


def _is_looked_at(words: SetWords, stored: str) -> bool:
    """True for what a person has seen; who said "apply" before that had given up the suspects already."""
    seen = words.seen.get(stored)
    if seen is None or words.answer != APPLY or words.answered is None:
        return seen is not None
    return words.answered > seen
