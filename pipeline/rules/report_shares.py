"""The overview's tables: what each rig has done, and how much room its frames and folders take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pipeline.model.catalog import Catalog, OwnerTables
from pipeline.model.reports import Link
from pipeline.model.verdicts import State
from pipeline.rules.layout import BLINK, DATA, REJECT
from pipeline.rules.report_sums import EYES, hfr_words, lights, sum_of
from pipeline.rules.report_words import Column, hours, night_link, rig_link, some_hours
from pipeline.rules.spoken import sized

RIGS = (
    Column(name="Rig or camera"),
    Column(name="Nights", is_number=True),
    Column(name="Frames", is_number=True),
    Column(name="Hours kept", is_number=True),
    Column(name="Accepted", is_number=True),
    Column(name="For your eyes", is_number=True),
    Column(name="Usual HFR", is_number=True),
    Column(name="Last night", is_number=True),
)
_LIES_IN = {
    **dict.fromkeys(map(str, EYES), BLINK),
    State.ACCEPTED: DATA,
    State.MOVED_ON: "30 to 70",
    State.CULLED: REJECT,
    State.REJECTED: REJECT,
}
"""Where a person finds the frames in a state."""


def rig_rows(catalog: Catalog) -> tuple[tuple[Link, ...], ...]:
    """A row a rig or camera, rigs first."""
    rigs = sorted(catalog.owners.values(), key=lambda one: (not lights(one.sets), one.owner.casefold()))
    return tuple(map(_rig, rigs))


def _rig(tables: OwnerTables) -> tuple[Link, ...]:
    sky, nights = lights(tables.sets), {row["night"] for row in tables.sets}
    told = sum_of(sky)
    waits = sum_of(tables.sets).waiting
    return (
        rig_link(tables.owner),
        Link(text=f"{len(nights):,}"),
        Link(text=f"{sum_of(tables.sets).frames:,}"),
        Link(text=hours(told.kept_s) if sky else ""),
        Link(text=some_hours(told.accepted_s) if sky else ""),
        Link(text=f"{waits:,}" if waits else ""),
        Link(text=hfr_words(sky)),
        night_link(tables.owner, max(nights)) if nights else Link(text=""),
    )


def storage_columns(catalog: Catalog) -> tuple[Column, ...]:
    """`Stored`, and each stage folder in which something lies."""
    taken = map(_taken, catalog.owners.values())
    stages = (Column(name=stage, is_number=True) for stage in _stages(taken))
    return (Column(name="Rig or camera"), Column(name="Stored frames", is_number=True), *stages)


def storage_rows(catalog: Catalog) -> tuple[tuple[Link, ...], ...]:
    """A row a rig, and their sums. Names in 20_Data share their bytes with the stored frames where links work."""
    taken = {owner: _taken(tables) for owner, tables in catalog.owners.items()}
    stages, sums = _stages(taken.values()), defaultdict[str, int](int)
    for stage, size in (pair for one in taken.values() for pair in one.items()):
        sums[stage] += size
    rows = [(rig_link(owner), *_sizes(one, stages)) for owner, one in taken.items()]
    return (*rows, (Link(text="All"), *_sizes(sums, stages))) if len(rows) > 1 else tuple(rows)


def _sizes(taken: Mapping[str, int], stages: Sequence[str]) -> tuple[Link, ...]:
    return tuple(Link(text=sized(taken[one]) if taken.get(one) else "") for one in ("", *stages))


def _stages(taken: Iterable[Mapping[str, int]]) -> list[str]:
    return sorted({stage for one in taken for stage in one if stage})


def _taken(tables: OwnerTables) -> dict[str, int]:
    """Bytes by stage; the store's under the empty name. Frames of a set are as large as each other, near enough."""
    taken: dict[str, float] = defaultdict(float)
    for row in tables.sets:
        size = row.get("bytes", 0)
        taken[""] += size
        for state, number in row["states"].items():
            if state in _LIES_IN and row["frames"]:
                taken[_LIES_IN[state]] += size * number / row["frames"]
    for project in tables.projects:
        for place in project.get("places", ()):
            taken[str(place.get("stage", project["stage"]))] += int(place.get("bytes", 0))
    return {stage: round(size) for stage, size in taken.items() if size >= 1}
