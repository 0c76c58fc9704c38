"""Which frames of a group are left out of its master before anything is added up, each with its reason.

Single odd pixels are left to the rejection while integrating. Here go frames that are wrong as a whole: another size,
saturated, light that leaked in, a level far from the others'.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Gist, Refused

MOST_SATURATED = 0.01
"""Of a flat's pixels; a bias or dark has hot ones of its own."""
FEW = 3
"""With fewer frames nobody can say which is the odd one."""
_MAD = 1.4826
_SIGMAS = 8.0
_LEAST_ADU = 4.0
_SHARE = {Kind.FLAT: 0.5}
"""Flats of a brightening sky differ in level, and are brought to one; others may by a fiftieth."""
_USUAL_SHARE = 0.02


def refuse(
    kind: Kind, gists: Mapping[str, Gist], sizes: Mapping[str, tuple[int, int]]
) -> tuple[Refused, ...]:
    """The frames to be left out, in the order of their names.

    Args:
        kind: Of all of them.
        gists: What each looks like, by its address.
        sizes: Width and height of each.
    """
    why: dict[str, str] = _odd_sizes(sizes)
    why |= {
        stored: text for stored, one in gists.items() if stored not in why and (text := _alone(kind, one))
    }
    rest = {stored: one for stored, one in gists.items() if stored not in why}
    if len(rest) >= FEW:
        why |= _odd_levels(kind, rest)
        rest = {stored: one for stored, one in rest.items() if stored not in why}
    if len(rest) >= FEW and kind is not Kind.FLAT:
        why |= _leaks(rest)
    return tuple(Refused(stored=stored, why=why[stored]) for stored in sorted(why))


def _odd_sizes(sizes: Mapping[str, tuple[int, int]]) -> dict[str, str]:
    if not sizes:
        return {}
    counts = Counter(sizes.values())
    usual = max(counts, key=lambda size: (counts[size], size))
    return {
        stored: f"{size[0]} × {size[1]} pixels, the others have {usual[0]} × {usual[1]}"
        for stored, size in sizes.items()
        if size != usual
    }


def _alone(kind: Kind, one: Gist) -> str:
    """What is wrong with a frame whatever the others are."""
    if kind is Kind.FLAT and one.saturated_share > MOST_SATURATED:
        return f"saturated: {100 * one.saturated_share:.0f} % of its pixels"
    if kind is Kind.FLAT and one.level_adu <= 0:
        return "no light in it"
    return ""


def _odd_levels(kind: Kind, gists: Mapping[str, Gist]) -> dict[str, str]:
    levels = [one.level_adu for one in gists.values()]
    middle, spread = _spread(levels)
    allowed = 0.0 if kind is Kind.FLAT else _SIGMAS * spread
    limit = max(allowed, _SHARE.get(kind, _USUAL_SHARE) * abs(middle), _LEAST_ADU)
    return {
        stored: f"{_level(kind, one.level_adu, middle)}, the others are at {middle:,.0f}"
        for stored, one in gists.items()
        if abs(one.level_adu - middle) > limit
    }


def _level(kind: Kind, level: float, middle: float) -> str:
    leaked = kind is not Kind.FLAT and level > middle
    return f"light leaked in: its level is {level:,.0f} ADU" if leaked else f"its level is {level:,.0f} ADU"


def _leaks(gists: Mapping[str, Gist]) -> dict[str, str]:
    """Frames of which one part is brighter than that part of the others, though the middle is not."""
    shapes = {stored: [each - one.level_adu for each in one.blocks_adu] for stored, one in gists.items()}
    if len({len(shape) for shape in shapes.values()}) != 1:
        return {}
    usual = [_spread(column) for column in zip(*shapes.values(), strict=True)]
    level = statistics.median(one.level_adu for one in gists.values())
    found = {}
    for stored, shape in shapes.items():
        beyond = max(
            (value - middle for value, (middle, spread) in zip(shape, usual, strict=True)
             if value - middle > max(_SIGMAS * spread, _USUAL_SHARE * abs(level), _LEAST_ADU)),
            default=0.0,
        )  # fmt: skip
        if beyond:
            found[stored] = f"light leaked in: a part of it is {beyond:,.0f} ADU brighter than in the others"
    return found


def _spread(values: Sequence[float]) -> tuple[float, float]:
    middle = statistics.median(values)
    return middle, _MAD * statistics.median(abs(value - middle) for value in values)
