"""Which frame stands for its set on the pages, and what its picture is called."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.model.catalog import FrameRow, SetRow
from pipeline.rules.escape import escape, shorten
from pipeline.rules.report_sums import LOST, kept_of
from pipeline.rules.report_words import filter_sign

_SHARPNESS = ("hfr", "hfr_measured")
_TELLING = {"L": 2, "Ha": 1}
"""Filters that show most of a target."""


def picture_name(row: SetRow) -> str:
    """`2026-01-14 M31 L 300 s~1a2b3c4d.jpg`: legible, and never that of another set."""
    told = f"{row['night']} {row['label']}"
    digest = hashlib.sha256(row["id"].encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{shorten(escape(told), 60)}~{digest}.jpg"


def best_frame(frames: Sequence[FrameRow]) -> FrameRow | None:
    """The sharpest that was kept; where nobody measured it, the first."""
    kept = [one for one in frames if one["state"] not in LOST and one.get("fate") != "suspect"] or list(
        frames
    )
    told = Counter(name for one in kept for name in _SHARPNESS if name in one.get("values", {}))
    name = max(told, key=lambda one: (told[one], one), default="")
    far = float("inf")
    return min(kept, key=lambda one: (one.get("values", {}).get(name, far), one["stored"]), default=None)


def best_without(rows: Iterable[SetRow]) -> SetRow | None:
    """The set a picture is drawn of where a target has none: what shows most of it, the latest of equals."""
    return max(
        rows,
        key=lambda row: (
            _TELLING.get(filter_sign(row.get("filter", "")), 0),
            kept_of(row),
            row["night"],
            row["id"],
        ),
        default=None,
    )
