"""What all capture programs say alike: the FITS keywords of the trade, as an `Evidence`.

Each dialect starts from this reading and mends what its program does differently.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from pipeline.model.frames import Evidence, Kind, Problem
from pipeline.rules import nights
from pipeline.rules.cards import Cards, Stamp, as_number, joined_time, show
from pipeline.rules.targets import split_panel

_KINDS = {
    "light": Kind.LIGHT,
    "object": Kind.LIGHT,
    "science": Kind.LIGHT,
    "flat": Kind.FLAT,
    "skyflat": Kind.FLAT,
    "domeflat": Kind.FLAT,
    "twilightflat": Kind.FLAT,
    "dark": Kind.DARK,
    "bias": Kind.BIAS,
    "offset": Kind.BIAS,
    "zero": Kind.BIAS,
    "darkflat": Kind.FLATDARK,
    "flatdark": Kind.FLATDARK,
    "snapshot": Kind.SNAPSHOT,
    "snap": Kind.SNAPSHOT,
    "focus": Kind.SNAPSHOT,
    "autofocus": Kind.SNAPSHOT,
    "platesolve": Kind.SNAPSHOT,
    "align": Kind.SNAPSHOT,
    "alignment": Kind.SNAPSHOT,
}
_COLDEST_C, _HOTTEST_C = -88.0, 58.0
_DECORATION = re.compile(r"frames?$|field$|images?$|[^a-z]")


def kind_of(text: str) -> Kind | None:
    """`Light Frame`, `Flat Field`, `Dark Flat`, `Master Bias`, `OFFSET` as a kind; nothing for other words."""
    word = re.sub(r"[^a-z ]", " ", text.casefold()).strip()
    master = "master" in word
    bare = word.replace("master", " ").replace("integrated", " ")
    bare = re.sub(r"\b(frames?|fields?|images?)\b", " ", bare)
    bare = _DECORATION.sub("", bare.replace(" ", ""))
    kind = _KINDS.get(bare) or _KINDS.get(bare.rstrip("s"))
    if kind is None or not master:
        return kind
    return kind.master if kind not in {Kind.SNAPSHOT, Kind.STACK} else kind


def read_common(cards: Cards) -> dict[str, Any]:
    """Every value the usual keywords hold, by `Evidence` field."""
    target, panel = _target(cards)
    _note_calibrated(cards)
    return {
        "kind": _kind(cards),
        "optic": cards.name("optic", "TELESCOP"),
        "focal_ratio": _positive(cards.number("focal_ratio", "FOCRATIO")) or _ratio_from_aperture(cards),
        "camera": cards.name("camera", "INSTRUME", "CAMERA"),
        "camera_id": cards.name("camera_id", "CAMERAID", "SERIALNO", "CAMSN"),
        "target": target,
        "panel": panel,
        "filter": cards.text("filter", "FILTER", "FILTNAME", "FILTER1"),
        "exposure_s": _not_negative(cards.number("exposure_s", "EXPTIME", "EXPOSURE", "EXP")),
        "set_temp_c": cards.number("set_temp_c", "SET-TEMP", "SETTEMP"),
        "sensor_temp_c": cards.number("sensor_temp_c", "CCD-TEMP", "DET-TEMP", "TEMPERAT"),
        "focuser_temp_c": _warmth(cards, "focuser_temp_c", "FOCTEMP", "FOCUSTEM"),
        "ambient_temp_c": _warmth(cards, "ambient_temp_c", "AMBTEMP", "AMBIENT"),
        "gain": _not_negative(cards.number("gain", "GAIN", "ISOSPEED", "ISO")),
        "offset": _not_negative(cards.number("offset", "OFFSET", "BLKLEVEL", "BLACKLEV")),
        "binning": _binning(cards),
        "readout_mode": cards.text("readout_mode", "READOUTM", "READMODE") or None,
        "focal_length_mm": _positive(cards.number("focal_length_mm", "FOCALLEN")),
        "pixel_um": _positive(cards.number("pixel_um", "XPIXSZ", "PIXSIZE1")),
        "width_px": cards.count("width_px", "NAXIS1"),
        "height_px": cards.count("height_px", "NAXIS2"),
        "planes": cards.count("planes", "NAXIS3") or (1 if cards.has("NAXIS2") else None),
        "bayer": _bayer(cards),
        "ra_deg": _right_ascension(cards),
        "dec_deg": _within(cards.angle("dec_deg", "DEC", "OBJCTDEC", "CRVAL2"), 90.0),
        "rotator_deg": cards.angle("rotator_deg", "ROTATANG", "ROTATOR"),
        "hfr_px": _positive(cards.number("hfr_px", "HFR")),
        "stars": cards.count("stars", "STARS", "STARCNT"),
        "rms_arcsec": _positive(cards.number("rms_arcsec", "RMSAC", "GUIDERMS")),
        "stack_count": cards.count("stack_count", "STACKCNT", "NCOMBINE"),
        **_coordinates(cards),
        **_times(cards),
    }


def evidence(dialect: str, values: dict[str, Any], cards: Cards) -> Evidence:
    """The finished witness statement: only fields that have a value keep the keyword they were read from."""
    spoken = {name: key for name, key in cards.spoken.items() if values.get(name) is not None}
    problems = (*cards.header.problems, *cards.problems)
    return Evidence(dialect=dialect, spoken=spoken, problems=problems, **values)


def _warmth(cards: Cards, field: str, *keys: str) -> float | None:
    """A temperature some weather could have; what else such a card holds is nobody's trouble."""
    for key in keys:
        number = as_number(cards.header.cards.get(key, ""))
        if number is not None and _COLDEST_C <= number <= _HOTTEST_C:
            cards.spoken[field] = key
            return number
    return None


def _kind(cards: Cards) -> Kind | None:
    for key in ("IMAGETYP", "FRAMETYP", "FRAME", "OBSTYPE"):
        words = cards.text("kind", key)
        if not words:
            continue
        kind = kind_of(words)
        if kind is not None:
            return kind
        cards.problems.append(
            Problem("unknown-kind", f"{key} is {show(words)}, which names no kind of frame")
        )
    return None


def _note_calibrated(cards: Cards) -> None:
    """MaxIm and others write CALSTAT when they have subtracted or divided something."""
    done = set(cards.word("CALSTAT")) & set("bdf")
    if done and done == set(cards.word("CALSTAT")) - set("m ,"):
        said = f"CALSTAT is {show(cards.raw('CALSTAT') or '')}: calibrated already, not what the camera wrote"
        cards.problems.append(Problem("processed", said))


def _target(cards: Cards) -> tuple[str | None, str | None]:
    words = cards.name("target", "OBJECT")
    if not words:
        return None, None
    target, panel = split_panel(words)
    if panel:
        cards.spoken["panel"] = "OBJECT"
    return target or None, panel or None


def _times(cards: Cards) -> dict[str, Any]:
    """UTC and local start. A zone written behind a time is applied; a date alone is only a date."""
    observed = cards.time("utc", "DATE-OBS", "DATE_OBS", "DATE-BEG")
    here = cards.time("local", "DATE-LOC", "DATE-LCL")
    utc, night = _start(cards, observed) if observed is not None else (None, None)
    local = here.clock if here is not None else None
    if here is None and observed is not None and observed.zone:
        local = observed.clock
        cards.spoken["local"] = cards.spoken["utc"]
    if utc is None and here is not None and here.zone is not None and here.moment is not None:
        utc = here.moment
        cards.spoken["utc"] = cards.spoken["local"]
    if utc is None:
        started = cards.number("utc", "MJD-OBS")
        utc = None if started is None else nights.from_mjd(started)
    return {"utc": utc, "local": local, "night": night}


def _start(cards: Cards, observed: Stamp) -> tuple[datetime | None, date | None]:
    """The moment DATE-OBS tells, with TIME-OBS where the two are apart; or only its date."""
    moment = observed.moment
    if moment is None and cards.has("TIME-OBS", "UT"):
        moment = joined_time(observed.day, str(cards.raw("TIME-OBS") or cards.raw("UT")))
    if moment is not None:
        return _as_utc(moment), None
    cards.problems.append(Problem("no-time", f"DATE-OBS is the date {observed.day} without a time of day"))
    cards.spoken["night"] = "default DATE-OBS"
    return None, observed.day


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _binning(cards: Cards) -> int | None:
    bins = cards.number("binning", "XBINNING", "CCDXBIN")
    if bins is None:
        words = cards.text("binning", "BINNING")
        bins = as_number(re.split(r"[x*×]", words)[0]) if words else None
    return round(bins) if bins is not None and 1 <= bins <= 64 else None


def _bayer(cards: Cards) -> str | None:
    words = (cards.text("bayer", "BAYERPAT", "COLORTYP") or "").upper()
    return words if re.fullmatch(r"[RGB]{4}", words) else None


def _right_ascension(cards: Cards) -> float | None:
    """`RA` is in degrees where it is a number; sexagesimal right ascensions are hours."""
    value = cards.raw("RA")
    if value is not None and as_number(value) is not None:
        return _within(cards.angle("ra_deg", "RA"), 360.0)
    hours = cards.angle("ra_deg", "RA", "OBJCTRA")
    return _within(cards.angle("ra_deg", "CRVAL1") if hours is None else hours * 15, 360.0)


def _coordinates(cards: Cards) -> dict[str, float | None]:
    """Where it was taken; zero and zero is what a device writes that does not know."""
    north = _within(cards.angle("latitude_deg", "SITELAT", "OBSGEO-B", "LAT-OBS"), 90.0)
    east = _within(cards.angle("longitude_deg", "SITELONG", "OBSGEO-L", "LONG-OBS"), 360.0)
    if north == 0 and east == 0:
        north = east = None
    return {"latitude_deg": north, "longitude_deg": east - 360 if east is not None and east > 180 else east}


def _ratio_from_aperture(cards: Cards) -> float | None:
    aperture_mm = _positive(cards.number("focal_ratio", "APTDIA"))
    length_mm = _positive(cards.number("focal_length_mm", "FOCALLEN"))
    if aperture_mm is None or length_mm is None or not 0.5 <= length_mm / aperture_mm <= 100:
        return None
    return round(length_mm / aperture_mm, 1)


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None


def _not_negative(number: float | None) -> float | None:
    return number if number is not None and number >= 0 else None


def _within(degrees: float | None, limit: float) -> float | None:
    return degrees if degrees is not None and abs(degrees) <= limit else None
