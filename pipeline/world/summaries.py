"""The ledger in outline, kept between runs (world/outlines): what planning asks of a night without reading a line."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.model.served import Lack
from pipeline.model.summaries import Marks, Names, NightSummary
from pipeline.rules.outline import Outline
from pipeline.rules.summaries import VERSION, summarise
from pipeline.world import journals
from pipeline.world.outlines import REST_NS, Outlined, read_outlined

FILE = "ledger.json"
_latest: dict[str, tuple[Mapping[str, journals.Look], Outline]] = {}
"""What was read last in this process: a catalogue asks for it at each adopted night."""


def read_outline(library: Path, state: Path | None, *, remember: bool = True) -> Outline:
    """The outline of a library's ledger.

    Args:
        library: Its root.
        state: Where caches lie; None: every journal is read.
        remember: False: nothing is written.
    """
    looks = dict(journals.looks_below(library, "_Ledger"))
    kept = _latest.get(str(library))
    if kept is not None and kept[0] == looks and not remember:
        return kept[1]
    now_ns = time.time_ns()
    outline = Outline(read_outlined(library, looks, state, _OUTLINED, remember=remember))
    _latest.clear()
    if all(now_ns - mtime_ns >= REST_NS for _, mtime_ns in looks.values()):
        _latest[str(library)] = looks, outline
    return outline


def _made(journal: Path) -> tuple[NightSummary, bool]:
    return summarise(journals.read(journal).records), True


def _loaded(plain: dict[str, Any]) -> NightSummary:
    return NightSummary(
        nights=tuple(Marks(**one) for one in plain["nights"]),
        homes=plain["homes"],
        targets=plain["targets"],
        their_targets=plain["their_targets"],
        lying=tuple(map(tuple, plain["lying"])),
        names={inbox: Names(**columns) for inbox, columns in plain["names"].items()},
        unsettled=plain["unsettled"],
        unoffered=plain["unoffered"],
        states=plain["states"],
        leaves=tuple(plain["leaves"]),
        written_off=tuple(map(tuple, plain["written_off"])),
        views=plain["views"],
        lacks=tuple(Lack(**one) for one in plain["lacks"]),
        calibration=tuple(map(tuple, plain["calibration"])),
        copies=tuple(map(tuple, plain["copies"])),
        adopted=plain["adopted"],
        latest=plain["latest"],
    )


_OUTLINED = Outlined(file=FILE, version=VERSION, make=_made, load=_loaded)
