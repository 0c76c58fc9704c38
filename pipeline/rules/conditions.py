"""Limits on numbers as a person types them: `hfr<2.5`, or without signs a shell would take, `--hfr ..2.5`.

    2.5         that number (exposures by it: 300 is 300.0)
    1.5..2.5    between the two, both included;  ..2.5 at most,  1.5.. at least
    <2.5 <=2.5 >2.5 >=2.5 =2.5
    hfr<2.5     the same in one word, for --where

A row that lacks the number is never within limits.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.model.errors import UserError
from pipeline.model.measures import QUANTITIES
from pipeline.rules.frame_lines import FrameLine
from pipeline.rules.phrases import nearest

FIELDS = (
    "exposure_s", "sensor_temp_c", "set_temp_c", "gain", "offset", "binning", "ra_deg", "dec_deg", "rotator_deg",
    "focal_ratio", "focal_length_mm", "frames", "accepted", "accepted_s", "size", "bytes",
)  # fmt: skip
"""Numbers of a row itself that may be limited, beside the quantities frames are judged by."""
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": lambda value, limit: math.isclose(value, limit, rel_tol=1e-6, abs_tol=1e-9),
}
_SIGNED = re.compile(r"\s*(<=|>=|<|>|==?)\s*(\S+)\s*")
_WHOLE = re.compile(r"\s*([A-Za-z_][A-Za-z_0-9-]*)\s*((?:<=|>=|<|>|==?).*)")
_EXAMPLE = "expected a number, a range such as 1.5..2.5, ..2.5 or 1.5.., or '<2.5' in quotes"


@dataclass(frozen=True, slots=True)
class Condition:
    """One quantity or field held against one or two limits."""

    name: str
    limits: tuple[tuple[str, float], ...]
    """Sign and number, each of which must be so."""

    def test(self, row: Mapping[str, Any]) -> bool:
        """True when the row has the number, and it is within the limits."""
        value = number_of(row, self.name)
        return value is not None and all(_SIGNS[sign](value, limit) for sign, limit in self.limits)


def number_of(row: Mapping[str, Any], name: str) -> float | None:
    """A quantity of a frame, or of a set its median; a number of the row itself; None where it is not there."""
    if isinstance(row, FrameLine):
        return row.number(name)
    near = (row.get("values") or row.get("medians") or {}) if name in QUANTITIES else row
    found = near.get(name)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def conditions_of(typed: str) -> Condition:
    """`hfr<2.5` as a condition.

    Raises:
        UserError: It is none, or speaks of something that is not measured.
    """
    found = _WHOLE.fullmatch(typed)
    if not found:
        raise UserError(
            f"--where {typed}: expected a quantity, a sign and a number, such as 'hfr<2.5' (in quotes)."
        )
    return condition(known_quantity(found[1]), found[2], f"--where {typed}")


def known_quantity(typed: str) -> str:
    """The quantity or field a person means by a word; dashes and letter case make no difference."""
    name = typed.replace("-", "_").casefold()
    known = (*QUANTITIES, *FIELDS)
    if name in known:
        return name
    close = nearest(name, known)
    advice = f'did you mean "{close}"?' if close else f"known: {', '.join(known)}."
    raise UserError(f'"{typed}" is no quantity that is kept; {advice}')


def condition(name: str, typed: str, option: str) -> Condition:
    """The limits a person typed for one quantity.

    Raises:
        UserError: They are none.
    """
    if signed := _SIGNED.fullmatch(typed):
        return Condition(name, ((signed[1].replace("==", "="), _number(signed[2], option)),))
    low, dots, high = typed.strip().partition("..")
    if not dots:
        return Condition(name, (("=", _number(low, option)),))
    bounds = ((">=", low), ("<=", high))
    limits = tuple((sign, _number(text, option)) for sign, text in bounds if text.strip())
    if not limits:
        raise UserError(f"{option}: {_EXAMPLE}.")
    return Condition(name, limits)


def _number(text: str, option: str) -> float:
    try:
        value = float(
            text.strip().removesuffix("s") if text.strip()[:-1].replace(".", "").isdigit() else text
        )
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{option}: {_EXAMPLE}.")
    return value
