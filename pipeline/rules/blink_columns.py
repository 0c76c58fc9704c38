"""What the blink page shows under each picture: which values, as which text, and the two curves of its strip.

Lights show what limits can be held against; flats their level, clipping, gradient and stars; darks and bias their
level, light leak, banding, and how they drift along the night.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.blinkpage import BlinkCurve
from pipeline.model.frames import Kind
from pipeline.model.measures import QUANTITIES, Measured, Quantity

_WITNESS = {"NINA": " (NINA)", "PHD2": " (PHD2)"}
_TIGHT = ("″", "°")
_UNSHOWN = frozenset({"saturated_percent", "noise_adu"})
"""Shown only where they say something: what is usual needs no room."""
_WORTH_SAYING = {"saturated_percent": 0.05}
_SIZES = ("hfr_measured", "hfr", "fwhm_px_measured")
"""The first curve: whichever of these all the set's frames have most of."""


@dataclass(frozen=True, slots=True)
class Column:
    """One value under the picture."""

    label: str
    texts: Mapping[str, str]
    """Stored path to text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a set's frames are shown with."""

    columns: tuple[Column, ...]
    curves: tuple[BlinkCurve, ...]
    points: Mapping[str, tuple[float | None, ...]]
    """Stored path to its points on the curves."""


def value_text(name: str, value: float) -> str:
    """A value with its unit and sensible digits: `2.31 px`, `0.7″`, `yes` for a trail."""
    quantity = QUANTITIES[name]
    if name == "trail":
        return "yes" if value else "no"
    return f"{value:.{quantity.digits}f}{unit_text(quantity.unit)}"


def unit_text(unit: str) -> str:
    """A unit as it follows a number: ` px`, `″`."""
    return unit if unit in _TIGHT or not unit else f" {unit}"


def label_of(quantity: Quantity) -> str:
    """`HFR` for what is measured here, `HFR (NINA)` for what others say."""
    return f"{quantity.words}{_WITNESS.get(quantity.witness, '')}"


def column_of(name: str) -> str:
    """The column that shows this quantity."""
    words = label_of(QUANTITIES[name])
    return f"{words} in ″" if name == "fwhm_arcsec_measured" else words


def show_lights(rows: Sequence[Measured]) -> Shown:
    """Columns and curves of a set of lights."""
    names = [name for name in QUANTITIES if any(_says(name, row) for row in rows)]
    columns = [
        Column(
            column_of(name),
            {row.stored: value_text(name, row.values[name]) for row in rows if name in row.values},
        )
        for name in names
    ]
    size = max(_SIZES, key=lambda name: (sum(name in row.values for row in rows), -_SIZES.index(name)))
    curves = (
        BlinkCurve(label=column_of(size), unit=QUANTITIES[size].unit),
        BlinkCurve(label="background", unit="ADU", digits=0),
    )
    points = {row.stored: (row.values.get(size), row.values.get("background_adu")) for row in rows}
    return Shown(columns=tuple(columns), curves=curves, points=points)


def _says(name: str, row: Measured) -> bool:
    value = row.values.get(name)
    if value is None:
        return False
    return name not in _UNSHOWN or value > _WORTH_SAYING.get(name, float("inf"))


def show_levels(
    kind: Kind, rows: Sequence[Measured], saturation_adu: float, last: Mapping[str, float]
) -> Shown:
    """Columns and curves of a calibration set.

    Args:
        kind: FLAT, DARK, BIAS or FLATDARK.
        rows: In the order the frames were taken.
        saturation_adu: What a saturated pixel reads.
        last: Medians of the last earlier set of the same filter: what a flat's gradient is held against.
    """
    if kind is Kind.FLAT:
        texts = {row.stored: dict(_flat_texts(row.levels, saturation_adu, last)) for row in rows}
        curves = (
            BlinkCurve(label="level", unit="%", digits=1),
            BlinkCurve(label="gradient", unit="%", digits=1),
        )
        points = {
            row.stored: (_share(row.levels, saturation_adu), row.levels.get("gradient_percent"))
            for row in rows
        }
    else:
        first = next((row.levels["median_adu"] for row in rows if "median_adu" in row.levels), 0.0)
        texts = {row.stored: dict(_dark_texts(row.levels, first)) for row in rows}
        curves = (
            BlinkCurve(label="level", unit="ADU", digits=1),
            BlinkCurve(label="noise", unit="ADU", digits=2),
        )
        points = {row.stored: (row.levels.get("mean_adu"), row.levels.get("noise_adu")) for row in rows}
    return Shown(columns=tuple(_by_label(texts)), curves=curves, points=points)


def _by_label(texts: Mapping[str, Mapping[str, str]]) -> Iterable[Column]:
    labels = dict.fromkeys(label for said in texts.values() for label in said)
    for label in labels:
        yield Column(label, {stored: said[label] for stored, said in texts.items() if label in said})


def _share(levels: Mapping[str, float], saturation_adu: float) -> float | None:
    level = levels.get("median_adu")
    return None if level is None else 100 * level / saturation_adu


def _flat_texts(
    levels: Mapping[str, float], saturation_adu: float, last: Mapping[str, float]
) -> Iterable[tuple[str, str]]:
    share = _share(levels, saturation_adu)
    if share is None:
        return
    yield "level", f"{levels['median_adu']:.0f} ADU, {share:.0f} % of saturation"
    yield "clipped", f"{levels['saturated_percent']:.3f} %"
    yield "gradient", f"{levels['gradient_percent']:.1f} %"
    if "gradient_percent" in last:
        yield "last flat", f"gradient {last['gradient_percent']:.1f} %"
    yield "corners", f"{levels['corners_percent']:.0f} % of the middle"
    if levels["stars"]:
        yield "stars", f"{levels['stars']:.0f}"


def _dark_texts(levels: Mapping[str, float], first_adu: float) -> Iterable[tuple[str, str]]:
    if "median_adu" not in levels:
        return
    yield "level", f"{levels['mean_adu']:.1f} ADU"
    yield "drift", f"{levels['median_adu'] - first_adu:+.1f} ADU since the first"
    yield "noise", f"{levels['noise_adu']:.2f} ADU"
    yield (
        "light leak",
        f"{levels['gradient_percent']:.2f} % across, corners {levels['corners_percent']:.1f} %",
    )
    yield "banding", f"{levels['banding_adu']:.2f} ADU"
    yield "hot pixels", f"{levels['hot_pixels']:,.0f}"
