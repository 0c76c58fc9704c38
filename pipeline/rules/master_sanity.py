"""Whether a new master looks like the one before it: level, noise, hot pixels, shape.

What does not is held until a person says `doit master NAME --ok`: a master is used for months, and what is wrong in it
is wrong in every light it touches.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Gist

_LEVEL_SHARE = {Kind.BIAS: 0.03, Kind.DARK: 0.10, Kind.FLATDARK: 0.10, Kind.FLAT: 0.60}
"""How far the level may have moved, of what it was. Flats are exposed anew each night."""
_LEAST_ADU = 10.0
_NOISE_TIMES = 2.0
_HOT_TIMES, _HOT_LEAST = 2.0, 0.001
_SHAPE_SHARE = {Kind.BIAS: 0.03, Kind.DARK: 0.05, Kind.FLATDARK: 0.05, Kind.FLAT: 0.25}
_MOST_ODD = 1e-4


def doubts(kind: Kind, new: Gist, old: Gist | None) -> tuple[str, ...]:
    """What is to be held against a new master, each as half a sentence; nothing when it is sane.

    Args:
        kind: BIAS, DARK, FLAT or FLATDARK.
        new: What it looks like.
        old: What the one before it of the same camera and settings looks like; None: there is none.
    """
    return tuple(_alone(kind, new)) or (tuple(_beside(kind, new, old)) if old is not None else ())


def _alone(kind: Kind, new: Gist) -> Iterator[str]:
    if new.odd_share > _MOST_ODD:
        yield f"{100 * new.odd_share:.2g} % of its values are no numbers"
    elif len(set(new.blocks_adu)) == 1 and new.noise_adu == 0:
        yield f"every pixel of it is {new.level_adu:,.0f} ADU"
    elif kind is Kind.FLAT and new.level_adu <= 0:
        yield "there is no light in it"


def _beside(kind: Kind, new: Gist, old: Gist) -> Iterator[str]:
    if abs(new.level_adu - old.level_adu) > max(_LEAST_ADU, _LEVEL_SHARE[kind] * abs(old.level_adu)):
        yield f"its level is {new.level_adu:,.0f} ADU, the one before has {old.level_adu:,.0f}"
        return  # of another level, noise and shape say nothing more
    noise, before = _relative(kind, new), _relative(kind, old)
    if noise > _NOISE_TIMES * before + 1e-6 and new.noise_adu > 1.0:
        yield f"its noise is {noise / before:.1f} times that of the one before" if before else "it is noisy"
    if new.hot_share > _HOT_TIMES * old.hot_share + _HOT_LEAST:
        yield f"{100 * new.hot_share:.1f} % of its pixels are hot, of the one before {100 * old.hot_share:.1f} %"
    moved = _moved(kind, new, old)
    if moved > max(_SHAPE_SHARE[kind], _LEAST_ADU / max(abs(old.level_adu), 1.0)):
        yield f"its shape differs from the one before by {100 * moved:.0f} % of the level"


def _relative(kind: Kind, one: Gist) -> float:
    """Noise as it counts: of a flat against its light."""
    return one.noise_adu / max(one.level_adu, 1.0) if kind is Kind.FLAT else one.noise_adu


def _moved(kind: Kind, new: Gist, old: Gist) -> float:
    """The largest change of shape, as a share of the level."""
    if len(new.blocks_adu) != len(old.blocks_adu):
        return 0.0
    if kind is Kind.FLAT:
        level, before = max(new.level_adu, 1.0), max(old.level_adu, 1.0)
        pairs = zip(new.blocks_adu, old.blocks_adu, strict=True)
        return max((abs(one / level - other / before) for one, other in pairs), default=0.0)
    shifted = zip(new.blocks_adu, old.blocks_adu, strict=True)
    change = [abs((one - new.level_adu) - (other - old.level_adu)) for one, other in shifted]
    return max(change, default=0.0) / max(abs(old.level_adu), 1.0)
