"""All that is due about the masters of one name: what ought to be so, held against what is, and the difference done.

    due_in(now, series)       what is to be made or brought to its name; also the check of the task
    settle_series(work, ...)  does it, the oldest campaign first

Frames may have come, passed or gone since it was planned: everything is looked at again here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.model.errors import FrameError
from pipeline.model.frames import Kind
from pipeline.model.jobs import Work
from pipeline.model.master_groups import Group
from pipeline.model.masters import Master
from pipeline.rules.library_names import held_path, is_held, plain_path, superseded_path
from pipeline.rules.master_headers import Made
from pipeline.rules.master_lines import held_line, made_line, too_few
from pipeline.rules.master_standing import how_of, is_due, is_followed, made_for, name_of
from pipeline.world.flat_less import flat_of, is_stopgap, lacking, less_mark
from pipeline.world.library import open_library
from pipeline.world.master_groups import Now, groups_now, keep_tried, rig_of
from pipeline.world.master_shelf import look_at_shelf
from pipeline.world.shelving import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing to be done."""

    group: Group | None
    """None: a held master that a person said ok to, whatever it was made from."""
    master: Master | None = None
    """To be brought to its name; None: one is to be made."""
    lacks: str = ""
    """What it would be remembered by, should there be nothing to take off these flats after all."""


def due_in(now: Now, series: str, *, is_open: bool) -> list[Due]:
    """What is to be done about the masters of a name.

    Args:
        now: The library's groups and masters.
        series: The name.
        is_open: Frames of it are dealt with in this run, so that another recipe counts too.
    """
    found = [due for group in now.series(series) if (due := _due(now, group, is_open=is_open)) is not None]
    placed = {due.master.path for due in found if due.master is not None}
    return [*found, *(Due(group=None, master=one) for one in released(now, series) if one.path not in placed)]


def released(now: Now, series: str = "") -> list[Master]:
    """Held masters that a person said ok to; of every name, or of one."""
    shelf = look_at_shelf(now.library, remember=now.remember)
    return [
        one.master
        for one in shelf
        if is_held(one.master.path)
        and one.word is not None
        and one.word.is_ok
        and not one.master.trouble
        and series in {"", name_of(plain_path(one.master.path))}
    ]


def settle_series(work: Work, series: str, *, is_open: bool) -> tuple[list[str], dict[str, int]]:
    """Do what is due; sentences for the diary, and counts."""
    library = open_library(work.library)
    now = groups_now(library, remember=False)
    says = [too_few(group) for group in now.series(series) if group.missing] if is_open else []
    counts = {"masters": 0, "masters held": 0}
    troubles: list[FrameError] = []
    for due in due_in(now, series, is_open=is_open):
        try:
            said = _settle(work, now, due)
        except FrameError as error:
            if due.group is None or due.group.policy.backend != "built-in":  # a program's trouble may pass
                troubles.append(error)
                continue
            said = _came_to_nothing(now, due.group, error)
        counts["masters"] += bool(said.made)
        counts["masters held"] += bool(said.held)
        says += [said.line] if said.line else []
    if troubles:
        raise troubles[0]
    return says, counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    line: str = ""
    made: bool = False
    held: bool = False


def _due(now: Now, group: Group, *, is_open: bool) -> Due | None:
    if group.missing:
        return None
    found = made_for(group, now.standing)
    if is_due(group, now.standing, now.tried):
        return Due(group=group, master=found[0] if found is not None else None)
    if found is not None and is_open and _is_made_otherwise(now, group, *found):
        return Due(group=group)
    lacks = lacking(now, group)
    return Due(group=group, lacks=lacks) if lacks else None


def _is_made_otherwise(now: Now, group: Group, master: Master, made: Made) -> bool:
    return made.how != how_of(group) and master.path not in now.standing.promoted


def _settle(work: Work, now: Now, due: Due) -> _Said:
    if due.group is None or due.master is not None:
        return _bring(now, due)
    if due.lacks and _has_nothing_better(now, due.group):
        keep_tried(now.library, due.lacks, "nothing better to take off")
        return _Said()
    said = _integrate(work, now, due.group)
    if due.lacks:
        keep_tried(now.library, due.lacks, "made anew")
    return said


def _bring(now: Now, due: Due) -> _Said:
    assert due.master is not None
    place = due.group.path if due.group is not None else plain_path(due.master.path)
    name = _shelf(now).bring(due.master.path, place).rpartition("/")[2]
    return _Said(line=f"{due.master.frame.camera}  {name} is in its place", made=True)


def _has_nothing_better(now: Now, group: Group) -> bool:
    from pipeline.world.master_making import master_to_subtract

    found, made = master_to_subtract(now.library, group), made_for(group, now.standing)
    had_one = made is not None and bool(made[1].less)
    return found is None or (had_one and is_stopgap(flat_of(group), found))


def _integrate(work: Work, now: Now, group: Group) -> _Said:
    from pipeline.world.master_frames import choose_frames
    from pipeline.world.master_making import make_master

    _shelf(now).require_place(group.path)
    saturation = rig_of(now.library.configuration, group.batches[0]).camera.saturation_adu
    chosen = choose_frames(work, now.library, group, saturation)
    if chosen.digest != group.digest:  # hashes that were not known, or frames that are not what was stored
        keep_tried(now.library, group.mark, made_line(group, len(chosen.members), chosen.refused))
        if (group.kind, chosen.digest) in now.standing.by_frames:
            return _Said()
    if len(chosen.members) < group.policy.recipe.min_frames:
        line = too_few(group, chosen.refused, len(chosen.members))
        keep_tried(now.library, chosen.digest, line)
        return _Said(line=line)
    made = make_master(work, now.library, group, chosen)
    is_latest = group.is_latest and not is_followed(group, now.standing)
    strangers = _strangers(now, group)
    place = _put(_shelf(now), replace(group, is_latest=is_latest), made.data, is_doubted=bool(made.doubts))
    mark = less_mark(now, group, chosen.digest)
    if mark:
        keep_tried(now.library, mark, f"less {made.less or 'nothing'}")
    remarks = [
        made.rejected,
        held_line(place, made.doubts) if made.doubts else "",
        _taken_off(group, made.less),
        *strangers,
    ]
    line = made_line(group, len(chosen.members), chosen.refused, remarks)
    return _Said(line=line, made=not made.doubts, held=bool(made.doubts))


def _came_to_nothing(now: Now, group: Group, error: FrameError) -> _Said:
    """Remembered, so that the same frames are not integrated on every run; other campaigns go on."""
    why = str(error)
    if str(now.library.state) in why:  # a scratch file tells nobody anything
        why = why.rpartition(": ")[2]
    first, last = group.nights[0], group.nights[-1]
    nights = f"{first}" if first == last else f"{first} to {last}"
    line = f"{group.frame.camera}  {group.kind.value.lower()} frames of {nights} give no master: {why}"
    for mark in dict.fromkeys(one for one in (group.mark, group.digest, lacking(now, group)) if one):
        keep_tried(now.library, mark, line)
    return _Said(line=line)


def _put(shelf: Shelf, group: Group, data: bytes, *, is_doubted: bool) -> str:
    if is_doubted:
        return shelf.put_aside(lambda number: held_path(group.path, number), data)
    if group.is_latest:
        return shelf.put(group.path, data)
    return shelf.put_aside(lambda number: superseded_path(group.path, group.nights[0], number), data)


def _strangers(now: Now, group: Group) -> list[str]:
    """What lies under the master's name and is no such thing: it steps aside, and is named."""
    shelf = look_at_shelf(now.library, remember=False)
    return [
        f"{one.master.path} stepped aside: {one.unlike}"
        for one in shelf
        if one.unlike and one.master.path == group.path
    ]


def _taken_off(group: Group, less: str) -> str:
    if group.kind is not Kind.FLAT:
        return ""
    return f"less {less}" if less else "nothing taken off: no flat-dark, dark or bias serves them yet"


def _shelf(now: Now) -> Shelf:
    nights = {one.master.path: one.master.frame.night for one in look_at_shelf(now.library)}
    return Shelf(now.library, nights, now.standing.promoted)
