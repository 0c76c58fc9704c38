"""What a backup costs, in words and rows: one line a storage class, sentences for what stands behind the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.model.answers import Figure
from pipeline.model.prices import GB_BYTES, ClassPrices, PriceTable, Region
from pipeline.rules.backup_costs import Bill, Load, bill, choose_shape, early_deletion
from pipeline.rules.retrieval_costs import Retrieval, hours_words, retrieval
from pipeline.rules.spoken import counted, sized

COLUMNS = ("class", "a month", "upload", "first year", "all of it back", "comes back", "as")


def class_cost(region: Region, prices: ClassPrices, size_bytes: int, frames: int) -> dict[str, Any]:
    """Every figure of one class, as programs read it."""
    shape = choose_shape(region, prices, size_bytes, frames)
    paid = bill(region, prices, Load(size_bytes=size_bytes, objects=shape.objects))
    back = [
        retrieval(region, prices, size_bytes, shape.objects, tier)
        for tier in ([one.name for one in prices.tiers] or [""])
    ]
    return {
        "class": prices.name,
        "region": region.name,
        "bytes": size_bytes,
        "frames": frames,
        "objects": shape.objects,
        "packed": shape.packed,
        "why": shape.why,
        **_paid(paid),
        "packs_first_year": _cents(shape.packs_year),
        "frames_first_year": _cents(shape.frames_year),
        "least_days": prices.least_days or 0,
        "deleted_after_a_month": _cents(early_deletion(prices, size_bytes, 30)),
        "back": [_back(one) for one in back],
    }


def cost_row(cost: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table: the cheapest way back."""
    back = min(cost["back"], key=lambda one: one["total"])
    return {
        "class": cost["class"],
        "a month": Figure(f"{cost['month']:,.2f}"),
        "upload": Figure(f"{cost['upload']:,.2f}"),
        "first year": Figure(f"{cost['first_year']:,.2f}"),
        "all of it back": Figure(f"{back['total']:,.2f}"),
        "comes back": hours_words(back["hours"]),
        "as": f"{counted(cost['objects'], 'pack')}" if cost["packed"] else "an object a frame",
    }


def class_sentences(cost: Mapping[str, Any], currency: str) -> Iterator[str]:
    """What one class costs, line by line."""
    yield f"Storage    {cost['storage_month']:,.2f} {currency} a month" + _added(cost, currency)
    yield f"Upload     {cost['upload']:,.2f} {currency} once, {counted(cost['objects'], 'object')}"
    yield f"First year {cost['first_year']:,.2f} {currency}"
    yield f"Why so     {cost['why']}"
    if cost["least_days"]:
        yield (
            f"Stay       {cost['least_days']} days are paid at least: deleting all of it after 30 would cost "
            f"{cost['deleted_after_a_month']:,.2f} {currency}"
        )
    for one in cost["back"]:
        how = f"{one['tier']}, " if one["tier"] else ""
        yield (
            f"Back       {one['total']:,.2f} {currency}, {how}{hours_words(one['hours'])}: "
            f"asking {one['asking']:,.2f}, reading {one['reading']:,.2f}, leaving {one['egress']:,.2f}"
        )


def basis(table: PriceTable, region: Region, size_bytes: int, frames: int) -> str:
    """What the figures are computed for."""
    return (
        f"{_amount(size_bytes)} in {counted(frames, 'frame')}, {table.provider} {region.name}"
        f"{f' ({region.place})' if region.place else ''}, in {table.currency} without tax."
    )


def _amount(size_bytes: int) -> str:
    """As Amazon counts GB; less than a tenth of one as a person does."""
    gb = size_bytes / GB_BYTES
    return f"{gb:,.1f} GB" if gb >= 0.1 else sized(size_bytes)


def sources(table: PriceTable, region: Region) -> Iterator[str]:
    """Where the prices are from, and what is less than certain about them."""
    yield f"Prices as of {table.as_of.isoformat()}: {table.source}."
    if region.note:
        yield f"{region.name}: {region.note}."
    yield "Compressed frames take less; this counts them as they are. Sizes are of 1,073,741,824 bytes a GB."


def _paid(paid: Bill) -> dict[str, float]:
    return {
        "storage_month": _cents(paid.storage_month),
        "added_month": _cents(paid.added_month),
        "month": _cents(paid.month),
        "upload": _cents(paid.upload),
        "first_year": _cents(paid.first_year),
    }


def _back(one: Retrieval) -> dict[str, Any]:
    return {
        "tier": one.tier,
        "hours": one.hours,
        "asking": _cents(one.asking),
        "reading": _cents(one.reading),
        "egress": _cents(one.egress),
        "total": _cents(one.total),
    }


def _added(cost: Mapping[str, Any], currency: str) -> str:
    return (
        f", and {cost['added_month']:,.4f} {currency} for what the class adds" if cost["added_month"] else ""
    )


def _cents(amount: float) -> float:
    """Four decimals: a hundredth of a cent is the last that means anything."""
    return round(amount, 4)
