"""A limit of a rig file as a number to hold values against: as it stands, or reckoned from the set or the rig.

    4.6                    as it stands
    { sigma = 3 }          the set's median and 3 robust standard deviations (1.4826 x MAD) beyond it
    { times = 1.35 }       1.35 times the set's median
    { usual = 1.4 }        1.4 times what is usual for the rig and the filter, by earlier nights

What cannot be reckoned limits nothing, and is said in a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from pipeline.model.measures import QUANTITIES, Measured, Quantity
from pipeline.model.policies import Relative

LEAST_FOR_SIGMA = 5
LEAST_FOR_TIMES = 3
"""With fewer values than these a set says nothing about itself."""
_NORMAL = 1.4826
"""Turns the median of distances into a standard deviation, for values that scatter as chance has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One limit, ready to be held against values."""

    quantity: Quantity
    limit: float
    derived: str = ""
    """How it came about, where it is no plain number."""

    def is_beyond(self, value: float) -> bool:
        """True for a value on the bad side; what equals the limit is not."""
        return value < self.limit if self.quantity.bad_is == "low" else value > self.limit


def value_of(row: Measured | None, quantity: str) -> float | None:
    """A frame's value; None where there is none, or no finite number."""
    value: float | None = None if row is None else row.values.get(quantity)
    return value if value is not None and math.isfinite(value) else None


def bound(
    name: str, limit: float | Relative, rows: Iterable[Measured], usual: Mapping[str, float]
) -> Bound | str | None:
    """The limit as a number; a sentence where it cannot be reckoned; None where nothing lies beyond it.

    Args:
        name: What it limits, a name in `QUANTITIES`.
        limit: As the rig file has it.
        rows: The frames a relative limit is reckoned from.
        usual: The rig's usual values.
    """
    quantity = QUANTITIES[name]
    if not isinstance(limit, Relative):
        return Bound(quantity=quantity, limit=float(limit))
    if limit.usual is not None:
        return _of_usual(quantity, limit.usual, usual.get(name))
    values = [value for row in rows if (value := value_of(row, name)) is not None]
    if not values:
        return None  # every frame lacks it: that is counted and shown already
    if limit.times is not None:
        return _of_times(quantity, limit.times, values)
    return _of_sigma(quantity, limit.sigma or 0.0, values)


def _of_usual(quantity: Quantity, factor: float, usual: float | None) -> Bound | str | None:
    if usual is None:
        return f"{named(quantity)}: no usual value yet, {factor:g} x it limits nothing"
    if usual <= 0:
        return None
    derived = f"{factor:g} x the rig's usual {number_text(usual, quantity)}"
    return Bound(quantity=quantity, limit=factor * usual, derived=derived)


def _of_times(quantity: Quantity, factor: float, values: list[float]) -> Bound | str | None:
    if len(values) < LEAST_FOR_TIMES:
        return _too_few(quantity, values, LEAST_FOR_TIMES, f"{factor:g} x the set's median")
    middle = median(values)
    if middle <= 0:  # so many times nothing, or less than nothing, is no limit
        return None
    derived = f"{factor:g} x the set's median {number_text(middle, quantity)}"
    return Bound(quantity=quantity, limit=factor * middle, derived=derived)


def _of_sigma(quantity: Quantity, factor: float, values: list[float]) -> Bound | str | None:
    if len(values) < LEAST_FOR_SIGMA:
        return _too_few(quantity, values, LEAST_FOR_SIGMA, f"{factor:g} sigma of the set")
    middle = median(values)
    sigma = _NORMAL * median(abs(value - middle) for value in values)
    if sigma == 0:  # half of them are alike: there is no scatter to measure by
        return None
    way = -1.0 if quantity.bad_is == "low" else 1.0
    return Bound(
        quantity=quantity, limit=middle + way * factor * sigma, derived=f"{factor:g} sigma of the set"
    )


def _too_few(quantity: Quantity, values: list[float], least: int, limit: str) -> str:
    return f"{named(quantity)}: {len(values)} of the {least} values that {limit} is reckoned from"


def named(quantity: Quantity) -> str:
    """`HFR`, and `measured HFR` for what two witnesses speak of."""
    return f"measured {quantity.words}" if quantity.name.endswith("_measured") else quantity.words


def number_text(value: float, quantity: Quantity, *, more_digits: int = 0) -> str:
    """A value with the digits that make sense for it: `4.6`, `2.0`, `2.31`, `1,234`."""
    digits = quantity.digits + more_digits
    text = f"{value:,.{digits}f}"
    while digits > 1 and text.endswith("0") and not text.endswith(".0"):
        text = text[:-1]
    return text.replace("-", "−")


def pair_text(value: float, limit: float, quantity: Quantity) -> tuple[str, str]:
    """Value and limit, with as many digits as it takes to see that they differ."""
    pairs = (
        tuple(number_text(one, quantity, more_digits=more) for one in (value, limit)) for more in range(7)
    )
    first, second = next((pair for pair in pairs if pair[0] != pair[1]), (f"{value!r}", f"{limit!r}"))
    return first, second
