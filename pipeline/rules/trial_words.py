"""A trial of limits in words: a row for each set, and what it comes to altogether, beside what eyes said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.model.measures import QUANTITIES
from pipeline.model.policies import CullPass, Relative
from pipeline.model.verdicts import SetVerdict
from pipeline.rules.cull_words import rig_word, summary
from pipeline.rules.culling import share_percent
from pipeline.rules.limits import named, number_text
from pipeline.rules.spoken import counted
from pipeline.rules.trial import Tried, taken_by

_NAMED = 4


def trial_rows(tried: Iterable[Tried]) -> list[dict[str, Any]]:
    """A row for each set: what goes now, what would go then, and which frames make the difference."""
    return [
        {
            "night": one.frames.night.isoformat(),
            "set": f"{rig_word(one.frames.rig)} {one.frames.label}",
            "frames": len(one.frames.members),
            "go now": _goes(one.now),
            "go then": _goes(one.then),
            "by": summary(told for told in one.then.frames.values() if told.reasons),
            "differently": _differently(one),
        }
        for one in tried
    ]


def _goes(verdict: SetVerdict) -> str:
    number = len(taken_by(verdict))
    asks = f" ({share_percent(verdict.losing, verdict.of):.0f} %: asks)" if verdict.held else ""
    return f"{number}{asks}"


def _differently(one: Tried) -> str:
    said = [_named("go", [member.name for member in one.leaves])]
    said += [_named("stay", [member.name for member in one.returns])]
    return "; ".join(filter(None, said))


def _named(verb: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{verb}: {', '.join(names[:_NAMED])}{more}" if names else ""


def trial_totals(tried: Sequence[Tried]) -> list[str]:
    """What it comes to: by reason, beside what eyes said, and what was not known."""
    frames = sum(len(one.frames.members) for one in tried)
    now, then = (
        sum(len(taken_by(one)) for one in verdicts) for verdicts in zip(*_verdicts(tried), strict=True)
    )
    lines = [
        f"{counted(len(tried), 'set')}, {counted(frames, 'frame')}: {now} go by the limits in force, "
        f"{then} ({share_percent(then, frames):.1f} %) by those tried."
    ]
    reasons = _by_quantity(tried)
    if reasons:
        lines.append(
            "By reason: " + ", ".join(f"{named(QUANTITIES[name])} {n}" for name, n in reasons.items()) + "."
        )
    asking = sum(one.then.held for one in tried)
    lines += [f"{counted(asking, 'set')} would ask."] if asking else []
    lines += _beside_eyes(tried)
    from_names = sum(one.from_names for one in tried)
    if from_names:
        lines.append(
            f"{counted(from_names, 'set')} not measured here: only what names and headers say was held against "
            "the limits."
        )
    return lines + list(dict.fromkeys(sentence for one in tried for sentence in one.then.unjudged))[:_NAMED]


def _verdicts(tried: Sequence[Tried]) -> list[tuple[SetVerdict, SetVerdict]]:
    return [(one.now, one.then) for one in tried]


def _by_quantity(tried: Sequence[Tried]) -> dict[str, int]:
    """Frames by the first limit of the tried ones that they exceed."""
    found = Counter(
        told.reasons[0].quantity for one in tried for told in one.then.frames.values() if told.reasons
    )
    return {name: found[name] for name in QUANTITIES if name in found}


def _beside_eyes(tried: Sequence[Tried]) -> list[str]:
    """How the limits agree with the people who looked."""
    rejected = sum(len(one.by_eye) for one in tried)
    caught = sum(len(one.by_eye & taken_by(one.then)) for one in tried)
    seen = sum(len(one.seen) for one in tried)
    lost = sum(len(one.seen & taken_by(one.then)) for one in tried)
    lines = []
    if rejected:
        lines.append(f"Of {counted(rejected, 'frame')} you blinked away they would have taken {caught}.")
    if seen:
        lines.append(f"Of {counted(seen, 'frame')} you looked at and kept they would have taken {lost}.")
    return lines


def limits_text(limits: CullPass | None) -> str:
    """Limits as a person writes them: `hfr 4.2, stars_measured 0.6 x the set's median`."""
    if limits is None or not limits.limits:
        return "none"
    said = ", ".join(f"{name} {_limit_text(name, limit)}" for name, limit in limits.limits.items())
    auto = limits.auto_percent
    return f"{said}; {'never asks' if auto == 'always' else f'asks from {auto:g} % on'}"


def _limit_text(name: str, limit: float | Relative) -> str:
    if not isinstance(limit, Relative):
        return "rejects" if name == "trail" else number_text(limit, QUANTITIES[name])
    if limit.sigma is not None:
        return f"{limit.sigma:g} sigma of the set"
    if limit.times is not None:
        return f"{limit.times:g} x the set's median"
    return f"{limit.usual:g} x the rig's usual"
