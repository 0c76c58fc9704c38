"""Sums the pages show: of sets taken together, how many frames, what became of them, how long they were exposed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.model.catalog import SessionRow, SetRow
from pipeline.model.frames import Kind
from pipeline.model.verdicts import State
from pipeline.rules.report_words import filter_order, quantity
from pipeline.rules.spoken import counted

LOST = (State.CULLED, State.REJECTED, State.GIVEN_UP, State.TAKEN_OUT)
"""What is not used, whoever said so."""
_LOST = frozenset(map(str, LOST))
EYES = (State.OFFERED, State.HELD, State.LATE)
"""What waits for somebody to look."""
_HFR = ("hfr", "hfr_measured")
_RMS = ("rms_arcsec", "rms_arcsec_guide_log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Some sets, taken together."""

    frames: int
    kept: int
    """Those neither limits nor eyes took away, and no set asks about."""
    accepted: int
    taken_s: float
    """Exposure of all frames."""
    kept_s: float
    accepted_s: float
    bytes: int
    states: Mapping[str, int]
    asked: int
    """Held by their set, which asks about them."""

    def count(self, *states: str) -> int:
        """Frames in any of these states."""
        return sum(self.states.get(state, 0) for state in states)

    @property
    def waiting(self) -> int:
        """Frames that are kept, and wait for somebody to look."""
        return self.count(*EYES) - self.asked


def sum_of(sets: Iterable[SetRow]) -> Sum:
    """Sets added up."""
    frames = kept = accepted = size = asked = 0
    taken_s = kept_s = accepted_s = 0.0
    states: dict[str, int] = {}
    for row in sets:  # one pass: the overview asks this of thousands of sets, several times
        left, exposure_s = kept_of(row), row.get("exposure_s", 0.0)
        frames += row["frames"]
        kept += left
        accepted += row.get("accepted", 0)
        taken_s += row["frames"] * exposure_s
        kept_s += left * exposure_s
        accepted_s += row.get("accepted_s", 0.0)
        size += row.get("bytes", 0)
        asked += row.get("suspects", 0)
        for state, number in row["states"].items():
            states[state] = states.get(state, 0) + number
    return Sum(
        frames=frames,
        kept=kept,
        accepted=accepted,
        taken_s=taken_s,
        kept_s=kept_s,
        accepted_s=accepted_s,
        bytes=size,
        states=states,
        asked=asked,
    )


def kept_of(row: SetRow) -> int:
    """Frames of a set that were not taken away, and that it does not ask about."""
    lost = row.get("suspects", 0)
    for state, number in row["states"].items():
        if state in _LOST:
            lost += number
    return row["frames"] - lost


def lights(sets: Iterable[SetRow]) -> list[SetRow]:
    """Those that show the sky."""
    return [row for row in sets if row["kind"] == Kind.LIGHT]


def by(sets: Iterable[SetRow], key: Callable[[SetRow], str]) -> dict[str, list[SetRow]]:
    """Sets by something they have in common, in the order of that."""
    found: dict[str, list[SetRow]] = defaultdict(list)
    for row in sets:
        found[key(row)].append(row)
    return dict(sorted(found.items()))


def filters_of(sets: Iterable[SetRow]) -> list[str]:
    """Their filters, in the trade's order."""
    return sorted({row.get("filter", "") for row in sets}, key=filter_order)


def fate_words(told: Sum) -> str:
    """`38 of 47 kept, 6 culled, 41 wait for your eyes`: what became of frames, the good news first."""
    parts = [f"{told.kept:,} of {told.frames:,} kept"]
    for state, word in (
        (State.CULLED, "culled"),
        (State.REJECTED, "blinked away"),
        (State.GIVEN_UP, "given up"),
        (State.TAKEN_OUT, "taken out"),
    ):
        parts += [f"{told.count(state):,} {word}"] if told.count(state) else []
    if waiting := told.waiting:
        parts.append(f"{waiting:,} {'waits' if waiting == 1 else 'wait'} for your eyes")
    if asked := told.asked:
        parts.append(f"{asked:,} {'asks' if asked == 1 else 'ask'} you")
    if gone := told.count(State.GONE):
        parts.append(f"{gone:,} gone, asks you")
    return ", ".join(parts)


def middle_words(sets: Iterable[SetRow], *names: str) -> str:
    """The median of the sets' medians of the first of these quantities that they have, with its unit."""
    rows = list(sets)
    for name in names:
        known = [row["medians"][name] for row in rows if name in row.get("medians", {})]
        if known:
            return quantity(name, median(known))
    return ""


def hfr_words(sets: Iterable[SetRow]) -> str:
    """Their usual HFR."""
    return middle_words(sets, *_HFR)


def rms_words(sets: Iterable[SetRow]) -> str:
    """Their usual guiding error."""
    return middle_words(sets, *_RMS)


def hfr_name(sets: Iterable[SetRow]) -> str:
    """Which HFR most of these sets have; empty where none has any. Sources are not mixed in one curve."""
    told = Counter(name for row in sets for name in _HFR if name in row.get("medians", {}))
    return max(told, key=lambda name: (told[name], name == _HFR[0]), default="")


def session_names(sessions: Iterable[SessionRow]) -> dict[str, str]:
    """Night to what a person called its sessions."""
    found: dict[str, list[str]] = {}
    for one in sessions:
        if one.get("name"):
            for night in one.get("nights") or [one["night"]]:
                found.setdefault(night, []).append(one["name"])
    return {night: ", ".join(names) for night, names in found.items()}


def shot_words(sets: Sequence[SetRow]) -> str:
    """`M31 L, R; IC 1805 Ha`: what was shot through what."""
    told = by((row for row in sets if row.get("target")), lambda row: row.get("target", ""))
    named = [f"{target} {', '.join(filter(None, filters_of(rows)))}".strip() for target, rows in told.items()]
    more = f" and {counted(len(named) - 4, 'more target')}" if len(named) > 4 else ""
    return "; ".join(named[:4]) + more
