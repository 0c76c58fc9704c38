"""A night in a sentence, and what can be learnt from it: `280 of 350 kept; 47 clouded, 18 trailed, 5 soft`.

    sets and frames ─session_signs─▶ causes ─┐
                    ─session_course─▶ drifts ─┴─▶ sentence, findings with values, limits and what to try

Only what was measured is spoken of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.model.catalog import FrameRow
from pipeline.model.measures import QUANTITIES
from pipeline.model.verdicts import State
from pipeline.rules.report_words import quantity
from pipeline.rules.session_signs import GUIDING, Cause, Loss, SetSeen, Sign, is_asked, losses
from pipeline.rules.spoken import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something the night teaches."""

    what: str
    """`18 trailed`."""
    told: str
    """The values that say so, as a sentence."""
    advice: str = ""
    """What to try; empty where nothing is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A night of lights, understood as far as it was measured."""

    sentence: str
    findings: tuple[Finding, ...] = ()
    losses: tuple[Loss, ...] = ()


_OPENING = 2
"""A set's first frames: soft ones only there mean it began out of focus."""


def analyse(sets: Sequence[SetSeen]) -> Analysis:
    """What became of the lights of a night, and why."""
    frames = sorted((one for each in sets for one in each.frames), key=clock)
    lost = sorted((one for each in sets for one in losses(each)), key=lambda one: clock(one.frame))
    by_cause = {cause: [one for one in lost if one.cause == cause] for cause in Cause}
    found = (
        _clouded(by_cause[Cause.CLOUDED]),
        _trailed(by_cause[Cause.TRAILED]),
        _soft(by_cause[Cause.SOFT], sets),
        _bright(by_cause[Cause.BRIGHT]),
        _crossed(frames),
        _unmeasured(frames),
    )
    return Analysis(
        sentence=_sentence(frames, lost),
        findings=tuple(one for one in found if one is not None),
        losses=tuple(lost),
    )


def clock(frame: FrameRow) -> tuple[str, str]:
    """What frames are ordered by: when they were begun, as far as that is known."""
    return frame.get("utc") or frame.get("local", ""), frame["stored"]


def at(frame: FrameRow) -> str:
    """`19:41` on the clock of the site; empty where no time is known."""
    told = frame.get("local") or frame.get("utc", "")
    return told[11:16]


def _sentence(frames: Sequence[FrameRow], lost: Sequence[Loss]) -> str:
    if not frames:
        return "No lights."
    asked = [one for one in lost if is_asked(one.frame)]
    gone = [one for one in lost if not is_asked(one.frame)]
    parts = [_kept(len(frames), len(lost)), _causes(gone)]
    if asked:
        parts.append(f"{len(asked)} {'asks' if len(asked) == 1 else 'ask'} you: {_causes(asked)}")
    early = sum(one["state"] == State.STORED for one in frames)
    parts += [f"{early} not judged yet"] if early else []
    return "; ".join(filter(None, parts)) + "."


def _kept(frames: int, lost: int) -> str:
    if not lost:
        return f"All {counted(frames, 'light')} kept" if frames > 1 else "The one light was kept"
    if lost == frames:
        return f"None of {counted(frames, 'light')} kept" if frames > 1 else "The one light was not kept"
    return f"{frames - lost:,} of {counted(frames, 'light')} kept"


def _causes(lost: Iterable[Loss]) -> str:
    told = Counter(one.cause for one in lost)
    return ", ".join(f"{told[cause]:,} {cause}" for cause in Cause if told[cause])


def _clouded(lost: Sequence[Loss]) -> Finding | None:
    if not lost:
        return None
    return Finding(
        what=f"{len(lost):,} clouded",
        told=f"{_when(lost)}: {_worst(lost)}." if _worst(lost) else f"{_when(lost)}.",
        advice="Nothing is wrong with the rig; what is missing is to be shot again.",
    )


def _trailed(lost: Sequence[Loss]) -> Finding | None:
    if not lost:
        return None
    guided = any(sign.quantity in GUIDING for one in lost for sign in one.signs)
    known = any(name in one.frame.get("values", {}) for one in lost for name in GUIDING)
    if guided:
        advice = (
            "The guider saw it too: look into its log at these times for wind, a dragging cable or a lost "
            "star; if it comes back on calm nights, check balance and backlash and calibrate the guider anew."
        )
    elif known:
        advice = (
            "Guiding was calm meanwhile: look for what the guider cannot see, such as a flexing focuser or "
            "guide scope, a knock, a cable."
        )
    else:
        advice = (
            "No guiding error is known of these frames; with it this page could say whether the mount or "
            "the tube moved."
        )
    return Finding(what=f"{len(lost):,} trailed", told=_told(lost), advice=advice)


def _soft(lost: Sequence[Loss], sets: Sequence[SetSeen]) -> Finding | None:
    if not lost:
        return None
    opening = {one["stored"] for each in sets for one in each.frames[:_OPENING]}
    if all(one.frame["stored"] in opening for one in lost):
        advice = "Only where a set begins: run autofocus before its first exposure."
    else:
        advice = (
            "Neither trailed nor clouded, so focus or seeing: run autofocus after each filter change and "
            "whenever it has grown a degree or two colder."
        )
    return Finding(what=f"{len(lost):,} soft", told=_told(lost), advice=advice)


def _bright(lost: Sequence[Loss]) -> Finding | None:
    if not lost:
        return None
    return Finding(
        what=f"{len(lost):,} under a bright sky",
        told=_told(lost),
        advice="Twilight, moonlight or a lamp: shoot broadband filters later, or further from it.",
    )


def _crossed(frames: Sequence[FrameRow]) -> Finding | None:
    crossed = [one for one in frames if one.get("values", {}).get("trail")]
    if not crossed:
        return None
    return Finding(
        what=f"{len(crossed):,} crossed by a satellite or aeroplane",
        told=f"{_times_of(crossed)}.",
        advice="Rejection takes such lines out when ten or more frames are stacked.",
    )


def _unmeasured(frames: Sequence[FrameRow]) -> Finding | None:
    blind = [one for one in frames if not one.get("values")]
    if not blind:
        return None
    what = "Nothing was measured" if len(blind) == len(frames) else f"{len(blind):,} not measured"
    return Finding(what=what, told="No values are known of them, so nothing is said about them here.")


def _told(lost: Sequence[Loss]) -> str:
    worst = _worst(lost)
    return f"{_when(lost)}: {worst}." if worst else f"{_when(lost)}."


def _when(lost: Sequence[Loss]) -> str:
    return _times_of([one.frame for one in lost])


def _times_of(frames: Sequence[FrameRow]) -> str:
    """`At 19:41 and 20:02`, `between 19:41 and 22:10`."""
    times = [at(one) for one in frames]
    if "" in times:
        return "At times nobody noted"
    if len(set(times)) <= 2:
        return f"At {' and '.join(dict.fromkeys(times))}"
    return f"Between {times[0]} and {times[-1]}"


def _worst(lost: Iterable[Loss]) -> str:
    """Of each quantity the value farthest from its usual one, with who measured it."""
    best: dict[str, Sign] = {}
    for one in lost:
        for sign in one.signs:
            if sign.quantity not in best or sign.weight > best[sign.quantity].weight:
                best[sign.quantity] = sign
    return ", ".join(_sign(best[name]) for name in QUANTITIES if name in best)


def _sign(sign: Sign) -> str:
    told = QUANTITIES[sign.quantity]
    way = "down to " if told.bad_is == "low" else "up to "
    said = f"{told.words} {way}{quantity(sign.quantity, sign.value)} ({told.witness})"
    return said if sign.usual is None else f"{said} where {quantity(sign.quantity, sign.usual)} is usual"
