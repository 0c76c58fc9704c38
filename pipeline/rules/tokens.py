"""The tokens of NINA's image file pattern: what each stands for, how it is written, how it is read back.

The table follows what NINA 1.10 to 3.3 and the usual plugins write (numbers with a point and two decimals,
times at the exposure's start). A token nobody listed here is some plugin's or user's own: it is stepped over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, time, timedelta
from functools import lru_cache

from pipeline.rules import nights, values
from pipeline.rules.claims import Claim

_NUMBER = r"-?\d{1,18}(?:\.\d{1,18})?(?:[cC](?![A-Za-z]))?|NaN|--"  # a DSLR's temperature is `25c`
_DATE = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d-\d\d-\d\d"


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a pattern."""

    name: str
    form: re.Pattern[str] | None
    """What it looks like; None for free text."""
    field: str | None = None
    """The value it tells of; None where it is only stepped over, or tells of it with others (times)."""
    read: Callable[[str], object] = values.name
    greedy: bool = False
    """Takes as much as it can: of two texts, an underscore rather belongs to a target than to a filter."""


def _numbers(field: str | None, read: Callable[[str], object], names: str) -> Iterator[Token]:
    for name in names.split():
        yield Token(name, re.compile(_NUMBER, re.ASCII), field, read)


def _shaped(form: str, names: str) -> Iterator[Token]:
    for name in names.split():
        yield Token(name, re.compile(form, re.ASCII))


_TABLE: tuple[Token, ...] = (
    Token(
        "IMAGETYPE",
        re.compile(r"(?i:SNAPSHOT|DARKFLAT|FLATDARK|LIGHT|FLAT|DARK|BIAS)", re.ASCII),
        "kind",
        values.kind,
    ),
    Token("FILTER", None, "filter", values.text),
    Token("TARGETNAME", None, "target", values.name, greedy=True),
    Token("CAMERA", None, "camera"),
    Token("TELESCOPE", None, "optic"),
    Token("READOUTMODE", None, "readout_mode"),
    Token("BINNING", re.compile(r"\d{1,2}[x*]\d{1,2}|\d{1,2}", re.ASCII), "binning", values.binning),
    *_numbers("binning", values.binning, "BINX"),
    *_numbers("exposure_s", values.exposure, "EXPOSURETIME"),
    *_numbers("set_temp_c", values.temperature, "TEMPERATURESETPOINT"),
    *_numbers("sensor_temp_c", values.temperature, "SENSORTEMP"),
    *_numbers("gain", values.not_negative, "GAIN"),
    *_numbers("offset", values.not_negative, "OFFSET"),
    *_numbers("hfr_px", values.positive, "HFR"),
    *_numbers("stars", values.count, "STARCOUNT"),
    *_numbers("rms_arcsec", values.positive, "RMSARCSEC"),
    *_numbers("rms_guider_px", values.positive, "RMS"),
    *_numbers("rotator_deg", values.number, "ROTATORANGLE ROTATEANGLE"),
    *_numbers(
        None,
        values.number,
        "MJD FRAMENR USBLIMIT FOCUSERPOSITION FOCUSERTEMP SQM FWHM ECCENTRICITY TSSESSIONID"
        " PEAKRA PEAKRAARCSEC PEAKDEC PEAKDECARCSEC SUNANGLE MOONANGLE BINY FLAT_EPOCH ROIX ROIY",
    ),
    *_shaped(rf"{_NUMBER}|NA", "AIRMASS ALT AZ"),
    *_shaped(_DATE, "DATE DATEUTC DATEMINUS12 APPLICATIONSTARTDATE"),
    *_shaped(rf"{_DATE}_{_CLOCK}", "DATETIME"),
    *_shaped(_CLOCK, "TIME TIMEUTC"),
    *_shaped(r"\d{8}", "CDATE CDATEUTC CDATEMINUS12"),
    *_shaped(r"\d{8}_\d{6}", "CDATETIME CDATETIMEUTC"),
    *_shaped(r"\d{6}", "CTIME CTIMEUTC"),
)
TOKENS: Mapping[str, Token] = {token.name: token for token in _TABLE}
"""Every token we know. SEQUENCETITLE, TSPROJECTNAME and users' own are free text that tells us nothing."""


def find_token(name: str) -> Token:
    """The token of that name; an unknown one is free text, or stays in the path as `$$NAME$$`."""
    return TOKENS.get(name) or Token(name, None)


def read_tokens(written: Mapping[str, str], places: Mapping[str, str]) -> Iterator[Claim]:
    """What tokens say together; `places` tells where each was read."""
    for name, text in written.items():
        read = _read_token(name, text)
        if read is not None:
            yield Claim(*read, places[name])
    if not _TIMES.isdisjoint(written):
        yield from _read_times(written, places)


@lru_cache(maxsize=8192)
def _read_token(name: str, text: str) -> tuple[str, object] | None:
    token = find_token(name)
    value = token.read(text) if token.field and not text.startswith("$$") else None
    return None if token.field is None or value is None else (token.field, value)


def _read_times(written: Mapping[str, str], places: Mapping[str, str]) -> Iterator[Claim]:
    night = values.day(written.get("DATEMINUS12", "")) or values.day(written.get("CDATEMINUS12", ""))
    if night is not None:
        yield Claim("night", night, places["DATEMINUS12" if "DATEMINUS12" in written else "CDATEMINUS12"])
    for names, field, assumed in _CLOCKS:
        if names[0] in written and all(written.get(name) for name in names):
            told = values.moment("_".join(written[name] for name in names))
            if told is not None:
                place = ("default saved " if assumed else "") + places[names[-1]]
                yield Claim(field, told.replace(tzinfo=UTC) if field == "utc" else told, place)
    yield from _read_night_clock(night, written, places)
    started = nights.from_mjd(values.number(written["MJD"]) or 0.0) if "MJD" in written else None
    if started is not None:
        yield Claim("utc", started, "default " + places["MJD"])  # eight decimals round to a millisecond
    if written.get("DATE") and "TIME" not in written:
        day = values.day(written["DATE"])
        if day is not None:
            yield Claim("night", day, "default " + places["DATE"])


_CLOCKS: tuple[tuple[tuple[str, ...], str, bool], ...] = (
    (("DATETIME",), "local", False),
    (("DATE", "TIME"), "local", False),
    (("DATEUTC", "TIMEUTC"), "utc", False),
    (("CDATETIME",), "local", True),  # the hour it was saved: later than it began
    (("CDATE", "CTIME"), "local", True),
    (("CDATETIMEUTC",), "utc", True),
    (("CDATEUTC", "CTIMEUTC"), "utc", True),
)
_TIMES = {name for names, _, _ in _CLOCKS for name in names} | {"DATEMINUS12", "CDATEMINUS12", "MJD"}


def _read_night_clock(
    night: date | None, written: Mapping[str, str], places: Mapping[str, str]
) -> Iterator[Claim]:
    """The evening's date and a time of day: before noon it is the day after."""
    told = values.moment(f"{night}_{written['TIME']}") if night and written.get("TIME") else None
    if told is not None:
        yield Claim("local", told + timedelta(days=told.time() < time(12)), places["TIME"])


_GREEK_NAMES = (
    "α=alf β=bet γ=gam δ=del ε=eps ζ=zet η=eta θ=tet ι=iot κ=kap λ=lam μ=mu. ν=nu. ξ=ksi ο=omi π=pi."
    " ρ=rho σ=sig τ=tau υ=ups φ=phi χ=chi ψ=psi ω=ome ς=sig µ=mu."
)
_GREEK = dict(pair.split("=") for pair in _GREEK_NAMES.split())
_GREEK_OF = str.maketrans({letter.upper(): short for letter, short in _GREEK.items()} | _GREEK)
_ILLEGAL = re.compile(r'[<>"|:*?\x00-\x1f]')


def as_nina_writes(value: str, *, target: bool = False) -> str:
    """A value as it stands in a name NINA wrote: no slashes, nothing Windows refuses, no Greek.

    A header that says `α Ori` and a name that says `alf Ori` agree.
    """
    plain = value.strip().replace("/", "-").replace("\\", "-")
    if target:
        plain = "".join(c if c.isascii() else "?" for c in plain.translate(_GREEK_OF))
    return clean_part(plain)


def clean_part(part: str) -> str:
    """A path part after NINA's cleaner."""
    return _ILLEGAL.sub("_", part).strip()
