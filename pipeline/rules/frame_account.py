"""One stored frame's place in its set, in words: what was measured, how the limits judged it, where it stands and why.

The answer of `doit why` about everything that follows the store; each value with its unit and its witness, each limit
with its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pipeline.model.calibrated import CalibratedLight
from pipeline.model.frames import Kind
from pipeline.model.masters import SetMatch
from pipeline.model.measures import QUANTITIES, Measured, Quantity
from pipeline.model.policies import Cull, CullPass, Relative
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import Fate, Judgement, SetVerdict, State
from pipeline.rules.blink_columns import value_text
from pipeline.rules.calibrated_standing import light_lines
from pipeline.rules.cull_words import question, reason_text, reasons_text
from pipeline.rules.limits import number_text
from pipeline.rules.serving_words import match_data, match_lines
from pipeline.rules.situation import Situation
from pipeline.rules.spoken import counted
from pipeline.rules.standings import NOT_SEEN, Standing
from pipeline.rules.typed import as_typed

_UNITS = {"adu": "ADU", "percent": "%", "deg": "°", "px": "px", "arcsec": "″"}
_PASSES = (("pass1", "pass 1"), ("pass2", "pass 2"), ("mark", "mark"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameAccount:
    """What is known of one frame beyond its being stored."""

    stored: str
    frames: FrameSet | None = None
    """Its set; None: it is put aside (a snapshot, a stack, a master)."""
    row: Measured | None = None
    verdict: SetVerdict | None = None
    standing: Standing | None = None
    state: State = State.ASIDE
    lies_at: str = ""
    """Where it is seen now; empty: in the store alone."""
    looked: datetime | None = None
    """When somebody said to have looked at it."""
    cull: Cull = field(default_factory=Cull)
    over: bool = True
    """Its night is over."""
    masters: SetMatch = field(default_factory=SetMatch)
    calibrated: CalibratedLight | None = None
    """What became of it when it was calibrated."""
    """What its set is calibrated with, of lights."""

    @property
    def judged(self) -> Judgement | None:
        """What the limits say of it."""
        return self.verdict.frames.get(self.stored) if self.verdict is not None else None


def situation_in_set(told: FrameAccount) -> Situation:
    """In which state the frame is, why, and what would change it."""
    return Situation(state=told.state.value, why="; ".join(filter(None, _whys(told))), command=_command(told))


def _whys(told: FrameAccount) -> Iterator[str]:
    judged, said = told.judged, told.standing.why if told.standing is not None else ""
    if told.state is State.ASIDE:
        yield "it forms no set: stored, never judged or offered"
    elif told.state is State.STORED:
        yield "its set is not judged yet" if told.over else "its night is not over"
    elif told.state is State.CULLED:
        yield reasons_text(judged) if judged is not None else ""
    elif told.state is State.HELD and told.verdict is not None:
        yield f"its set {question(told.verdict)} and asks you"
        yield reasons_text(judged) if judged is not None else ""
    elif told.state in {State.OFFERED, State.LATE}:
        yield "waits for your eyes" if told.looked is None else "looked at; its set waits to be accepted"
        yield "it came after its set was looked at" if told.state is State.LATE else ""
        yield reasons_text(judged) if judged is not None else ""
    else:
        yield said if said != NOT_SEEN else "accepted by its rig's file, not seen by anybody"
    if told.lies_at and told.lies_at != said:
        yield f"it lies in {told.lies_at.rpartition('/')[0]}"


def _command(told: FrameAccount) -> str:
    which, frame = as_typed(told.frames.id) if told.frames is not None else "", as_typed(told.stored)
    return {
        State.STORED: "doit" if told.over else "doit --now",
        State.HELD: f"doit cull {which} --apply",
        State.OFFERED: f"doit blink {which}" if told.looked is None else f"doit accept {which}",
        State.LATE: f"doit blink {which}",
        State.CULLED: f"doit restore {frame}",
        State.REJECTED: f"doit restore {frame}",
        State.GIVEN_UP: f"doit restore {frame}",
        State.GONE: f"doit blink {which} --gone rejected, or doit restore {which}",
        State.TAKEN_OUT: f"doit restore {frame}",
        State.ACCEPTED: f"doit reopen {which}",
    }.get(told.state, "")


def set_sections(told: FrameAccount | None) -> Iterator[tuple[str, list[str]]]:
    """Its set, what was measured, how the limits judged it: headings and what stands under them."""
    if told is None or told.frames is None:
        return
    number = counted(len(told.frames.members), "frame")
    yield "Set", [f"{told.frames.label}, {number}", f"  {told.frames.id}"]
    rows = measured_rows(told.row)
    name, value = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    yield "Measured", [f"{row[0]:{name}}  {row[1]:{value}}  {row[2]}".rstrip() for row in rows]
    yield "Judged", judged_lines(told)
    yield "Masters", match_lines(told.masters)
    yield "Calibrated", light_lines(told.calibrated)


def set_data(told: FrameAccount | None) -> dict[str, Any] | None:
    """The same for programs."""
    if told is None or told.frames is None:
        return None
    judged = told.judged or Judgement(fate=Fate.KEPT)
    rows = measured_rows(told.row)
    return {
        "id": told.frames.id,
        "label": told.frames.label,
        "lies_at": told.lies_at,
        "measured": [{"value": name, "is": value, "from": source} for name, value, source in rows],
        "judged": judged.fate.value if told.judged is not None else None,
        "reasons": [reason_text(one) for one in judged.reasons],
        "marks": [reason_text(one) for one in judged.marks],
        "because": judged.because,
        "masters": match_data(told.masters),
        "calibrated": asdict(told.calibrated) if told.calibrated is not None else None,
    }


def measured_rows(row: Measured | None) -> list[tuple[str, str, str]]:
    """What was measured: name, value with its unit, and who gave it."""
    if row is None:
        return []
    if row.trouble:
        return [("not measured", row.trouble, "")]
    found = [
        (quantity.words, value_text(name, row.values[name]), quantity.witness)
        for name, quantity in QUANTITIES.items()
        if name in row.values
    ]
    return [*found, *_plain_rows(row.levels), *_plain_rows(row.extras)]


def _plain_rows(values: Mapping[str, float]) -> list[tuple[str, str, str]]:
    """Values whose names end in their unit: `gradient_percent` is `gradient` in %."""
    rows = []
    for name, value in values.items():
        stem, _, ending = name.removesuffix("_measured").rpartition("_")
        unit = _UNITS.get(ending, "")
        words = (stem if unit else name.removesuffix("_measured")).replace("_", " ")
        digits = 0 if value == int(value) else 3 if unit == "%" else 2
        blank = "" if unit in {"", "°", "″"} else " "
        rows.append((words, f"{value:,.{digits}f}{blank}{unit}".replace("-", "−"), "measured"))
    return rows


def judged_lines(told: FrameAccount) -> list[str]:
    """Each limit and how the frame stands to it; then what the limits made of it."""
    judged = told.judged
    is_light = told.frames is not None and told.frames.kind is Kind.LIGHT
    if judged is None or told.verdict is None or not is_light:
        return []  # flats, darks and bias are looked at, not culled
    lines = [line for name, words in _PASSES for line in _pass_lines(told, judged, name, words)]
    fate = "its set asks about it" if judged.fate is Fate.SUSPECT else judged.fate.value
    because = f": {judged.because}" if judged.because else ""
    return [*lines, *told.verdict.unjudged, f"{fate}{because}"]


def _pass_lines(told: FrameAccount, judged: Judgement, name: str, words: str) -> Iterator[str]:
    limits: CullPass | None = getattr(told.cull, name)
    beyond = {one.quantity: one for one in (*judged.reasons, *judged.marks) if one.stage == name}
    for quantity in beyond.keys() - (limits.limits if limits is not None else {}).keys():
        yield f"{words}  {reason_text(beyond[quantity])} (a limit that has changed since)"
    for quantity, limit in limits.limits.items() if limits is not None else ():
        if quantity in beyond:
            yield f"{words}  {reason_text(beyond[quantity])}"
        else:
            yield f"{words}  {_within(told.row, QUANTITIES[quantity], limit)}"


def _within(row: Measured | None, quantity: Quantity, limit: float | Relative) -> str:
    value = row.values.get(quantity.name) if row is not None else None
    if value is None:
        return f"{quantity.words} ({quantity.witness}): not known, so not judged by it"
    said = f"{quantity.words} {value_text(quantity.name, value)} ({quantity.witness})"
    return f"{said}: not beyond {_limit_words(quantity, limit)}"


def _limit_words(quantity: Quantity, limit: float | Relative) -> str:
    if quantity.name == "trail":
        return "its limit"
    if not isinstance(limit, Relative):
        return number_text(limit, quantity)
    if limit.sigma is not None:
        return f"{limit.sigma:g} sigma of the set"
    if limit.times is not None:
        return f"{limit.times:g} x the set's median"
    return f"{limit.usual:g} x the rig's usual"
