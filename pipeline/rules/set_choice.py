"""Which sets a person means: by a set's name, by a folder or file it is seen in, or by rig, night and target.

    "C8E@f10.0+.../M31/DATE_2026-01-14/FILTER_L_EXP_300.00"     its name
    "C8E@f10.0+.../10_Blink/M31"                                all sets offered below a folder
    "_Reject/.../2026-01-15_00-12-33.fits"                      the set a file belongs to

Letter case makes no difference: targets that differ by it alone are one target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.model.errors import UserError
from pipeline.model.sets import FrameSet
from pipeline.rules.choosing import match
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.targets import target_key

_EVENING = re.compile(r"DATE_(\d{4}-\d\d-\d\d)(?![\d-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What `--rig --night --target` ask for; empty: any."""

    rig: str = ""
    first: date | None = None
    last: date | None = None
    target: str = ""

    @property
    def is_any(self) -> bool:
        """True when nothing was asked for."""
        return not (self.rig or self.first or self.last or self.target)

    def holds(self, frames: FrameSet) -> bool:
        """True when the set is one of those asked for."""
        if self.rig and rig_key(self.rig) not in {rig_key(frames.rig), rig_key(frames.owner)}:
            return False
        if self.target and target_key(self.target) != target_key(frames.target):
            return False
        return any(map(self.holds_night, {frames.night, *evenings(frames.id)}))

    def holds_night(self, night: date) -> bool:
        """True when the night lies between the first and the last."""
        return (self.first is None or self.first <= night) and (self.last is None or night <= self.last)


def asked(rig: str = "", night: str = "", target: str = "") -> Asked:
    """What was asked for: a night is `2026-01-14`, or `2026-01-01..2026-01-31` with either end open.

    Raises:
        UserError: That is no night.
    """
    start, dots, end = night.strip().partition("..")
    first = _date(start, night) if start.strip() else None
    last = (_date(end, night) if end.strip() else None) if dots else first
    if first is not None and last is not None and last < first:
        raise UserError(f"--night {night}: the last night lies before the first.")
    return Asked(rig=rig, first=first, last=last, target=target)


def _date(text: str, night: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UserError(
            f"--night {night}: expected a date such as 2026-01-14, or 2026-01-01..2026-01-31."
        ) from None


def evenings(path: str) -> list[date]:
    """The nights that the folders of a path name."""
    return list(_dates(path))


def _dates(path: str) -> Iterator[date]:
    for found in _EVENING.findall(path):
        try:
            yield date.fromisoformat(found)
        except ValueError:
            continue


def means(spellings: Sequence[str], sets: Sequence[FrameSet]) -> list[FrameSet]:
    """The sets a word means: by name, by a file of theirs, by a folder they are seen in or that holds one such.

    Args:
        spellings: The word as a path of the library, in every way it can be read.
        sets: The sets there are.
    """
    words = [word.rstrip("/").casefold() for word in spellings]
    for is_meant in (_is_named, _is_placed, _holds_file, _surrounds):
        found = [one for one in sets if is_meant(words, one)]
        if found:
            return found
    return []


def places_of(frames: FrameSet) -> list[str]:
    """The folders in which frames of the set are, or may be, seen."""
    stored = {member.stored.rpartition("/")[0] for member in frames.members}
    return [place for place in (frames.blink, frames.reject, frames.data, *sorted(stored)) if place]


def _is_named(words: Sequence[str], frames: FrameSet) -> bool:
    return frames.id.casefold() in words


def _holds_file(words: Sequence[str], frames: FrameSet) -> bool:
    wanted = set(words)
    views = [place for place in (frames.blink, frames.reject, frames.data) if place]
    return any(
        not wanted.isdisjoint(path.casefold() for path in (one.stored, *(f"{at}/{one.name}" for at in views)))
        for one in frames.members
    )


def _is_placed(words: Sequence[str], frames: FrameSet) -> bool:
    return bool(match(words, [place.casefold() for place in (frames.id, *places_of(frames))]))


def _surrounds(words: Sequence[str], frames: FrameSet) -> bool:
    """True for something in one of its folders: a sub-folder, a file of the person's own."""
    folders = tuple(f"{place.casefold()}/" for place in places_of(frames))
    return any(word.startswith(folders) for word in words)
