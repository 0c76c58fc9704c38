"""Where everything lies in a library: the only joiner of library paths.

Every path is relative to the library's root and written with `/`. A stored name is an address, not evidence: nothing
is learnt from it that header, original path or a person say otherwise (DESIGN §2.2).

    <rig>/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00_SETTEMP_-10.00/2026-01-15_00-12-33_HFR_1.85.fits
    _Calibration/<camera>/DATE_2026-01-14/DARK/EXP_300.00_SETTEMP_-10.00/2026-01-15_08-12-33.fits
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import PurePosixPath

from pipeline.model.frames import Frame, Kind
from pipeline.rules.escape import PART_BYTES, PATH_CHARS, escape, shorten

FRAMES = "00_Frames"
BLINK = "10_Blink"
DATA = "20_Data"
STAGES = (FRAMES, BLINK, DATA, "30_Master", "40_Process", "50_Bake", "60_Done", "70_Abandon")
CALIBRATION = "_Calibration"
REJECT = "_Reject"
ACCEPT = "accept"
CALIBRATED = "calibrated"
FLATS = "_FLAT"
WITNESS = "_witness"
VERDICTS = "_Verdicts"

_SUFFIX = re.compile(
    r"((?:\.(?:fits|fit|fts|xisf|tiff?))?\.(?:fz|gz)|\.(?:fits|fit|fts|xisf|cr2|cr3|nef|arw|dng|tiff?))$",
    re.I,
)
_DRIVE = re.compile(r"[A-Za-z]:")
_LONGEST_NAME = "2026-01-15_00-12-33~99_HFR_12.34_STARS_12345_RMSAC_12.34_TEMP_-10.00.fits.fz"
_WARN_CHARS = 240
_TWIN_CHARS = 3
"""Room kept for `~99`, where frames share a second."""
_LEAST_STEM, _LEAST_PART = len("2026-01-15_00-12-33"), 24
_LEAST_COPY = len("2~0123456789")
"""A calibrated copy's name is cut so far rather than that its path be too long."""
_ROOM_CHARS = PATH_CHARS - _TWIN_CHARS - len("/2026-01-15_00-12-33.fits.fz")
"""For the folders, beside the shortest name."""


def rig_folder(optic: str | None, focal_ratio: float | None, camera: str | None) -> str | None:
    """`<optic>@f<ratio>+<camera>` from the parts there are; a ratio alone names nothing."""
    if optic and focal_ratio:
        optic = f"{optic}@f{ratio_text(focal_ratio)}"
    return "+".join(part for part in (optic, camera) if part) or None


def ratio_text(focal_ratio: float) -> str:
    """A focal ratio as folders write it: `10.0`, `5.3`, `4.75`."""
    text = f"{focal_ratio:.2f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def night_part(night: date) -> str:
    """`DATE_2026-01-14`, the evening's date."""
    return f"DATE_{night.isoformat()}"


def number_text(number: float) -> str:
    """Two decimals, as NINA writes; more only where two would lose half a percent (a bias of 0.0001 s)."""
    text = f"{number:.2f}"
    if number and abs(float(text) - number) > 0.005 * abs(number):
        text = f"{number:.4g}" if abs(number) >= 1e-4 else f"{number:.9f}".rstrip("0")
    return "0.00" if text == "-0.00" else text


def target_part(target: str) -> str:
    """The folder of a target: safe everywhere, reversible, cut only where the path budget needs it."""
    return shorten(escape(target), 60)


def settings_part(frame: Frame) -> str:
    """`FILTER_Ha_EXP_300.00_SETTEMP_-10.00_PANEL_2`: what WBPP and a person group by."""
    parts = []
    if frame.kind not in {Kind.DARK, Kind.BIAS}:
        parts += ["FILTER", escape(frame.filter or "", also=_token_break(frame.filter or ""))]
    if frame.exposure_s is not None:
        parts += ["EXP", number_text(frame.exposure_s)]
    if frame.set_temp_c is not None:
        parts += ["SETTEMP", number_text(frame.set_temp_c)]
    if frame.panel and frame.kind is Kind.LIGHT:
        parts += ["PANEL", escape(frame.panel, also="_")]
    return shorten("_".join(parts) or "FILTER_", 90)


def frame_name(frame: Frame, room_chars: int = PART_BYTES) -> str:
    """`2026-01-15_00-12-33_HFR_1.85_..fits`, with as many measures as there is room for."""
    name, suffix = base_name(frame.path)
    suffix = suffix.lower()
    clock = (
        f"{frame.local:%Y-%m-%d_%H-%M-%S}" if frame.local is not None else escape(name, also="_") or "unnamed"
    )
    stem = shorten(clock, max(min(60, room_chars - len(suffix)), _LEAST_STEM))
    for measure in _measures(frame):
        if len(stem) + len(measure) + len(suffix) <= room_chars:
            stem += measure
    return stem + suffix


def _measures(frame: Frame) -> Iterator[str]:
    for key, value in (("HFR", frame.hfr_px), ("STARS", frame.stars), ("RMSAC", frame.rms_arcsec)):
        if value is not None:
            yield f"_{key}_{value if key == 'STARS' else number_text(value)}"
    if frame.sensor_temp_c is not None:
        yield f"_TEMP_{number_text(frame.sensor_temp_c)}"


def frame_path(frame: Frame, rig: str, night: date, *, target_folder: str | None = None) -> str:
    """Where a frame is stored. `target_folder`: the spelling this library already uses for the target.

    Folders come first: frames of one set lie in one folder, however long their names.
    """
    kind = frame.kind or Kind.SNAPSHOT
    settings = settings_part(frame)
    if kind in {Kind.DARK, Kind.BIAS}:
        camera = shorten(escape(frame.camera or rig), 60)
        folder = join(CALIBRATION, camera, night_part(night), kind.value, settings)
    else:
        home = join(shorten(escape(rig), 70), FRAMES, night_part(night), kind.value)
        has_target = kind in {Kind.LIGHT, Kind.SNAPSHOT, Kind.STACK}
        target = (target_folder or target_part(frame.target or "unnamed")) if has_target else ""
        folder = join(home, *_fitting(_ROOM_CHARS - len(home), target, settings))
    return f"{folder}/{frame_name(frame, PATH_CHARS - _TWIN_CHARS - len(folder) - 1)}"


def _fitting(room_chars: int, target: str, settings: str) -> tuple[str, ...]:
    """Target and settings, cut only where the path budget needs it: the target first."""
    over = len(target) + len(settings) + 2 - room_chars
    if over > 0 and target:
        target = shorten(target, max(len(target) - over, _LEAST_PART))
        over = len(target) + len(settings) + 2 - room_chars
    if over > 0:
        settings = shorten(settings, max(len(settings) - over, _LEAST_PART))
    return (target, settings) if target else (settings,)


def offered_folder(frame: Frame, rig: str, night: date, target_folder: str) -> str:
    """Where frames like this one are offered to the eye: lights and flats with the rig, others with the camera."""
    settings, evening = settings_part(frame), night_part(night)
    if frame.kind in {Kind.DARK, Kind.BIAS, Kind.FLATDARK}:
        camera, kind = shorten(escape(frame.camera or rig), 60), str(frame.kind)
        return join(CALIBRATION, camera, BLINK, kind, evening, settings)
    home = join(shorten(escape(rig), 70), BLINK)
    if frame.kind is Kind.FLAT:
        return join(home, FLATS, evening, settings)
    if target_folder.casefold() == FLATS.casefold():  # a target of that very name
        target_folder = f"%5F{target_folder[1:]}"
    room = _ROOM_CHARS - len(home) - len(f"{REJECT}/{evening}/")
    target, settings = _fitting(room, target_folder, settings)
    return join(home, target, evening, settings)


def accepted_folder(offered: str) -> str:
    """Where the lights offered there lie once they are accepted; empty for what never leaves the store."""
    rig, stage, target, *rest = offered.split("/")
    return join(rig, DATA, target, ACCEPT, *rest) if stage == BLINK and target != FLATS else ""


def calibrated_folder(accepted: str) -> str:
    """Where the calibrated copies of the lights accepted there lie; empty for what is calibrated nowhere."""
    rig, stage, target, accept, *rest = [*accepted.split("/"), "", "", ""]
    is_data = stage == DATA and accept == ACCEPT
    return join(rig, DATA, target, CALIBRATED, *filter(None, rest)) if is_data else ""


def calibrated_path(accepted: str, name: str, suffix: str) -> str:
    """The calibrated copy of a light of this name: `<name><suffix>.fits`, cut only where the path budget needs it.

    An ending other than `.fits` stays in the name: `x.fits` and `x.fit` of two sets may share a folder.
    """
    folder, (stem, ending) = calibrated_folder(accepted), base_name(name)
    rest = f"{'' if ending == '.fits' else ending}{suffix}.fits"
    room = max(PATH_CHARS - len(folder) - len(f"/{rest}"), _LEAST_COPY)
    return f"{folder}/{shorten(stem, room)}{rest}"


def rejected_folder(offered: str) -> str:
    """Where the rejected frames of what is offered there lie: rig and stage are kept."""
    return f"{REJECT}/{offered}"


def set_name(offered: str) -> str:
    """What a set offered there is called: the folder without its stage."""
    first, second, *rest = offered.split("/")
    return "/".join((first, *rest) if second == BLINK else (first, second, *rest[1:]))


def camel_case(words: str) -> str:
    """`masterDark` from `MASTER DARK`: how the files of a library begin."""
    found: list[str] = re.findall(r"[^\W_]+", words)
    first, *rest = found or [""]
    return first.lower() + "".join(word.capitalize() for word in rest)


def twin_path(stored: str, number: int) -> str:
    """The address of the n-th frame of one second: `2026-01-15_00-12-33~2_HFR_1.85.fits`."""
    if number == 1:
        return stored
    folder, _, name = stored.rpartition("/")
    clock = re.match(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", name)
    at = clock.end() if clock else len(base_name(name)[0])
    return f"{folder}/{name[:at]}~{number}{name[at:]}"


def night_home(stored: str) -> str:
    """`<rig>/00_Frames/DATE_<night>` of a stored frame; of a dark or bias, its camera's folder of that night."""
    return "/".join(stored.split("/", 3)[:3])


def witness_path(home: str, name: str, number: int = 1) -> str:
    """Where a log or a session file lies beside its night; a further one of that name is `name~2.csv`."""
    stem, dot, suffix = name.rpartition(".")
    stem, ending = (stem, f".{escape(suffix)}") if dot else (name, "")
    part = shorten(escape(stem) or "unnamed", 90) + (f"~{number}" if number > 1 else "") + shorten(ending, 20)
    return f"{home}/{WITNESS}/{part}"


def longest_path(root: str, rig: str, targets: tuple[str, ...] = ()) -> int:
    """Characters of the longest path that root and rig could lead to."""
    target = max((len(target_part(t)) for t in targets), default=40)
    settings = len("FILTER_LeXtreme_EXP_1200.00_SETTEMP_-10.00_PANEL_32")
    folders = len(rig) + len(f"/{DATA}//accept/DATE_2026-01-14/") + target + settings + 1
    return len(root.rstrip("/\\")) + 1 + min(folders + len(_LONGEST_NAME), PATH_CHARS)


def path_warning(root: str, rig: str, targets: tuple[str, ...] = ()) -> str | None:
    """A sentence when paths would pass what Windows and its programs bear."""
    length = longest_path(root, rig, targets)
    if length <= _WARN_CHARS:
        return None
    return (
        f"{rig}: the longest path would have {length} characters; programs on Windows stop at 259. "
        f"Put the library nearer to the root of its disk."
    )


def base_name(path: str) -> tuple[str, str]:
    """Stem and suffix of a file name, whichever slash; `.fits.fz` is one suffix."""
    parts = parts_of(path)
    name = parts[-1] if parts else ""
    found = _SUFFIX.search(name)
    return (name[: found.start()], found[0]) if found and found.start() else (name, "")


def parts_of(path: str) -> tuple[str, ...]:
    """The parts of a path written with either slash; a drive or root is no part."""
    return tuple(p for p in path.replace("\\", "/").split("/") if p.strip(":.") and not _DRIVE.fullmatch(p))


def _token_break(filter_name: str) -> str:
    """Underscores stay readable (`Ha_3nm`) unless a key-like word behind one would be read as a token."""
    return "_" if re.search(r"_([A-Z][A-Z-]+)(_|-|$)|_$|^_|_\d{4}-\d\d", filter_name) else ""


def join(*parts: str) -> str:
    """One path from parts that are safe already; none is longer than a disk bears."""
    return str(PurePosixPath(*(shorten(part, PART_BYTES) for part in parts)))
