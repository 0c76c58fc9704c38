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
from dataclasses import dataclass, fields
from typing import Any

from pipeline.model.errors import UserError
from pipeline.model.measures import QUANTITIES, LevelMeasures
from pipeline.rules.frame_lines import LEVEL, FrameLine, nest_of
from pipeline.rules.question_names import advice, name_meant

FIELDS = (
    "exposure_s", "sensor_temp_c", "set_temp_c", "focuser_temp_c", "ambient_temp_c", "gain",
    "offset", "binning", "ra_deg", "dec_deg", "rotator_deg",
    "focal_ratio", "focal_length_mm", "size", "bytes", "frames", "lights", "accepted", "accepted_s", "calibrated",
    "nights", "sets", "wanted_s", "needed_s", "files", "latitude_deg", "longitude_deg",
)  # fmt: skip
"""Numbers of a row itself that may be limited, beside the quantities frames are judged by."""
LEVELS = tuple(f"{LEVEL}{one.name}" for one in fields(LevelMeasures))
"""What was measured of flats, darks and bias."""
_HOUR_S = 3600.0
_IN_HOURS = {"hours", "wanted", "needed"}
"""Words above columns of hours: a limit on them is one in hours, on `accepted_s` in seconds."""
_BY_NIGHT = "type --night, --from, --to or --year"
_WORDS = ("target", "panel", "filter", "rig", "optic", "camera", "site", "kind", "stage", "state", "master")
_OPTIONS = {
    **{name: f"type --{name}" for name in _WORDS},
    **dict.fromkeys(("night", "date", "year", "local", "utc"), _BY_NIGHT),
    "object": "type --target",
}  # fmt: skip
"""What is asked by an option of its own."""
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
    nest, inner = nest_of(name)
    near = (row.get(nest) or row.get("medians") or {}) if nest else row
    found = near.get(inner)
    if isinstance(found, list):
        return len(found)
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
    limits = condition(known_quantity(found[1]), found[2], f"--where {typed}")
    if found[1].casefold() in _IN_HOURS:
        return Condition(limits.name, tuple((sign, limit * _HOUR_S) for sign, limit in limits.limits))
    return limits


def known_quantity(typed: str) -> str:
    """The quantity or field a person means by a word, as columns are called; nothing else has limits."""
    known = (*QUANTITIES, *FIELDS, *LEVELS)
    name = name_meant(typed, known)
    if name is not None:
        return name
    if typed.casefold() in _OPTIONS:
        raise UserError(f'"{typed}" is no number; {_OPTIONS[typed.casefold()]}.')
    raise UserError(f'"{typed}" is no quantity that is kept; {advice(typed, known)}')


def condition(name: str, typed: str, option: str) -> Condition:
    """The limits a person typed for one quantity.

    Raises:
        UserError: They are none.
    """
    signed = _SIGNED.fullmatch(typed)
    if signed and signed[1] in {"=", "=="} and ".." in signed[2]:
        typed, signed = signed[2], None
    if signed:
        return Condition(name, ((signed[1].replace("==", "="), _number(signed[2], option)),))
    low, dots, high = typed.strip().partition("..")
    if not dots:
        return Condition(name, (("=", _number(low, option)),))
    bounds = ((">=", low), ("<=", high))
    limits = tuple((sign, _number(text, option)) for sign, text in bounds if text.strip())
    if not limits:
        raise UserError(f"{option}: {_EXAMPLE}.")
    if len(limits) > 1 and limits[0][1] > limits[1][1]:
        raise UserError(
            f"{option}: the range is the wrong way round; the lower end stands first: {high}..{low}."
        )
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
