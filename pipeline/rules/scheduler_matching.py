"""Which light of this library an image in NINA's scheduler is: by its file's name, else by the moment it was taken.

Names repeat from night to night (`M31_Ha_0001.fits`), so a name is believed where the times agree, or where only one
frame and one image bear it and a time is missing. No frame answers for two images, no image for two frames.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.model.scheduler import AcquiredImage, SeenFrame

NAMED_WITHIN_S = 120.0
"""A frame of the same name is the same one when it began so near: the database rounds, and clocks are set."""
TIMED_WITHIN_S = 2.0
"""Without a name, the moment must agree to the second."""

SameFilter = Callable[[str, str, str], bool]
"""Rig, the scheduler's filter, the library's filter: are they one?"""
Rigs = Mapping[str, Sequence[str]]
"""NINA profile to the rigs it drives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What was found."""

    frames: Mapping[int, SeenFrame]
    """Image to frame."""
    ambiguous: int = 0
    """Images that might be several frames."""


def match_images(
    images: Sequence[AcquiredImage], frames: Iterable[SeenFrame], rigs: Rigs, same_filter: SameFilter
) -> Matches:
    """Match each image whose profile drives a rig; by name first, what is left over by time."""
    racks = _racks(frames)
    found: dict[int, SeenFrame] = {}
    taken: set[str] = set()
    doubtful: set[int] = set()
    shared = Counter(key for image in images if (key := _name_key(image)))

    def by_name(image: AcquiredImage, rack: _Rack) -> list[SeenFrame]:
        return _named(image, rack, is_alone=shared[_name_key(image)] == 1)

    def by_time(image: AcquiredImage, rack: _Rack) -> list[SeenFrame]:
        return _timed(image, rack, same_filter)

    for look in (by_name, by_time):
        wanted = [image for image in images if image.id not in found]
        claims = {
            image.id: [f for rig in rigs.get(image.profile, ()) for f in look(image, racks.get(rig, _NONE))]
            for image in wanted
        }
        _settle(claims, found, taken, doubtful)
    return Matches(frames=found, ambiguous=len(doubtful - found.keys()))


def _settle(
    claims: Mapping[int, Sequence[SeenFrame]],
    found: dict[int, SeenFrame],
    taken: set[str],
    doubtful: set[int],
) -> None:
    """Give each frame to the one image that claims it, and it alone."""
    free = {image: [f for f in each if f.stored not in taken] for image, each in claims.items()}
    claimed = Counter(f.stored for each in free.values() for f in each)
    for image, each in free.items():
        if len(each) == 1 and claimed[each[0].stored] == 1:
            found[image] = each[0]
            taken.add(each[0].stored)
        elif each:
            doubtful.add(image)


class _Timeline(NamedTuple):
    """Frames in the order they were taken, and those of which that is not known."""

    times: list[float]
    frames: list[SeenFrame]
    timeless: list[SeenFrame]

    def within(self, moment: float | None, seconds: float) -> list[SeenFrame]:
        """The frames that began so near."""
        if moment is None:
            return []
        return self.frames[
            bisect_left(self.times, moment - seconds) : bisect_right(self.times, moment + seconds)
        ]


class _Rack(NamedTuple):
    """The frames of one rig, to be found by name and by time."""

    by_name: Mapping[str, _Timeline]
    by_time: _Timeline


_NOTHING = _Timeline([], [], [])
_NONE = _Rack({}, _NOTHING)


def _racks(frames: Iterable[SeenFrame]) -> dict[str, _Rack]:
    found: dict[str, list[SeenFrame]] = defaultdict(list)
    for frame in frames:
        found[frame.rig].append(frame)
    return {rig: _rack(each) for rig, each in found.items()}


def _rack(frames: Sequence[SeenFrame]) -> _Rack:
    named: dict[str, list[SeenFrame]] = defaultdict(list)
    for frame in frames:
        if frame.file:
            named[frame.file.casefold()].append(frame)
    return _Rack({name: _timeline(each) for name, each in named.items()}, _timeline(frames))


def _timeline(frames: Sequence[SeenFrame]) -> _Timeline:
    timed = [(one.taken_unix_s, one.stored, one) for one in frames if one.taken_unix_s is not None]
    if len(timed) > 1:
        timed.sort(key=lambda one: one[:2])
    timeless = [one for one in frames if one.taken_unix_s is None] if len(timed) < len(frames) else []
    return _Timeline([one[0] for one in timed], [one[2] for one in timed], timeless)


def _name_key(image: AcquiredImage) -> tuple[str, str]:
    return (image.profile, image.file.casefold()) if image.file else ("", "")


def _named(image: AcquiredImage, rack: _Rack, *, is_alone: bool) -> list[SeenFrame]:
    """The frame of that name which began then; where a time is missing, the only one of that name."""
    named = rack.by_name.get(image.file.casefold(), _NOTHING) if image.file else _NOTHING
    near = named.within(image.taken_unix_s, NAMED_WITHIN_S)
    if len(near) > 1:
        return [min(near, key=lambda one: abs((one.taken_unix_s or 0.0) - (image.taken_unix_s or 0.0)))]
    if near:
        return near
    untimed = named.timeless if image.taken_unix_s is not None else [*named.timeless, *named.frames]
    is_only = len(named.timeless) + len(named.frames) == 1
    return untimed if is_only and is_alone else []


def _timed(image: AcquiredImage, rack: _Rack, same_filter: SameFilter) -> list[SeenFrame]:
    """The frames that began at that very moment, through that filter, as long."""
    near = rack.by_time.within(image.taken_unix_s, TIMED_WITHIN_S)
    return [one for one in near if same_filter(one.rig, image.filter, one.filter) and _as_long(image, one)]


def _as_long(image: AcquiredImage, frame: SeenFrame) -> bool:
    if image.exposure_s is None or frame.exposure_s is None:
        return True
    return abs(image.exposure_s - frame.exposure_s) <= 0.01 * max(image.exposure_s, frame.exposure_s, 0.01)
