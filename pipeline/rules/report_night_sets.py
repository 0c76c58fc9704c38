"""The sets of a night's page: how each stands, what calibrates it, where it lies, and its frames row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import median

from pipeline.model.catalog import CalibrationRow, FrameRow, SetRow
from pipeline.model.frames import Kind
from pipeline.model.reports import Link, Picture
from pipeline.rules.layout import REJECT
from pipeline.rules.report_night_frames import GONE, LEVELS, FrameLine, FrameTable, frame_lines
from pipeline.rules.report_sums import EYES, fate_words, hfr_words, rms_words, sum_of
from pipeline.rules.report_words import Column, degrees_c, filter_sign, hours, target_link
from pipeline.rules.session_analysis import clock
from pipeline.rules.session_signs import is_asked, is_lost
from pipeline.rules.typed import as_typed

_STAGE = re.compile(r"\d\d_")


@dataclass(frozen=True, slots=True, kw_only=True)
class NightSet:
    """A set."""

    anchor: str
    heading: str
    target: Link | None
    sign: str
    """Its filter's; empty where it has none."""
    filter: str
    says: str
    commands: tuple[str, ...]
    """What to type where it waits for somebody."""
    picture: Picture | None
    folders: tuple[Link, ...]
    calibration: tuple[tuple[str, Link, str], ...]
    """What it is, the file, why it was chosen."""
    lacks: tuple[str, ...]
    columns: tuple[str, ...]
    frames: tuple[FrameLine, ...]


def set_columns(rows: Iterable[SetRow]) -> tuple[Column, ...]:
    """Of the table of sets: lights are told by stars and guiding, others by their level."""
    of_lights = any(row["kind"] == Kind.LIGHT for row in rows)
    names = ("Kept", "Exposure kept", "HFR", "RMS") if of_lights else ("Kept", "Level", "Noise", "Sensor")
    return (Column(name="Set"), *(Column(name=name, is_number=True) for name in names), Column(name="Stands"))


def table_rows(
    rows: Sequence[SetRow], frames: Mapping[str, Sequence[FrameRow]], anchors: Mapping[str, str]
) -> Iterable[tuple[Link, ...]]:
    """A line a set."""
    of_lights = any(row["kind"] == Kind.LIGHT for row in rows)
    for row in rows:
        found = frames.get(row["id"], ())
        good = [one for one in found if not is_lost(one)]
        cells = _light_words(row, good) if of_lights else _level_words(good)
        yield (
            Link(text=row["label"], anchor=anchors[row["id"]]),
            *(Link(text=cell) for cell in (f"{len(good):,} of {len(found):,}", *cells)),
            Link(text=_stands(row, found)),
        )


def _light_words(row: SetRow, good: Iterable[FrameRow]) -> list[str]:
    if row["kind"] != Kind.LIGHT:
        return ["", "", ""]
    return [hours(fsum(one.get("exposure_s", 0.0) for one in good)), hfr_words([row]), rms_words([row])]


def _level_words(frames: Sequence[FrameRow]) -> list[str]:
    """Level, noise and temperature of frames that show no sky, each the middle of all."""
    said = []
    for name, _, digits in LEVELS[:2]:
        values = [one["levels"][name] for one in frames if name in one.get("levels", {})]
        said.append(f"{median(values):,.{digits}f} ADU" if values else "")
    warmth = [one["sensor_temp_c"] for one in frames if "sensor_temp_c" in one]
    return [*said, degrees_c(median(warmth)) if warmth else ""]


def night_sets(
    rows: Sequence[SetRow],
    frames: Mapping[str, Sequence[FrameRow]],
    calibrations: Mapping[str, CalibrationRow],
    pictures: Mapping[str, str],
    tables: FrameTable,
) -> Iterable[NightSet]:
    """Each set with its frames; at the end those that are in none."""
    for row in rows:
        found = sorted(frames.get(row["id"], ()), key=clock)
        yield _set(row, found, calibrations.get(row["id"]), pictures.get(row["id"], ""), tables)
    known = {row["id"] for row in rows}
    left = sorted((one for key, some in frames.items() if key not in known for one in some), key=clock)
    if left:
        columns, lines = frame_lines(left, tables)
        yield NightSet(
            anchor="aside",
            heading="In no set",
            target=None,
            sign="",
            filter="",
            says="Snapshots and stacks are stored, and not judged.",
            commands=(),
            picture=None,
            folders=_folders(left),
            calibration=(),
            lacks=(),
            columns=columns,
            frames=lines,
        )


def _set(
    row: SetRow,
    frames: Sequence[FrameRow],
    calibration: CalibrationRow | None,
    picture: str,
    tables: FrameTable,
) -> NightSet:
    columns, lines = frame_lines(frames, tables)
    target, name = row.get("target", ""), row.get("filter", "")
    is_light = row["kind"] == Kind.LIGHT
    shows = Picture(path=picture, says=f"{row['label']}, its middling frame") if picture else None
    return NightSet(
        anchor=tables.anchors[row["id"]],
        heading=row["label"],
        target=target_link(target, f"All of {target}") if target and is_light else None,
        sign=filter_sign(name) if name and is_light else "",
        filter=name,
        says=_says(row, frames, calibration),
        commands=_commands(row, frames),
        picture=shows,
        folders=_folders(frames),
        calibration=tuple(_masters(row)),
        lacks=tuple(row.get("lacks", ())),
        columns=columns,
        frames=lines,
    )


def _stands(row: SetRow, frames: Sequence[FrameRow]) -> str:
    asked = sum(map(is_asked, frames))
    if asked:
        return f"asks you about {asked:,}"
    told = fate_words(sum_of([row]))
    return told.partition(", ")[2] or ("accepted" if row.get("accepted") else "")


def _commands(row: SetRow, frames: Sequence[FrameRow]) -> tuple[str, ...]:
    """What to type where the set waits for an answer, or for eyes."""
    if any(map(is_asked, frames)):
        return tuple(f"doit cull {as_typed(row['id'])} {answer}" for answer in ("--apply", "--keep"))
    waits = any(one["state"] in EYES for one in frames)
    return (f"doit blink {as_typed(row['id'])}",) if waits else ()


def _says(row: SetRow, frames: Sequence[FrameRow], calibration: CalibrationRow | None) -> str:
    good = [one for one in frames if not is_lost(one)]
    parts = [f"{len(good):,} of {len(frames):,} kept", _stands(row, frames)]
    kept_s = fsum(one.get("exposure_s", 0.0) for one in good)
    parts += [f"{hours(kept_s)} kept"] if row["kind"] == Kind.LIGHT and good else []
    parts += [f"gain {row['gain']:g}"] if "gain" in row else []
    parts += [degrees_c(row["set_temp_c"])] if "set_temp_c" in row else []
    if calibration is not None:
        parts.append(f"{calibration.get('calibrated', 0):,} of {calibration.get('lights', 0):,} calibrated")
        parts += [calibration["why"]] if calibration.get("why") else []
    return "; ".join(filter(None, parts)) + "."


def _masters(row: SetRow) -> Iterable[tuple[str, Link, str]]:
    for kind, master in row.get("masters", {}).items():
        path = master.get("path", "")
        yield (
            kind.capitalize(),
            Link(text=path.rpartition("/")[2] or "none", path=path),
            master.get("why", ""),
        )


def _folders(frames: Sequence[FrameRow]) -> tuple[Link, ...]:
    """Where a person finds them, each folder once."""
    found: dict[str, int] = {}
    for one in frames:
        folder = one.get("lies_at", "").rpartition("/")[0]
        if folder and one["state"] not in GONE:
            found[folder] = found.get(folder, 0) + 1
    return tuple(
        Link(text=f"{_stage(folder)} ({number:,})", path=folder, title=folder)
        for folder, number in sorted(found.items())
    )


def _stage(folder: str) -> str:
    parts = folder.split("/")
    return next((one for one in parts if one == REJECT or _STAGE.match(one)), parts[0])
