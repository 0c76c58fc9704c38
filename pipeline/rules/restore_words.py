"""What a restore says: what would come back, for how much and when; what came back, and what did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.rules.backup_restoring import Chosen
from pipeline.rules.phrases import listed
from pipeline.rules.retrieval_costs import Retrieval, hours_words, together
from pipeline.rules.spoken import counted, sized

FEW = 10
"""More names than these are only counted."""


def coming_words(chosen: Chosen, where: str, there: int = 0) -> str:
    """`1,204 files, 61.0 GB (31.2 GB to download), to /mnt/astro.` in one line; `there`: what need not come."""
    lies = "lies" if there == 1 else "lie"
    if there and not chosen.wanted:
        return f"Nothing is to come: {counted(there, 'file')} of that size {lies} there already, in {where}."
    return (
        f"{counted(len(chosen.wanted), 'file')}, {sized(chosen.bytes)} "
        f"({sized(chosen.packed_bytes)} to download), to {where}"
        f"{f'; {there:,} more {lies} there already' if there else ''}."
    )


def cost_words(found: Sequence[Retrieval], currency: str, as_of: str, asleep: int) -> Iterator[str]:
    """Cost and hours, class by class and in sum."""
    if not found:
        yield "Cost: no prices are known of this service."
        if asleep:
            yield f"{counted(asleep, 'pack')} have to be asked for first; how long that takes is the service's affair."
        return
    cost, hours = together(found)
    yield f"Cost: about {cost:,.2f} {currency} (prices as of {as_of}); the first file {hours_words(hours)}."
    for one in found:
        how = f", {one.tier}" if one.tier else ""
        yield (
            f"    {one.storage_class}{how}: asking {one.asking:,.2f}, reading {one.reading:,.2f}, "
            f"leaving {one.egress:,.2f}"
        )


def not_coming_words(chosen: Chosen, lost: Sequence[str]) -> Iterator[str]:
    """What cannot be brought back, and why."""
    if chosen.unmatched:
        yield f"Nothing in the backup is called {listed(chosen.unmatched, last='or', quoted=True)}."
    if chosen.not_kept:
        yield f"{counted(len(chosen.not_kept), 'frame')} known, not kept: no backup has them."
    if chosen.beyond:
        yield (
            f"{counted(len(chosen.beyond), 'file')} {'was' if len(chosen.beyond) == 1 else 'were'} sent after these "
            "records were written; what comes back of that, `doit verify` names with what to do."
        )
    yield from named(
        chosen.altered, "kept only with other bytes than those first recorded, so not brought back"
    )
    yield from named(lost, "gone from the bucket")


def named(paths: Sequence[str], what: str) -> Iterator[str]:
    """A line a file where they are few, else their number."""
    if len(paths) > FEW:
        yield f"{counted(len(paths), 'file')}: {what}, the first of them {paths[0]}."
        return
    for path in paths:
        yield f"{path}: {what}."


def done_words(fates: Mapping[str, int], size_bytes: int) -> str:
    """`1,200 files brought back, 60.9 GB; 4 there already.` in one line."""
    brought = f"{counted(fates.get('brought back', 0), 'file')} brought back, {sized(size_bytes)}"
    there = fates.get("there already", 0)
    return f"{brought}; {counted(there, 'file')} there already." if there else f"{brought}."
