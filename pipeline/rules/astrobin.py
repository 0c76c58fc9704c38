"""AstroBin's list of acquisitions: what its page "import from CSV" takes, a row for each night, filter and exposure.

    accepted sets of a target ─astrobin_rows─▶ rows ─astrobin_text─▶ date,filter,number,duration,...

Its checker splits at commas and nothing else: no quotes, no blanks, line feeds alone, and every row as long as the
header. What is not known is left empty. A filter is told by AstroBin's number, which the rig's file holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model.catalog import SetRow
from pipeline.model.frames import Kind

COLUMNS = (
    *("date", "filter", "number", "duration", "iso", "binning", "gain", "sensorCooling", "fNumber"),
    *("darks", "flats", "flatDarks", "bias", "bortle", "meanSqm", "meanFwhm", "temperature"),
)
"""All that AstroBin accepts, with its letter case."""
_MASTERS = {"darks": Kind.DARK, "flats": Kind.FLAT, "flatDarks": Kind.FLATDARK, "bias": Kind.BIAS}
_MOST_S = 999_999.9999
_COLDEST_C, _HOTTEST_C = -274, 100
_AIR_C = (-88, 58)
"""What AstroBin takes for the air."""
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """How dark a site is."""

    bortle: float | None = None
    sqm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rows of sets do not say themselves."""

    filter_id: Callable[[str, str, str], int | None]
    """AstroBin's number of a filter: of a rig, by name, on a night."""
    skies: Mapping[str, Sky] = field(default_factory=dict)
    """By site."""
    master_frames: Mapping[str, int] = field(default_factory=dict)
    """How many exposures went into each master, by path."""
    by_iso: frozenset[str] = frozenset()
    """Sets of a camera whose gain is an ISO number."""


def astrobin_rows(sets: Iterable[SetRow], known: Known) -> list[Row]:
    """One row for each night, filter, exposure and camera setting of the lights that were accepted."""
    alike: dict[tuple[str, ...], list[SetRow]] = defaultdict(list)
    for one in sets:
        if one["kind"] == Kind.LIGHT and one.get("accepted") and 0 < one.get("exposure_s", 0.0) <= _MOST_S:
            alike[_key(one, known)].append(one)
    return [_row(found, known) for _, found in sorted(alike.items())]


def filters_without_number(sets: Iterable[SetRow], known: Known) -> list[tuple[str, str]]:
    """Rig and filter of accepted lights for which the rig's file has no `astrobin_id`."""
    return sorted(
        {
            (one["rig"], name)
            for one in sets
            if one["kind"] == Kind.LIGHT and one.get("accepted") and (name := one.get("filter", ""))
            if known.filter_id(one["rig"], name, one["night"]) is None
        }
    )


def astrobin_text(rows: Iterable[Row]) -> str:
    """What is pasted into AstroBin's page."""
    lines = [",".join(COLUMNS), *(",".join(row.get(column, "") for column in COLUMNS) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def _key(one: SetRow, known: Known) -> tuple[str, ...]:
    settings = _settings(one, known)
    return one["night"], one.get("filter", ""), *(settings[name] for name in sorted(settings))


def _settings(one: SetRow, known: Known) -> dict[str, str]:
    """What two exposures must have in common to stand in one row."""
    number = known.filter_id(one["rig"], one.get("filter", ""), one["night"])
    gain = known_gain if (known_gain := one.get("gain", -1.0)) >= 0 else None
    is_iso = one["id"] in known.by_iso
    cooling, binning = one.get("set_temp_c"), one.get("binning")
    return {
        "filter": "" if number is None else str(number),
        "duration": _number(one.get("exposure_s"), 4),
        "iso": _number(gain, 0) if is_iso else "",
        "gain": "" if is_iso else _number(gain, 2),
        "binning": str(binning) if binning in {1, 2, 3, 4} else "",
        "sensorCooling": _number(cooling, 0) if _is_cold(cooling) else "",
        "fNumber": _number(one.get("focal_ratio"), 2),
    }


def _is_cold(temperature_c: float | None) -> bool:
    return temperature_c is not None and _COLDEST_C <= temperature_c <= _HOTTEST_C


def _row(sets: Sequence[SetRow], known: Known) -> Row:
    largest = max(sets, key=lambda one: one.get("accepted", 0))
    sky = known.skies.get(largest.get("site", ""), Sky())
    return {
        **_settings(largest, known),
        "date": largest["night"],
        "number": str(sum(one.get("accepted", 0) for one in sets)),
        "bortle": _bortle(sky.bortle),
        "meanSqm": _number(sky.sqm, 2),
        "meanFwhm": _number(_mean_fwhm(sets), 2),
        "temperature": _number(_air(sets), 2),
        **{column: _exposures(largest, kind, known) for column, kind in _MASTERS.items()},
    }


def _exposures(one: SetRow, kind: Kind, known: Known) -> str:
    path = one.get("masters", {}).get(kind.value, {}).get("path", "")
    return str(known.master_frames[path]) if known.master_frames.get(path) else ""


def _mean_fwhm(sets: Iterable[SetRow]) -> float | None:
    """In arcseconds, of one witness: NINA's where all sets have it, else ours; weighed by exposures."""
    found = list(sets)
    for quantity in ("fwhm_arcsec", "fwhm_arcsec_measured"):
        values = [
            (one["medians"][quantity], one.get("accepted", 0))
            for one in found
            if quantity in one.get("medians", {})
        ]
        if values and len(values) == len(found):
            return sum(value * weight for value, weight in values) / sum(weight for _, weight in values)
    return None


def _air(sets: Iterable[SetRow]) -> float | None:
    """The air's temperature, of one witness: the weather's where all sets have it, else the focuser's."""
    found = list(sets)
    for name in ("ambient_temp_c", "focuser_temp_c"):
        values = [(one[name], one.get("accepted", 0)) for one in found if name in one]
        if len(values) == len(found):
            mean = sum(value * weight for value, weight in values) / sum(weight for _, weight in values)
            return mean if _AIR_C[0] <= mean <= _AIR_C[1] else None
    return None


def _bortle(bortle: float | None) -> str:
    """Whole classes, and 4.5, which AstroBin has too."""
    return "" if bortle is None else "4.5" if bortle == 4.5 else str(round(bortle))


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return ""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
