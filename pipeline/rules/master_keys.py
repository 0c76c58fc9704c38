"""What a master must have in common with a light or flat, property by property: equal, different, or not known.

    comparer(light, properties) ─▶ compare(master) ─▶ Compared(wrong, unknown, gap)      both empty: it fits

Numbers are compared as numbers, names in the normal form identity uses. What neither side says is no difference; what
one side says alone is unknown, and only a person or the lack of anything better makes it do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from pipeline.model.calibration import Matching, Property
from pipeline.model.frames import Frame
from pipeline.rules.recognise import near
from pipeline.rules.targets import target_key

EXPOSURE_TOLERANCE_S = 1e-3
ROTATION_TOLERANCE_DEG = 1.0
"""Rotators come back to an angle within this."""
_EQUAL = 1e-6
"""Gains and offsets are the camera's own numbers; only their spelling may differ."""


class Difference(NamedTuple):
    """One property in which a master is not what is asked for, or does not say whether it is."""

    what: str
    """A property, or why it is not asked at all: `night`, `held`, `trouble`."""
    text: str
    """`gain 100, not 0`: the master's first."""
    unknown: bool = False


class Limits(NamedTuple):
    """How near temperatures must be."""

    rules: Matching
    cooled: bool


class Compared(NamedTuple):
    """A master's keys held against those asked for."""

    wrong: tuple[Difference, ...]
    unknown: tuple[Difference, ...]
    gap_c: float
    """How far apart the temperatures are; 0 where one is not known."""


def comparer(need: Frame, properties: Sequence[Property], limits: Limits) -> Callable[[Frame], Compared]:
    """What compares masters with one need, in the order the rig's list has it; each combination of keys once."""
    by_set = limits.cooled and need.set_temp_c is not None
    names = ["set_temp_c", *(() if by_set else ("sensor_temp_c",))]
    names += [name for what in properties for name in _FIELDS.get(what, ())]
    keys_of = attrgetter(*names, "path")  # the path, so that there are always several
    known: dict[object, Compared] = {}

    def compare(one: Frame) -> Compared:
        key = keys_of(one)[: None if by_set and one.set_temp_c is None else -1]
        if key not in known:
            known[key] = _compared(need, one, properties, limits)
        return known[key]

    return compare


def _compared(need: Frame, one: Frame, properties: Sequence[Property], limits: Limits) -> Compared:
    checked = (_CHECKS[what](need, one, limits) for what in properties if what in _CHECKS)
    found = [each for each in checked if each is not None]
    return Compared(
        tuple(each for each in found if not each.unknown),
        tuple(each for each in found if each.unknown),
        temperature_gap(need, one, cooled=limits.cooled) or 0.0,
    )


def temperature_gap(need: Frame, one: Frame, *, cooled: bool) -> float | None:
    """How far apart the two were, in °C: set points of a cooled camera, sensors else; None: not known of one."""
    here, there = _temperatures(need, one, cooled)
    return None if here is None or there is None else abs(here - there)


def rotation_gap(one: float, other: float) -> float:
    """The angle between two positions of a rotator, 0 to 180."""
    return abs((one - other + 180.0) % 360.0 - 180.0)


def plain(number: float) -> str:
    """A number without needless digits, and with the sign a person reads: `−10`, `0.5`."""
    return f"{number:.10g}".replace("-", "−")


def degrees(celsius: float) -> str:
    """`−10.0 °C`."""
    return f"{celsius:.1f} °C".replace("-", "−")


def _temperatures(need: Frame, one: Frame, cooled: bool) -> tuple[float | None, float | None]:
    if cooled and (need.set_temp_c is not None or one.set_temp_c is not None):
        return need.set_temp_c, one.set_temp_c
    return need.sensor_temp_c, one.sensor_temp_c


def _unknown(what: Property, name: str, *, here: bool) -> Difference:
    """`here`: the light is the one that says it."""
    return Difference(
        what, f"{name} is not in its header" if here else f"the frames it is for do not say {name}", True
    )


def _camera(need: Frame, one: Frame, _: Limits) -> Difference | None:
    if not need.camera or not one.camera:
        here = bool(need.camera)
        return None if here == bool(one.camera) else _unknown("camera", "the camera", here=here)
    if target_key(need.camera) != target_key(one.camera):
        return Difference("camera", f"camera {one.camera}, not {need.camera}")
    if need.camera_id and one.camera_id and target_key(need.camera_id) != target_key(one.camera_id):
        return Difference("camera", f"another body of this camera: {one.camera_id}, not {need.camera_id}")
    return None


def _size(need: Frame, one: Frame, _: Limits) -> Difference | None:
    if need.planes is not None and one.planes is not None and need.planes != one.planes:
        return Difference("size", f"{one.planes} colour planes, not {need.planes}")
    sizes = (need.width_px, need.height_px), (one.width_px, one.height_px)
    here, there = (None not in size for size in sizes)
    if not (here and there):
        return None if here == there else _unknown("size", "the size", here=here)
    if sizes[0] == sizes[1]:
        return None
    return Difference("size", f"{one.width_px} × {one.height_px} px, not {need.width_px} × {need.height_px}")


def _number(
    what: Property, name: str, value: Callable[[Frame], float | None], tolerance: float, unit: str = ""
) -> Callable[[Frame, Frame, Limits], Difference | None]:
    """The comparison of a number both must have alike."""

    def compare(need: Frame, one: Frame, _: Limits) -> Difference | None:
        here, there = value(need), value(one)
        if here is None or there is None:
            return None if here is there else _unknown(what, f"the {name}", here=here is not None)
        if abs(here - there) <= tolerance:
            return None
        return Difference(what, f"{name} {plain(there)}{unit}, not {plain(here)}{unit}")

    return compare


def _name(
    what: Property, name: str, value: Callable[[Frame], str | None]
) -> Callable[[Frame, Frame, Limits], Difference | None]:
    """The comparison of a name both must have alike."""

    def compare(need: Frame, one: Frame, _: Limits) -> Difference | None:
        here, there = value(need), value(one)
        if not here or not there:
            return None if bool(here) == bool(there) else _unknown(what, f"the {name}", here=bool(here))
        if here == there or target_key(here) == target_key(there):
            return None
        return Difference(what, f"{name} {there}, not {here}")

    return compare


def _temperature(need: Frame, one: Frame, limits: Limits) -> Difference | None:
    here, there = _temperatures(need, one, limits.cooled)
    by_set = limits.cooled and (need.set_temp_c is not None or one.set_temp_c is not None)
    name = "the set temperature" if by_set else "the sensor's temperature"
    if here is None or there is None:
        if here is there:
            return None
        return (by_set and _too_far_by_sensor(need, one, limits)) or _unknown(
            "temperature", name, here=here is not None
        )
    rules = limits.rules
    most = rules.set_temperature_tolerance_c if by_set else rules.max_temperature_difference_c
    if abs(here - there) <= most + _EQUAL:
        return None
    return Difference(
        "temperature", f"{'set to' if by_set else 'sensor at'} {degrees(there)}, not {degrees(here)}"
    )


def _too_far_by_sensor(need: Frame, one: Frame, limits: Limits) -> Difference | None:
    """One side says no set point, but the sensors tell that it cannot have been the same."""
    here, there = need.sensor_temp_c, one.sensor_temp_c
    if here is None or there is None or abs(here - there) <= limits.rules.max_temperature_difference_c:
        return None
    return Difference("temperature", f"sensor at {degrees(there)}, not {degrees(here)}")


def _focal_length(need: Frame, one: Frame, _: Limits) -> Difference | None:
    here, there = need.focal_length_mm, one.focal_length_mm
    if here is None or there is None:
        return None if here is there else _unknown("focal_length", "the focal length", here=here is not None)
    if near(here, there):
        return None
    return Difference("focal_length", f"focal length {plain(there)} mm, not {plain(here)} mm")


def _rotation(need: Frame, one: Frame, _: Limits) -> Difference | None:
    here, there = need.rotator_deg, one.rotator_deg
    if here is None or there is None:
        return None if here is there else _unknown("rotation", "the rotator's angle", here=here is not None)
    return turned(here, there)


def turned(here: float, there: float) -> Difference | None:
    """What is said of a flat that was shot with the rotator elsewhere; None: it was not."""
    if rotation_gap(here, there) <= ROTATION_TOLERANCE_DEG:
        return None
    return Difference("rotation", f"rotator at {there:.1f}°, not {here:.1f}°")


_CHECKS: Mapping[Property, Callable[[Frame, Frame, Limits], Difference | None]] = {
    "camera": _camera,
    "size": _size,
    "binning": _number("binning", "binning", lambda frame: frame.binning, _EQUAL),
    "gain": _number("gain", "gain", lambda frame: frame.gain, _EQUAL),
    "offset": _number("offset", "offset", lambda frame: frame.offset, _EQUAL),
    "readout_mode": _name("readout_mode", "readout mode", lambda frame: frame.readout_mode),
    "exposure": _number(
        "exposure", "exposure", lambda frame: frame.exposure_s, EXPOSURE_TOLERANCE_S + 1e-9, " s"
    ),
    "temperature": _temperature,
    "optic": _name("optic", "optic", lambda frame: frame.optic),
    "filter": _name("filter", "filter", lambda frame: frame.filter),
    "focal_length": _focal_length,
    "rotation": _rotation,
}
"""The night has no entry: nights are not equal or different, they are near or far."""
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "camera": ("camera", "camera_id"),
    "size": ("width_px", "height_px", "planes"),
    "exposure": ("exposure_s",),
    "focal_length": ("focal_length_mm",),
    "rotation": ("rotator_deg",),
    **{what: (what,) for what in ("binning", "gain", "offset", "readout_mode", "optic", "filter")},
}
"""What of a frame each comparison looks at, beside its temperatures."""
