"""Which masters something may be due about: those not standing, and those whose frames are dealt with in this run.

nights in outline, shelf ─▶ due     while nothing of it changed since nothing was due, only looked at
sets of open nights ─▶ what their frames may come to, should a marker let them pass in this very run
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress

from pipeline.model.errors import NightbuildError
from pipeline.model.frames import Kind
from pipeline.model.master_groups import Batch, Group, Wanted
from pipeline.model.sets import FrameSet
from pipeline.rules.library_names import plain_path
from pipeline.rules.master_groups import group_name
from pipeline.rules.master_standing import name_of
from pipeline.rules.master_words import master_words
from pipeline.world.calibration_nights import Looked, batches_of, look_at_nights
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.flat_less import has_stopgap, lacking
from pipeline.world.library import OpenLibrary
from pipeline.world.master_files import list_masters
from pipeline.world.master_groups import Now, groups_now, homes_of, read_tried
from pipeline.world.master_series import released
from pipeline.world.outlines import REST_NS

FILE = "masters_rest"
"""A digest of all that was looked at when nothing was due about any master."""
_KINDS = frozenset({Kind.BIAS, Kind.DARK, Kind.FLAT, Kind.FLATDARK})


def wanted_masters(
    library: OpenLibrary, open_sets: Iterable[FrameSet] = (), *, remember: bool = True
) -> list[Wanted]:
    """The names about which something may be due; flats last.

    Args:
        library: Whose.
        open_sets: Sets whose night is over and that are dealt with in this run.
        remember: False: not even caches are written.
    """
    looked = look_at_nights(library)
    may_be = [batch for one in open_sets if one.kind in _KINDS for batch, _ in batches_of(one, one.members)]
    mark, latest_ns = _mark(library, looked)
    if not may_be and _rests(library, mark):
        return []
    now = groups_now(library, looked=looked, remember=remember)
    wanted = _wanted(now, _opened(library, looked, may_be, remember=remember))
    is_over = not any(night.unripe for night in now.nights.values())
    if remember and not wanted and is_over and time.time_ns() - latest_ns >= REST_NS:
        _keep(library, mark)
    return wanted


def _opened(library: OpenLibrary, looked: Looked, may_be: list[Batch], *, remember: bool) -> dict[str, Group]:
    """The groups that the sets of this run may come to, by name."""
    sets = {batch.set_id for batch in may_be}
    groups = groups_now(library, may_be, looked=looked, remember=remember).groups if may_be else ()
    return {
        group_name(group): group for group in groups if any(batch.set_id in sets for batch in group.batches)
    }


def _wanted(now: Now, opened: dict[str, Group]) -> list[Wanted]:
    due = {group_name(group): group for group in now.due}
    cameras = {group.frame.camera for group in (due | opened).values() if group.kind is not Kind.FLAT}
    found = {group_name(group): group for group in _bare(now, cameras)} | due | opened
    wanted = [_of_group(name, group, is_open=name in opened) for name, group in found.items()]
    wanted += [one for one in _released(now) if one.name not in found]
    return sorted(wanted, key=lambda one: (one.kind is Kind.FLAT, one.name))


def _bare(now: Now, cameras: set[str | None]) -> Iterator[Group]:
    """Flats that nothing, or a stopgap, was taken off, and for which something may be there now."""
    for group in now.groups:
        made = now.standing.by_frames.get((group.kind, group.digest)) if group.kind is Kind.FLAT else None
        if made is None or not (group.frame.camera in cameras or lacking(now, group)):
            continue
        if has_stopgap(now, group, made[1]):
            yield group


def _released(now: Now) -> Iterator[Wanted]:
    """Held masters that a person said ok to."""
    for master in released(now):
        kind, name = master.frame.kind, name_of(plain_path(master.path))
        if kind is not None:
            yield Wanted(name=name, kind=kind.raw, camera=master.frame.camera or "")


def _of_group(name: str, group: Group, *, is_open: bool) -> Wanted:
    nights = dict.fromkeys((batch.owner, batch.filed) for batch in group.batches)
    camera = group.frame.camera or ""
    return Wanted(name=name, kind=group.kind, camera=camera, nights=tuple(nights), is_open=is_open)


def _mark(library: OpenLibrary, looked: Looked) -> tuple[str, int]:
    """A digest of all that the answer follows from, and when the last of it changed."""
    files, words = list_masters(library), master_words(looked.said.wide)
    told = (looked.mark, files, words, sorted(read_tried(library)), homes_of(library).named, library.mark)
    latest_ns = max((found.mtime_ns for found in files), default=0)
    return hashlib.sha256(repr(told).encode("utf-8", "replace")).hexdigest(), max(latest_ns, looked.latest_ns)


def _rests(library: OpenLibrary, mark: str) -> bool:
    try:
        return (library.state / FILE).read_text(encoding="ascii") == mark
    except (OSError, ValueError):
        return False


def _keep(library: OpenLibrary, mark: str) -> None:
    """A place that cannot be written costs time in the next run, nothing else."""
    with suppress(OSError, NightbuildError):
        make_folder(library.state)
        replace_if_different(library.state / FILE, mark.encode())
