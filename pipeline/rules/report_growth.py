"""How a library grows: hours kept, month by month; of its first month, night by night."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model.catalog import SetRow
from pipeline.rules.report_charts import Chart, columns
from pipeline.rules.report_sums import by, sum_of
from pipeline.rules.report_words import hours, month

_MOST = 60
"""Columns: five years of months."""


def growth(sky: Sequence[SetRow]) -> Chart | None:
    """Hours kept of lights; None where there is nothing to compare."""
    months = by(sky, lambda row: row["night"][:7])
    if len(months) < 2:
        nights = by(sky, lambda row: row["night"])
        amounts = {night: _hours(rows) for night, rows in nights.items()}
        return columns(amounts, "Hours kept, night by night", _word, _axis)
    kept = {key: _hours(months.get(key, ())) for key in _all_months(months)}
    latest = dict(list(kept.items())[-_MOST:])
    return columns(latest, "Hours kept, month by month", _word, _axis, lambda key: month(f"{key}-01"))


def _hours(rows: Sequence[SetRow]) -> float:
    return sum_of(rows).kept_s / 3600


def _word(number: float) -> str:
    return hours(number * 3600)


def _axis(number: float) -> str:
    return f"{number:.3g} h"


def _all_months(known: Sequence[str] | dict[str, list[SetRow]]) -> list[str]:
    """From the first to the last, those in which nothing was shot as well."""
    first, last = (int(key[:4]) * 12 + int(key[5:7]) - 1 for key in (min(known), max(known)))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1)]
