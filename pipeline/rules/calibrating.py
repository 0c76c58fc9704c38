"""Whether a light may be calibrated with these masters, and whether what came out is good: sentences with values.

    light, masters ─refusals─▶ why not, before a pixel is read       Soundness ─score_of─▶ Score(points, reasons)

Numbers are compared as numbers; what only one side says is the matcher's affair, not a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from pipeline.model.calibrated import FlatError, Score, Soundness
from pipeline.model.calibration import Calibrate
from pipeline.model.frames import Frame, Kind, Value
from pipeline.rules.master_headers import LESS
from pipeline.rules.master_keys import EXPOSURE_TOLERANCE_S

VERSION = 1
"""Of what calibrating does to pixels and header: a calibrated file of another one is made again where that is asked."""

_SAME = (("width_px", "columns"), ("height_px", "rows"), ("planes", "planes"), ("binning", "binning"))
_FLAT_LIMIT_PERCENT, _FLAT_POINTS, _SURE_SIGMA = 1.0, 5.0, 3.0
_FLAT_MOST, _FLAT_MOST_IF_SKY = 80.0, 20.0
_NOISE_LIMIT, _NOISE_POINTS = 1.1, 70.0
_NEGATIVE_LIMIT, _NEGATIVE_POINTS = 0.01, 120.0
_CLIPPED_LIMIT, _CLIPPED_POINTS = 0.005, 1000.0
_TAKEN_OFF = ("FDARKMST", "DARKMAST", "BIASMAST", LESS)
"""Cards by which a master flat (or dark) says what was taken off when it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """What one light is calibrated with, before any of it is opened."""

    light: Frame
    masters: Mapping[Kind, Frame] = field(default_factory=dict)
    """By raw kind: what each master is."""
    dark_scale: float = 1.0


def refusals(asked: Ingredients, policy: Calibrate) -> list[str]:
    """Why this light cannot be calibrated with these masters, each half a sentence; none: it can."""
    return [text for kind, master in asked.masters.items() for text in _against(asked, kind, master, policy)]


def _against(asked: Ingredients, kind: Kind, master: Frame, policy: Calibrate) -> Iterator[str]:
    light, word = asked.light, kind.value.lower()
    for name, said in _SAME:
        own, others = getattr(light, name), getattr(master, name)
        if own is not None and others is not None and own != others:
            yield f"the {word} has {said} {others}, the light {own}"
    if kind is Kind.FLAT and light.filter and master.filter and _plain(light.filter) != _plain(master.filter):
        yield f"the flat is of filter {master.filter}, the light of {light.filter}"
    if kind is Kind.DARK:
        yield from _dark_refusals(light, master, asked.dark_scale, policy)


def _dark_refusals(light: Frame, dark: Frame, scale: float, policy: Calibrate) -> Iterator[str]:
    if light.exposure_s is not None and dark.exposure_s is not None:
        reached = dark.exposure_s * scale
        if abs(reached - light.exposure_s) > EXPOSURE_TOLERANCE_S * max(1.0, scale) + 1e-9:
            yield f"the dark is of {dark.exposure_s:.10g} s, the light of {light.exposure_s:.10g} s"
    own, others = (
        light.sensor_temp_c,
        dark.sensor_temp_c if dark.sensor_temp_c is not None else dark.set_temp_c,
    )
    limit = policy.max_temperature_difference_c
    if own is not None and others is not None and abs(own - others) > limit + 1e-9:
        yield (
            f"its sensor was at {own:.1f} °C, the dark's at {others:.1f} °C: more than {limit:.10g} °C apart "
            "(max_temperature_difference_c)"
        )


def _plain(text: str) -> str:
    return text.casefold().strip()


def lacks(asked: Mapping[Kind, object], policy: Calibrate) -> list[Kind]:
    """The masters a rig requires and these are not, in the order it names them.

    A dark holds the bias: where there is one no bias is missed.
    """
    wanted = [Kind[name.upper()] for name in policy.require]
    return [kind for kind in wanted if kind not in asked and not (kind is Kind.BIAS and Kind.DARK in asked)]


def is_free_of_bias(cards: Mapping[str, Value]) -> bool:
    """True when a master says that bias, dark or flat-dark was taken off when it was made."""
    status = cards.get("CALSTAT")
    said = isinstance(status, str) and bool({"B", "D"} & set(status.upper()))
    return said or any(isinstance(text := cards.get(key), str) and text.strip() for key in _TAKEN_OFF)


def is_calibrated(cards: Mapping[str, Value]) -> bool:
    """True when a light says that it was calibrated already, by us or others."""
    return cards.get("CALIBRAT") is True or bool(cards.get("CALSTAT"))


def basis_of(
    light_sha256: str, masters: Mapping[Kind, str], scale: float, policy: Calibrate, bayer: str
) -> str:
    """A digest of all that a calibrated file's pixels come from: another one, another file."""
    used = sorted((kind.value, hashed) for kind, hashed in masters.items())
    how = (policy.output, policy.cosmetic, float(policy.pedestal), bayer)
    said = (VERSION, light_sha256, used, round(float(scale), 9), *how)
    return sha256(repr(said).encode()).hexdigest()[:16]


def score_of(seen: Soundness) -> Score:
    """Points out of 100, and what cost some."""
    lost = [one for one in _losses(seen) if one[0] >= 0.5]
    points = max(0.0, 100.0 - sum(cost for cost, _ in lost))
    return Score(points=round(points, 1), reasons=tuple(text for _, text in lost))


def _losses(seen: Soundness) -> Iterator[tuple[float, str]]:
    if not seen.range_adu > 0:
        yield 100.0, "every pixel has the same value"
    yield from _flat_losses(seen.flat_error)
    if seen.noise_ratio is not None:
        yield (
            min(60.0, _NOISE_POINTS * (seen.noise_ratio - _NOISE_LIMIT)),
            f"the masters raise the noise {seen.noise_ratio:.2f} times > {_NOISE_LIMIT}: of too few frames?",
        )
    if seen.negative_share > _NEGATIVE_LIMIT:
        why = "the dark does not fit" if seen.level_adu <= 0 else "a pedestal in [calibrate] keeps them"
        yield (
            min(100.0, _NEGATIVE_POINTS * seen.negative_share),
            f"{100 * seen.negative_share:.1f} % of the pixels fell below 0 > {100 * _NEGATIVE_LIMIT:.0f} %: {why}",
        )
    if seen.clipped_share > _CLIPPED_LIMIT:
        yield (
            min(60.0, _CLIPPED_POINTS * (seen.clipped_share - _CLIPPED_LIMIT)),
            f"{100 * seen.clipped_share:.1f} % of the pixels are clipped at the top > {100 * _CLIPPED_LIMIT:.1f} %",
        )


def _flat_losses(error: FlatError) -> Iterator[tuple[float, str]]:
    if error.percent is None or error.sigma < _SURE_SIGMA:
        return
    most, why = _FLAT_MOST, "is the flat of this night, and its bias taken off once?"
    if error.may_be_sky:
        most, why = _FLAT_MOST_IF_SKY, "a nebula in the middle, or a flat with its bias left in"
    cost = min(most, _FLAT_POINTS * (error.percent - _FLAT_LIMIT_PERCENT))
    yield (
        cost,
        f"{error.percent:.1f} % of the sky still has the flat's shape > {_FLAT_LIMIT_PERCENT:.0f} %: {why}",
    )
