"""What was done about masters, as the diary and `doit master` say it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Group, Refused
from pipeline.rules.grouping import set_label
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed

_SHOWN = 2


def group_label(group: Group) -> str:
    """`dark 300 s −10 °C g100`, `flat L, 2026-01-14`."""
    frame = group.frame
    gain = f" g{frame.gain:g}" if frame.gain is not None and group.kind is not Kind.FLAT else ""
    night = f", {group.nights[0]}" if group.kind is Kind.FLAT else ""
    binning = f" bin {frame.binning}" if frame.binning not in {None, 1} else ""
    return f"{set_label(frame)}{gain}{binning}{night}"


def made_line(group: Group, count: int, refused: Sequence[Refused], remarks: Iterable[str] = ()) -> str:
    """`ZWO ASI2600MM Pro  dark 300 s −10 °C g100  20 frames; 1 left out: saturated`."""
    parts = [counted(count, "frame"), *_left_out(refused), *filter(None, remarks)]
    return f"{group.frame.camera}  {group_label(group)}  {'; '.join(parts)}"


def too_few(group: Group, refused: Sequence[Refused] = (), count: int | None = None) -> str:
    """`... 4 of 10 frames, 6 missing`."""
    have, wanted = group.count if count is None else count, group.policy.recipe.min_frames
    said = f"{have} of {wanted} frames, {counted(wanted - have, 'frame')} missing"
    parts = [said, *_left_out(refused), *_other_size(group)]
    return f"{group.frame.camera}  {group_label(group)}  {'; '.join(parts)}"


def held_line(path: str, doubts: Sequence[str]) -> str:
    """What waits, and what to type."""
    return f"held: {'; '.join(doubts)}. `doit master {as_typed(path)} --ok` or --reject"


def _other_size(group: Group) -> list[str]:
    if group.others is None:
        return []
    frame = group.frame
    own, others = f"{frame.width_px} × {frame.height_px}", f"{group.others[0]} × {group.others[1]}"
    return [f"refused beside the others: {own} pixels, not {others}"]


def _left_out(refused: Sequence[Refused]) -> list[str]:
    if not refused:
        return []
    whys = list(dict.fromkeys(one.why for one in refused))
    more = f" and {len(whys) - _SHOWN} other reasons" if len(whys) > _SHOWN else ""
    return [f"{len(refused)} left out: {'; '.join(whys[:_SHOWN])}{more}"]
