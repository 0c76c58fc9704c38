"""Limits tried on past nights before they are written into a rig file: what would have gone, what would have stayed.

    "1.35x" ─parse_limit─▶ Relative(times=1.35) ─tried_cull─▶ the rig's cull with it ─try_set─▶ Tried(now, then)

Each set is judged twice by the same values, as if nobody had looked yet; what people did say of it by eye stands beside
that, so that a limit can be held against their eyes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from pipeline.model.errors import UserError
from pipeline.model.measures import QUANTITIES, Measured
from pipeline.model.policies import Cull, CullPass, Relative
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import Fate, SetVerdict
from pipeline.rules.culling import judge_set
from pipeline.rules.limits import Bound, bound
from pipeline.rules.readings import readings
from pipeline.rules.words import GIVE_UP, REJECT, SetWords

LIMITED = tuple(one.name for one in fields(CullPass) if one.name != "auto_percent")
"""The quantities a limit may name."""
_TYPED = re.compile(
    r"(\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})\s*(x|times|s|sigma|σ|u|usual)?", re.IGNORECASE | re.ASCII
)
_FOLLOWS = {"x": "times", "t": "times", "s": "sigma", "σ": "sigma", "u": "usual"}

Limits = Mapping[str, float | Relative | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One set, judged by the limits that hold and by those that are tried."""

    frames: FrameSet
    rows: Mapping[str, Measured]
    now: SetVerdict
    then: SetVerdict
    from_names: bool
    """True: its frames were never measured here, so that only names and headers spoke."""
    by_eye: frozenset[str]
    """Stored paths of frames a person rejected."""
    seen: frozenset[str]
    """Stored paths of frames a person looked at and did not reject."""

    @property
    def leaves(self) -> tuple[Member, ...]:
        """What the tried limits take and those in force do not."""
        return self._taken(self.then, self.now)

    @property
    def returns(self) -> tuple[Member, ...]:
        """What they do not take and those in force do."""
        return self._taken(self.now, self.then)

    def _taken(self, by: SetVerdict, not_by: SetVerdict) -> tuple[Member, ...]:
        taken = taken_by(by) - taken_by(not_by)
        return tuple(one for one in self.frames.members if one.stored in taken)


def taken_by(verdict: SetVerdict) -> set[str]:
    """The frames a verdict takes, or asks about."""
    return {stored for stored, told in verdict.frames.items() if told.fate is not Fate.KEPT}


def parse_limit(name: str, typed: str) -> float | Relative | bool | None:
    """What was typed for a limit: `4.2`, `1.35x`, `3sigma`, `1.4usual`, `none`.

    Raises:
        UserError: That is no limit.
    """
    option = f"--{name.replace('_', '-')}"
    if typed.strip().casefold() == "none":
        return None
    if name == "trail":
        if typed.strip().casefold() in {"yes", "true", "1"}:
            return True
        raise UserError(f"{option} {typed}: expected nothing behind it, or none.")
    found = _TYPED.fullmatch(typed.strip())
    value = float(found[1]) if found else 0.0
    if found is None or value <= 0:
        raise UserError(f"{option} {typed}: expected a number above 0, 1.35x, 3sigma, 1.4usual or none.")
    return Relative(**{_FOLLOWS[found[2][0].lower()]: value}) if found[2] else value


def tried_cull(cull: Cull, limits: Limits, second: bool, auto_percent: float | str | None) -> Cull:
    """A rig's cull with these limits in place of its own; quantities that are not named keep theirs.

    Args:
        cull: As the rig file has it.
        limits: By quantity; None: not limited.
        second: They are those of pass 2.
        auto_percent: From which share on a set would ask; None: as it is.
    """
    which = "pass2" if second else "pass1"
    kept = getattr(cull, which) or CullPass(auto_percent="always" if second else 0.0)
    changes: dict[str, object] = dict(limits)
    if auto_percent is not None:
        changes["auto_percent"] = auto_percent
    return replace(cull, **{which: replace(kept, **changes)})


def try_set(
    frames: FrameSet,
    rows: Mapping[str, Measured],
    words: SetWords,
    usual: Mapping[str, float],
    now: Cull,
    then: Cull,
    guider_arcsec_px: float | None = None,
) -> Tried:
    """Judge a set twice, as if nobody had looked.

    Args:
        frames: The set.
        rows: What was measured of it; empty: names and headers speak.
        words: What people said of it.
        usual: The rig's usual values, as the set was judged by.
        now: The limits that hold.
        then: Those that are tried.
        guider_arcsec_px: The scale of the rig's guide camera.
    """
    known = rows or {one.stored: _from_name(one, guider_arcsec_px) for one in frames.members}
    by_eye = {stored for stored, word in words.frames.items() if word.says in {REJECT, GIVE_UP}}
    nobody = SetWords()
    return Tried(
        frames=frames,
        rows=known,
        now=judge_set(frames, known, now, nobody, usual),
        then=judge_set(frames, known, then, nobody, usual),
        from_names=not rows,
        by_eye=frozenset(by_eye),
        seen=frozenset(words.seen.keys() - by_eye),
    )


def limit_of(tried: Tried, limits: CullPass | None, name: str) -> float | None:
    """Where a limit lies for this set, as a number."""
    limit = limits.limits.get(name) if limits is not None else None
    if limit is None or name not in QUANTITIES:
        return None
    found = bound(name, limit, tried.rows.values(), tried.then.usual)
    return found.limit if isinstance(found, Bound) else None


def _from_name(member: Member, guider_arcsec_px: float | None) -> Measured:
    return Measured(
        stored=member.stored,
        size=member.size,
        mtime_ns=member.mtime_ns,
        values=readings(member.frame, guider_arcsec_px=guider_arcsec_px),
    )
