"""What bringing a backup back costs, and how long it takes: the tiers of archives, requests, egress.

Objects of archived classes are asked for first; they then lie beside the archive as STANDARD for some days, are read,
and leave the service. What is read at once costs its requests, its retrieval rate and the egress.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.model.errors import UserError
from pipeline.model.prices import GB_BYTES, ClassPrices, Region, Tier
from pipeline.rules.phrases import listed

STAY_DAYS = 7
"""How long objects stay readable once they were brought back."""
TIERS = ("Bulk", "Standard", "Expedited")
"""From the slowest and cheapest to the fastest."""
_MONTH_DAYS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What bringing objects of one class back costs."""

    storage_class: str
    tier: str = ""
    """Empty: nothing has to be asked for."""
    hours: float = 0.0
    """The longest it usually takes until all can be read."""
    objects: int = 0
    size_bytes: int = 0
    asking: float = 0.0
    """The requests and the GB of the tier, and the days as STANDARD."""
    reading: float = 0.0
    egress: float = 0.0

    @property
    def total(self) -> float:
        """All of it."""
        return self.asking + self.reading + self.egress


def retrieval(
    region: Region, prices: ClassPrices, size_bytes: int, objects: int, tier: str = "", days: int = STAY_DAYS
) -> Retrieval:
    """What it costs to have these objects back.

    Args:
        region: Where they lie.
        prices: Of their class.
        size_bytes: Of all of them.
        objects: How many.
        tier: `Bulk`, `Standard` or `Expedited`; empty: the cheapest the class has.
        days: How long they stay readable.
    """
    gb = size_bytes / GB_BYTES
    chosen = tier_of(prices, tier) if prices.is_archive else None
    standard = next((one.storage_gb_month for one in region.classes if one.name == "STANDARD"), 0.0)
    asking = 0.0
    if chosen is not None:
        asking = gb * chosen.gb + objects * chosen.requests_1000 / 1000 + gb * standard * days / _MONTH_DAYS
    return Retrieval(
        storage_class=prices.name,
        tier=chosen.name if chosen else "",
        hours=chosen.hours if chosen else 0.0,
        objects=objects,
        size_bytes=size_bytes,
        asking=asking,
        reading=gb * prices.retrieval_gb + objects * prices.get_1000 / 1000,
        egress=max(gb - region.egress_free_gb, 0.0) * region.egress_gb,
    )


def tier_of(prices: ClassPrices, name: str = "") -> Tier:
    """The tier of this name, the cheapest where none is named; UserError where the class lacks it."""
    for tier in prices.tiers:
        if tier.name.casefold() == name.casefold():
            return tier
    if name:
        known = listed([tier.name for tier in prices.tiers], last="or")
        raise UserError(f"{prices.name} has no tier {name}; it comes back by {known}.")
    return min(prices.tiers, key=lambda tier: (tier.gb, tier.requests_1000))


def together(found: Iterable[Retrieval]) -> tuple[float, float]:
    """Cost and hours of several classes, asked for at the same time."""
    each = list(found)
    return sum(one.total for one in each), max((one.hours for one in each), default=0.0)


def hours_words(hours: float) -> str:
    """`at once`, `within 6 min`, `within 48 h`."""
    if not hours:
        return "at once"
    return f"within {hours:g} h" if hours >= 1 else f"within {round(hours * 60)} min"
