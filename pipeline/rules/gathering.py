"""Masters that other programs made: which files are such, what keeps one out, and the place each takes in a library.

    a file, read ─▶ completed ─▶ complaint? ─▶ place_for ─▶ Placing

Nothing can make them again, so nothing is ever written over them, and once taken in they are stored frames: a newer one
of the same settings lies beside it (`masterDark~2_..`), and where both would do the newer is chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.model.frames import Frame, Kind
from pipeline.model.rigs import Rig
from pipeline.rules.addresses import read_address
from pipeline.rules.layout import base_name, twin_path
from pipeline.rules.library_names import Homes, library_path

KINDS = frozenset({Kind.MASTER_BIAS, Kind.MASTER_DARK, Kind.MASTER_FLAT, Kind.MASTER_FLATDARK})
"""The masters that libraries hold."""
WORK_FOLDERS = frozenset(
    {"calibrated", "registered", "cosmetized", "debayered", "measured", "fastintegration", "logs", "cache"}
)
"""What WBPP makes on its way: thousands of files, none of them a master."""
_SENSOR_TOLERANCE_C = 1.0
_ROTATION_TOLERANCE_DEG = 1.0
_FACTORY = "CALI_FRAME"
_SUFFIXES = {".fit": ".fits", ".fts": ".fits"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A master that lies in a library."""

    path: str
    frame: Frame
    size: int
    mtime_ns: int
    is_fixed: bool = False
    """It is a stored frame, or Nightbuild integrated it: it keeps its name, and a newer one lies beside it."""
    unlike: str = ""
    """Why it is no such master as its name says, where it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where a master goes."""

    path: str
    displaces: Resident | None = None
    """What has that name, and is older or no such master."""


def is_wanted(frame: Frame) -> bool:
    """True for a master of bias, dark, flat or flat-dark: whatever else lies there is not ours."""
    return frame.kind in KINDS


def completed(frame: Frame, rigs: Sequence[Rig], seen_on: date) -> Frame:
    """What the names of DWARF's factory masters leave out: the camera, where one rig tells it, and for flats a day.

    `seen_on` is the day of the file's own time: it keeps flats of the factory apart from those of your nights.
    """
    if frame.dialect != "dwarf" or _FACTORY not in frame.path:
        return frame
    wide = "cam_1" in frame.path.replace("\\", "/").split("/")
    dwarfs = [rig for rig in rigs if rig.camera.name.casefold().startswith("dwarf")]
    fitting = [rig for rig in dwarfs if ("wide" in rig.camera.name.casefold()) is wide]
    if frame.camera is None and len(fitting) == 1:
        frame = replace(frame, camera=fitting[0].camera.name, optic=frame.optic or fitting[0].optic)
    night = seen_on if frame.kind is Kind.MASTER_FLAT and frame.night is None else frame.night
    return replace(frame, night=night)


def complaint(frame: Frame) -> str:
    """Why a master finds no place in a library, and what to do; empty where it finds one."""
    damage = next((p.text for p in frame.problems if p.code in {"cut-off", "no-image"}), "")
    if damage:
        return f"{damage}; copy it again, it is looked at when it changes"
    if not frame.camera:
        return "neither its header nor its name says which camera; put it into a folder called CAMERA_<name> there"
    if frame.kind is Kind.MASTER_FLAT and frame.night is None:
        return "neither its header nor its name says which night; put it into a folder called DATE_YYYY-MM-DD there"
    if frame.exposure_s is None and frame.kind in {Kind.MASTER_DARK, Kind.MASTER_FLATDARK}:
        return "its exposure is not known; put it into a folder called EXPOSURE_<seconds> there"
    return ""


def suffix_of(path: str) -> str:
    """How its name in the library ends: `.fits` however FITS files are called elsewhere."""
    suffix = base_name(path)[1].lower()
    return _SUFFIXES.get(suffix, suffix)


def place_for(
    frame: Frame, mtime_ns: int, homes: Homes, residents: Mapping[str, Resident], lying: Collection[str]
) -> Placing:
    """The place of a master that no library holds yet.

    Args:
        frame: What it is.
        mtime_ns: When its file was written: what tells the newer of two of one night.
        homes: The folders this library uses.
        residents: The masters in the libraries, by `stem_of` their path.
        lying: Every name in use, folded, also of files that are no masters.
    """
    suffix = suffix_of(frame.path)
    for number in range(1, 1000):
        path = library_path(frame, homes, suffix=suffix, number=number)
        resident = residents.get(stem_of(path))
        if resident is None:
            if path.casefold() not in lying:
                return Placing(path=path)
        elif not resident.is_fixed and (resident.unlike or _replaces(frame, mtime_ns, resident)):
            return Placing(path=path, displaces=resident)
    raise AssertionError("a thousand masters of one name")


def stem_of(path: str) -> str:
    """What two masters of one name have in common, be one FITS and the other XISF."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{base_name(name)[0]}".casefold()


def nth_address(stored: str, number: int) -> str:
    """The address of the n-th frame of one second, or of the n-th master of one name."""
    return numbered(stored, number) if read_address(stored) is None else twin_path(stored, number)


def numbered(path: str, number: int) -> str:
    """The n-th master of a name, as libraries number them: `masterDark~2_EXPOSURE_300.00.fits`."""
    if number == 1:
        return path
    folder, _, name = path.rpartition("/")
    first, rest, others = name.partition("_")
    if rest:
        return f"{folder}/{first}~{number}_{others}"
    stem, suffix = base_name(name)
    return f"{folder}/{stem}~{number}{suffix}"


def _replaces(frame: Frame, mtime_ns: int, resident: Resident) -> bool:
    """True for a newer one of what lies there, put there by a person."""
    nights = frame.night, resident.frame.night
    if None not in nights and nights[0] != nights[1]:
        is_newer = str(nights[0]) > str(nights[1])
    else:
        is_newer = mtime_ns >= resident.mtime_ns
    return is_newer and _is_one_thing(frame, resident.frame)


def _is_one_thing(one: Frame, other: Frame) -> bool:
    """Alike also in what a name does not say: then the newer replaces the older."""
    same = all(
        getattr(one, name) is None
        or getattr(other, name) is None
        or getattr(one, name) == getattr(other, name)
        for name in ("width_px", "height_px", "camera_id")
    )
    if not same:
        return False
    by_sensor = one.set_temp_c is None and other.set_temp_c is None
    if by_sensor and not _near(one.sensor_temp_c, other.sensor_temp_c, _SENSOR_TOLERANCE_C):
        return False
    is_flat = one.kind is Kind.MASTER_FLAT
    return not is_flat or _near(one.rotator_deg, other.rotator_deg, _ROTATION_TOLERANCE_DEG)


def _near(one: float | None, other: float | None, tolerance: float) -> bool:
    return one is None or other is None or abs(one - other) <= tolerance
