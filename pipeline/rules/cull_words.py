"""The cull in words: the diary's line, a frame's reasons, the question a set asks.

C8E   M31 L 300 s             38 of 42 kept    3 HFR > 4.6 px, 1 RMS 2.3″ > 2.0″
SQA55 NGC 7000 Ha 180 s       would lose 31 of 60 (52 %): asks you
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.measures import QUANTITIES, Quantity
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import Fate, Judgement, Reason, SetVerdict
from pipeline.rules.culling import BY_EYE, SAID_KEEP, share_percent
from pipeline.rules.limits import named, number_text, pair_text
from pipeline.rules.positions import Links, Place
from pipeline.rules.spoken import counted
from pipeline.rules.touched import IN_USE, place_of
from pipeline.rules.words import SetWords

_CLOCK = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(?:~\d+)?")
_NAMED = 3
"""So many frames are named in one line of the diary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What a verdict makes leave and come back, and what it leaves because a person works there."""

    leaving: tuple[str, ...] = ()
    """Names of frames that lie in 10_Blink and are culled now."""
    returning: tuple[str, ...] = ()
    """Names of frames that lie in _Reject and pass now."""
    left: tuple[str, ...] = ()
    """Names of frames beyond a limit that stay."""


def moves(frames: FrameSet, verdict: SetVerdict, links: Links, words: SetWords) -> Moves:
    """What of the set lies elsewhere than the verdict would have it."""
    lies = [
        (member.name, verdict.frames[member.stored], place_of(links.get(member.stored, ()), words))
        for member in frames.members
    ]
    return Moves(
        leaving=tuple(
            name for name, told, place in lies if told.fate is Fate.CULLED and place is Place.BLINK
        ),
        returning=tuple(
            name
            for name, told, place in lies
            if told.fate is not Fate.CULLED and place is Place.REJECT and told.because in {"", SAID_KEEP}
        ),
        left=tuple(name for name, told, _ in lies if told.because == IN_USE),
    )


def rig_word(rig: str) -> str:
    """A rig as a line has room for it: its optic."""
    return rig.partition("@")[0]


def diary_line(frames: FrameSet, verdict: SetVerdict, moved: Moves) -> str:
    """The set's line in the night's diary."""
    said = [outcome(verdict)]
    said += [summary(told for told in verdict.frames.values() if told.fate is Fate.CULLED)]
    more = [
        _moving(moved.leaving, "leaves 10_Blink", "leave 10_Blink"),
        _moving(moved.returning, "comes back", "come back"),
        _moving(moved.left, "stays, you have worked in this set", "stay, you have worked in this set"),
        missing(verdict),
    ]
    line = f"{rig_word(frames.rig):<5} {frames.label:<22}  {'    '.join(filter(None, said))}"
    return "; ".join(filter(None, (line, *more)))


def outcome(verdict: SetVerdict) -> str:
    """`38 of 42 kept`, or the question."""
    if verdict.held:
        return f"{question(verdict)}: asks you"
    here = [told.fate for told in verdict.frames.values() if told.because not in BY_EYE]
    return f"{here.count(Fate.KEPT)} of {len(here)} kept"


def headline(verdict: SetVerdict) -> str:
    """What the limits made of a set, in a line: `38 of 42 kept; 4 HFR > 4.6 px; 2 without RMS`."""
    beyond = summary(told for told in verdict.frames.values() if told.fate is not Fate.KEPT)
    return "; ".join(filter(None, (outcome(verdict), beyond, missing(verdict))))


def question(verdict: SetVerdict) -> str:
    """`would lose 31 of 60 (52 %)`."""
    return f"would lose {verdict.losing} of {verdict.of} ({share_percent(verdict.losing, verdict.of):.0f} %)"


def summary(judged: Iterable[Judgement]) -> str:
    """How many go by which limit, each frame under its first reason: `3 HFR > 4.6 px, 1 RMS 2.3″ > 2.0″`."""
    by_limit: dict[tuple[str, float], list[Reason]] = {}
    for told in judged:
        if told.reasons:
            by_limit.setdefault((told.reasons[0].quantity, told.reasons[0].limit), []).append(told.reasons[0])
    return ", ".join(f"{len(found)} {_shared(found)}" for found in by_limit.values())


def _shared(reasons: Sequence[Reason]) -> str:
    first = reasons[0]
    quantity = QUANTITIES[first.quantity]
    if quantity.name == "trail":
        return quantity.words
    value, limit = pair_text(first.value, first.limit, quantity)
    unit = _unit(quantity)
    value = f"{value}{unit if unit == '″' else ''} " if len(reasons) == 1 else ""
    return f"{named(quantity)} {value}{_sign(quantity)} {limit}{unit}"


def reason_text(reason: Reason) -> str:
    """`HFR 5.1 px (NINA) > 4.6`, with how a reckoned limit came about."""
    quantity = QUANTITIES[reason.quantity]
    if quantity.name == "trail":
        return f"{quantity.words} ({quantity.witness})"
    value, limit = pair_text(reason.value, reason.limit, quantity)
    derived = f" ({reason.derived})" if reason.derived else ""
    said = f"{quantity.words} {value}{_unit(quantity)} ({quantity.witness})"
    return f"{said} {_sign(quantity)} {limit}{derived}"


def reasons_text(told: Judgement) -> str:
    """Everything that is held against a frame, and what keeps it nevertheless; each quantity once."""
    each = {reason.quantity: reason_text(reason) for reason in reversed(told.reasons)}
    said = ", ".join(each[name] for name in QUANTITIES if name in each)
    marks = ", ".join(f"marked: {reason_text(mark)}" for mark in told.marks)
    return "; ".join(filter(None, (said, told.because, marks)))


def missing(verdict: SetVerdict) -> str:
    """What some frames lack, and are therefore not judged by: `12 without RMS`."""
    return ", ".join(
        f"{'all' if number == len(verdict.frames) else number} without {named(QUANTITIES[name])}"
        for name, number in _by_order(verdict.missing)
    )


def usual_text(usual: Mapping[str, float]) -> str:
    """The usual values a set was judged by: `HFR 2.31 px, stars 1,204`."""
    return ", ".join(
        f"{named(QUANTITIES[name])} {number_text(value, QUANTITIES[name])}{_unit(QUANTITIES[name])}"
        for name, value in usual.items()
        if name in QUANTITIES
    )


def _by_order(missing: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name, missing[name]) for name in QUANTITIES if missing.get(name)]


def _moving(names: Sequence[str], one: str, many: str) -> str:
    if not names:
        return ""
    more = f" and {counted(len(names) - _NAMED, 'other')}" if len(names) > _NAMED else ""
    return f"{len(names)} {one if len(names) == 1 else many}: {', '.join(map(_clock, names[:_NAMED]))}{more}"


def _clock(name: str) -> str:
    """A frame's name without its measures: `2026-01-15_00-12-33`."""
    found = _CLOCK.match(name)
    return found[0] if found else name


def _unit(quantity: Quantity) -> str:
    """The unit, with a blank before it where it is a word."""
    return quantity.unit if quantity.unit in {"", "″", "°"} else f" {quantity.unit}"


def _sign(quantity: Quantity) -> str:
    return "<" if quantity.bad_is == "low" else ">"
