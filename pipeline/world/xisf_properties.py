"""Which FITS keyword says what a property of an XISF file says, and how its value reads there."""

from __future__ import annotations

import math
from collections.abc import Callable

from pipeline.model.frames import Value
from pipeline.world.fits_cards import legible


def _as_is(value: Value) -> Value | None:
    return value


def _metres_as_mm(value: Value) -> Value | None:
    return round(value * 1000.0, 6) if isinstance(value, float) else None


def _as_time(value: Value) -> Value | None:
    return value.removesuffix("Z") if isinstance(value, str) else None


PROPERTIES: dict[str, tuple[str, Callable[[Value], Value | None]]] = {
    "Observation:Time:Start": ("DATE-OBS", _as_time),
    "Observation:Time:End": ("DATE-END", _as_time),
    "Observation:Object:Name": ("OBJECT", _as_is),
    "Observation:Center:RA": ("RA", _as_is),
    "Observation:Center:Dec": ("DEC", _as_is),
    "Observation:Equinox": ("EQUINOX", _as_is),
    "Observation:Location:Elevation": ("SITEELEV", _as_is),
    "Observation:Location:Latitude": ("SITELAT", _as_is),
    "Observation:Location:Longitude": ("SITELONG", _as_is),
    "Observation:Location:Name": ("SITENAME", _as_is),
    "Observer:Name": ("OBSERVER", _as_is),
    "Observation:Meteorology:AmbientTemperature": ("AMBTEMP", _as_is),
    "Observation:Meteorology:AtmosphericPressure": ("PRESSURE", _as_is),
    "Observation:Meteorology:RelativeHumidity": ("HUMIDITY", _as_is),
    "Observation:Meteorology:WindDirection": ("WINDDIR", _as_is),
    "Observation:Meteorology:WindGust": ("WINDGUST", _as_is),
    "Observation:Meteorology:WindSpeed": ("WINDSPD", _as_is),
    "Instrument:ExposureTime": ("EXPTIME", _as_is),
    "Instrument:Camera:Name": ("INSTRUME", _as_is),
    "Instrument:Camera:Gain": ("EGAIN", _as_is),
    "Instrument:Camera:ISOSpeed": ("GAIN", _as_is),
    "Instrument:Camera:XBinning": ("XBINNING", _as_is),
    "Instrument:Camera:YBinning": ("YBINNING", _as_is),
    "Instrument:Sensor:Temperature": ("CCD-TEMP", _as_is),
    "Instrument:Sensor:TargetTemperature": ("SET-TEMP", _as_is),
    "Instrument:Sensor:XPixelSize": ("XPIXSZ", _as_is),
    "Instrument:Sensor:YPixelSize": ("YPIXSZ", _as_is),
    "Instrument:Telescope:Name": ("TELESCOP", _as_is),
    "Instrument:Telescope:FocalLength": ("FOCALLEN", _metres_as_mm),
    "Instrument:Telescope:Aperture": ("APTDIA", _metres_as_mm),
    "Instrument:Filter:Name": ("FILTER", _as_is),
    "XISF:CreatorApplication": ("SWCREATE", _as_is),
    "XISF:CreationTime": ("DATE", _as_time),
}
"""Property to the FITS keyword that says the same, and how its value is turned."""


def read_property(identity: str, kind: str, text: str) -> Value | None:
    """The value as the FITS keyword of this property holds it; `None` for nothing, NaN and the like."""
    value = PROPERTIES[identity][1](_typed(kind, text.strip()))
    is_number = not isinstance(value, float) or math.isfinite(value)
    return value if value != "" and is_number else None


def _typed(kind: str, text: str) -> Value:
    try:
        if kind.startswith("Float"):
            return float(text)
        if kind.startswith(("Int", "UInt")):
            return int(text)
    except ValueError:
        return legible(text)
    return legible(text)
