"""Calibration frames that passed into groups, each to become one master, by what their rigs say must be in common.

    Batches ─group_batches─▶ Groups, each with the place of its master

Numbers are compared as numbers: exposures to a millisecond, temperatures to the rig's tolerance. Darks and bias of
nights with no longer pause than the rig's campaign become one master; flats are of a night. Two groups that a name
does not tell apart are told apart by `~2`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.model.calibration import Properties, Property
from pipeline.model.errors import FrameError
from pipeline.model.frames import Frame, Kind
from pipeline.model.master_groups import Batch, Group, Policy
from pipeline.rules.layout import base_name
from pipeline.rules.library_names import Homes, library_path
from pipeline.rules.targets import target_key

PolicyOf = Callable[[Batch], Policy]
EXPOSURE_S = 1e-3
_NONE = ("", "")
_MOVED = 1.0
"""Degrees: a rotator that stands as near as this has not been turned."""


def group_batches(
    batches: Iterable[Batch], policy_of: PolicyOf, homes: Homes
) -> tuple[list[Group], list[str]]:
    """The groups, by the place of their masters and then the oldest first; and sentences about what has no place.

    Args:
        batches: Of the whole library, or of all its nights that matter.
        policy_of: What the rig or camera of a batch asks for.
        homes: The folders this library keeps masters in.
    """
    alike: dict[tuple[object, ...], list[Batch]] = {}
    policies: dict[tuple[object, ...], Policy] = {}
    for batch in sorted(batches, key=_order):
        policy = policy_of(batch)
        key = _key(batch, policy)
        alike.setdefault(key, []).append(batch)
        policies.setdefault(key, policy)
    series: dict[str, list[list[Group]]] = {}
    left: list[str] = []
    for key, found in alike.items():
        for near in _split_numbers(found, policies[key]):
            groups = [_group(each, policies[key]) for each in _campaigns(near, policies[key])]
            try:
                path = library_path(_named(groups[0]), homes)
            except FrameError as error:
                left.append(str(error))
                continue
            series.setdefault(path, []).append(groups)
    return _with_others(list(_placed(series, homes))), left


def group_name(group: Group) -> str:
    """What a series of groups with one place is called: the place without its suffix."""
    folder, _, name = group.path.rpartition("/")
    return f"{folder}/{base_name(name)[0]}"


def properties_of(kind: Kind, policy: Policy) -> Properties:
    """What frames of a kind must have in common."""
    grouping = policy.grouping
    return {Kind.FLAT: grouping.flat, Kind.BIAS: grouping.bias}.get(kind, grouping.dark)


def _order(batch: Batch) -> tuple[object, ...]:
    return batch.night, batch.owner, batch.set_id, batch.frame.exposure_s or 0.0, batch.frame.path


def _key(batch: Batch, policy: Policy) -> tuple[object, ...]:
    """What must be equal; what may differ a little is looked at next."""
    wanted, frame = properties_of(batch.kind, policy), batch.frame
    told = (_equal(name, frame) for name in wanted)
    body = frame.camera_id or "" if policy.told_by_id else ""
    place = (
        (target_key(frame.optic or ""), target_key(frame.filter or "")) if batch.kind is Kind.FLAT else _NONE
    )
    night = batch.night if "night" in wanted or batch.kind is Kind.FLAT else None
    return batch.kind, frame.camera, body, place, night, *told


def _equal(name: Property, frame: Frame) -> object:
    if name in {"exposure", "temperature", "night", "camera", "optic", "filter", "rotation"}:
        return None
    return {
        "size": (frame.width_px, frame.height_px),
        "binning": frame.binning,
        "gain": frame.gain,
        "offset": frame.offset,
        "readout_mode": target_key(frame.readout_mode or ""),
        "focal_length": None if frame.focal_length_mm is None else round(frame.focal_length_mm),
    }[name]


def _split_numbers(batches: list[Batch], policy: Policy) -> Iterator[list[Batch]]:
    """Batches that are equal, split by the numbers that need not be equal to the last digit."""
    wanted = properties_of(batches[0].kind, policy)
    found = [batches]
    if "exposure" in wanted:
        found = [part for one in found for part in _near(one, _exposure, EXPOSURE_S)]
    if "temperature" in wanted:
        tolerance = policy.grouping.temperature_tolerance_c
        found = [part for one in found for part in _near(one, _temperature, tolerance)]
    if "rotation" in wanted:
        found = [part for one in found for part in _near(one, lambda batch: batch.frame.rotator_deg, _MOVED)]
    yield from found


def _exposure(batch: Batch) -> float | None:
    return batch.frame.exposure_s


def _temperature(batch: Batch) -> float | None:
    """The set point; of a camera without one, its sensor's temperature."""
    return batch.sensor_temp_c if batch.frame.set_temp_c is None else batch.frame.set_temp_c


def _near(
    batches: Iterable[Batch], value: Callable[[Batch], float | None], tolerance: float
) -> Iterator[list[Batch]]:
    """Batches whose values lie no further apart than the tolerance; those without a value are one."""
    told = sorted(
        ((number, batch) for batch in batches if (number := value(batch)) is not None), key=lambda one: one[0]
    )
    silent = [batch for batch in batches if value(batch) is None]
    part: list[Batch] = []
    first = 0.0
    for number, batch in told:
        if part and number - first > tolerance + 1e-9:
            yield sorted(part, key=_order)
            part = []
        first = first if part else number
        part.append(batch)
    for rest in (part, silent):
        if rest:
            yield sorted(rest, key=_order)


def _campaigns(batches: Sequence[Batch], policy: Policy) -> Iterator[list[Batch]]:
    """Batches in the order of their nights, parted where the pause is too long."""
    part: list[Batch] = []
    for batch in batches:
        if part and (batch.night - part[-1].night).days > policy.grouping.campaign_nights:
            yield part
            part = []
        part.append(batch)
    yield part


def _group(batches: Sequence[Batch], policy: Policy) -> Group:
    return Group(kind=batches[0].kind, policy=policy, batches=tuple(batches), path="")


def _named(group: Group) -> Frame:
    """What the name is made of: the set point most of the frames have."""
    counts: dict[float, int] = {}
    for batch in group.batches:
        if batch.frame.set_temp_c is not None:
            counts[batch.frame.set_temp_c] = counts.get(batch.frame.set_temp_c, 0) + batch.count
    usual = min(counts, key=lambda one: (-counts[one], one)) if counts else None
    return group.frame if usual == group.frame.set_temp_c else replace(group.frame, set_temp_c=usual)


def _placed(series: dict[str, list[list[Group]]], homes: Homes) -> Iterator[Group]:
    """Each group with its place; of several series of one name the oldest has it, the next one `~2`."""
    for path in sorted(series):
        same = sorted(series[path], key=lambda groups: _order(groups[0].batches[0]))
        for number, groups in enumerate(same, 1):
            place = path if number == 1 else library_path(_named(groups[0]), homes, number=number)
            latest = next((group for group in reversed(groups) if not group.missing), groups[-1])
            for group in groups:
                yield replace(group, path=place, is_latest=group is latest)


def _with_others(groups: list[Group]) -> list[Group]:
    """The groups, those beside a larger one of another size with that size."""
    found: dict[tuple[object, ...], list[Group]] = {}
    for group in groups:
        found.setdefault(_but_size(group), []).append(group)
    return [_beside(group, found[_but_size(group)]) for group in groups]


def _but_size(group: Group) -> tuple[object, ...]:
    frame = _named(group)
    setting = frame.gain, frame.offset, frame.binning, frame.readout_mode, frame.set_temp_c
    exposure = None if frame.exposure_s is None or group.kind is Kind.FLAT else round(frame.exposure_s, 3)
    return group.kind, frame.camera, frame.optic, frame.filter, group.nights[0], setting, exposure


def _beside(group: Group, alike: Sequence[Group]) -> Group:
    larger = max(alike, key=lambda one: one.count)
    size = larger.frame.width_px, larger.frame.height_px
    if larger.count <= group.count or None in size:
        return group
    return replace(group, others=(size[0] or 0, size[1] or 0))
