"""A frame's values as a person reads them: each with its unit and with where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime

from pipeline.model.frames import Frame

_UNITS = {
    "_arcsec": "″",
    "_deg": "°",
    "_mm": " mm",
    "_um": " µm",
    "_px": " px",
    "_c": " °C",
    "_s": " s",
}
_ASIDE = {"path", "problems", "sources", "rig_known", "stage"}


def frame_values(frame: Frame) -> Iterator[tuple[str, str, str]]:
    """What is known of a frame: a name, the value with its unit, where it came from."""
    for field in fields(Frame):
        value = getattr(frame, field.name)
        if field.name in _ASIDE or value is None or value == "":
            continue
        name, unit = _split_unit(field.name)
        yield name, f"{_text(value)}{unit}", frame.sources.get(field.name, "")


def _split_unit(name: str) -> tuple[str, str]:
    ending = next((ending for ending in _UNITS if name.endswith(ending)), "")
    return name.removesuffix(ending).replace("_", " "), _UNITS.get(ending, "")


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)
