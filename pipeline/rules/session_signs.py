"""What the values of a light say of why it was lost: cloud, trailing, soft stars, a bright sky.

A value is held against the usual one of its own set (same filter, same exposure) and of the same witness; where too few
of a set are good, against earlier sets of its kind. Nothing is said where nothing was measured: then the limits' own
words decide, and else nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from pipeline.model.catalog import FrameRow, SetRow
from pipeline.model.measures import QUANTITIES
from pipeline.model.verdicts import Fate, State
from pipeline.rules.report_sums import LOST

SHARPNESS = ("hfr", "hfr_measured", "fwhm_arcsec", "fwhm_arcsec_measured", "fwhm_px_measured")
SHAPE = ("eccentricity_measured", "eccentricity")
GUIDING = ("rms_arcsec", "rms_arcsec_guide_log")
STARS = ("stars_measured", "stars")
BACKGROUND = ("background_adu",)
CLEAR = "clear_percent"

FEW_STARS, NO_STARS = 0.75, 0.6
"""Of the usual number: fewer than the first under a brighter sky, or than the second alone, is cloud."""
LIT, BRIGHT = 1.15, 1.5
"""Times the usual background: cloud lit from below, and a bright sky."""
CLEAR_PERCENT = 60.0
LONG, LONGER = 0.6, 0.15
"""Eccentricity of trailed stars, and by how much at least it exceeds the usual."""
SHAKEN, SHAKEN_ARCSEC = 1.5, 0.3
"""Times the usual guiding error, and by how much at least."""
SOFT = 1.17
"""Times the usual size of the stars."""
_ENOUGH = 3
"""So many good frames tell what is usual."""
_LOST = frozenset(map(str, LOST))


class Cause(StrEnum):
    """Why a light was lost, as the sentence of a night says it."""

    CLOUDED = "clouded"
    TRAILED = "trailed"
    SOFT = "soft"
    BRIGHT = "under a bright sky"
    CROSSED = "crossed by a satellite"
    BY_EYE = "taken away by eye"
    OTHER = "beyond another limit"
    UNKNOWN = "for reasons nobody noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One value that speaks for a cause, beside what is usual."""

    quantity: str
    value: float
    usual: float | None = None

    @property
    def weight(self) -> float:
        """How far it is from the usual, whichever way is bad; 0 where nothing is usual."""
        if not self.usual or not self.value:
            return 0.0
        share = self.value / self.usual
        return 1 / share if QUANTITIES[self.quantity].bad_is == "low" else share


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A light that was lost, or that a set asks about."""

    frame: FrameRow
    cause: Cause
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSeen:
    """A set of lights with its frames in the order of the clock."""

    row: SetRow
    frames: Sequence[FrameRow]
    usual: Mapping[str, float]
    """Quantity to usual value."""

    @property
    def good(self) -> list[FrameRow]:
        """Those that neither limits nor eyes took away."""
        return [one for one in self.frames if not is_lost(one)]

    def witness(self, names: Iterable[str]) -> str:
        """Of quantities that tell the same, the one most frames have; empty where none has any."""
        told = Counter(name for one in self.frames for name in names if name in one.get("values", {}))
        return max(names, key=lambda name: told[name]) if told else ""


def is_lost(frame: FrameRow) -> bool:
    """True for a frame that was taken away, and for one its set asks about."""
    return frame["state"] in _LOST or is_asked(frame)


def is_asked(frame: FrameRow) -> bool:
    """True for a frame that exceeds a limit while its set waits for an answer."""
    return frame["state"] == State.HELD and frame.get("fate") == Fate.SUSPECT


def usual_of(frames: Iterable[FrameRow], earlier: Mapping[str, float]) -> dict[str, float]:
    """What is usual for a set: the medians of its good frames, else what earlier sets had."""
    good = [one for one in frames if not is_lost(one)]
    if len(good) < _ENOUGH:
        return dict(earlier)
    found: dict[str, list[float]] = {}
    for one in good:
        for name, value in one.get("values", {}).items():
            found.setdefault(name, []).append(value)
    return {name: median(values) for name, values in found.items() if len(values) >= _ENOUGH}


def losses(seen: SetSeen) -> list[Loss]:
    """Each lost light of a set with its cause."""
    witnesses = tuple(seen.witness(names) for names in (STARS, SHAPE, GUIDING, SHARPNESS))
    return [_loss(one, seen.usual, witnesses) for one in seen.frames if is_lost(one)]


def _loss(frame: FrameRow, usual: Mapping[str, float], witnesses: Sequence[str]) -> Loss:
    stars, shape, guiding, size = (_sign(frame, usual, name) for name in witnesses)
    sky, clear = _sign(frame, usual, BACKGROUND[0]), _sign(frame, usual, CLEAR)
    trailed = [one for one in (shape, guiding) if one is not None and _is_trailed(one)]
    soft = [one for one in (size,) if one is not None and one.usual and one.value >= SOFT * one.usual]
    clouded = _clouded(stars, sky, clear, is_blurred=bool(trailed or soft))
    for cause, signs in (
        (Cause.CLOUDED, clouded),
        (Cause.TRAILED, trailed),
        (Cause.SOFT, soft),
        (Cause.BRIGHT, [sky] if sky is not None and _times(sky, BRIGHT) else []),
    ):
        if signs:
            return Loss(frame=frame, cause=cause, signs=tuple(signs))
    return Loss(frame=frame, cause=_said(frame))


def _clouded(stars: Sign | None, sky: Sign | None, clear: Sign | None, *, is_blurred: bool) -> list[Sign]:
    """What speaks for cloud: blurred stars are found less often, so their number alone says nothing then."""
    hidden = [clear] if clear is not None and clear.value < CLEAR_PERCENT else []
    few = stars is not None and stars.usual and stars.value <= FEW_STARS * stars.usual
    lit = sky is not None and _times(sky, LIT)
    gone = not is_blurred and stars is not None and stars.usual and stars.value <= NO_STARS * stars.usual
    if hidden or gone or (few and lit):
        told = [stars if few else None, sky if lit else None]
        return [*hidden, *(one for one in told if one is not None)]
    return []


def _is_trailed(sign: Sign) -> bool:
    if sign.quantity in SHAPE:
        return sign.value >= LONG and sign.value >= (sign.usual or 0.0) + LONGER
    return _times(sign, SHAKEN) and sign.value - (sign.usual or 0.0) >= SHAKEN_ARCSEC


def _times(sign: Sign, factor: float) -> bool:
    return bool(sign.usual) and sign.value >= factor * (sign.usual or 0.0)


def _sign(frame: FrameRow, usual: Mapping[str, float], name: str) -> Sign | None:
    value = frame.get("values", {}).get(name)
    return None if value is None else Sign(quantity=name, value=value, usual=usual.get(name))


_WORDS = {
    "HFR": Cause.SOFT,
    "FWHM": Cause.SOFT,
    "RMS": Cause.TRAILED,
    "eccentricity": Cause.TRAILED,
    "stars": Cause.CLOUDED,
    "clear sky": Cause.CLOUDED,
    "background": Cause.BRIGHT,
    "satellite trail": Cause.CROSSED,
}
_EYES = frozenset(map(str, (State.REJECTED, State.GIVEN_UP, State.TAKEN_OUT)))


def _said(frame: FrameRow) -> Cause:
    """What the limits' own words make of it, where no value stands out."""
    for reason in frame.get("reasons", ()):
        for word, cause in _WORDS.items():
            if reason.startswith((f"{word} ", f"measured {word} ")):
                return cause
    if frame.get("reasons"):
        return Cause.OTHER
    return Cause.BY_EYE if frame["state"] in _EYES else Cause.UNKNOWN
