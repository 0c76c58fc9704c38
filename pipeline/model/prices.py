"""What keeping bytes elsewhere costs: a dated price table (`rigs/prices/*.toml`), its regions, classes and tiers.

A GB here is 1,073,741,824 bytes, as storage services bill it; a KB is 1,024.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pipeline.model.bounds import Between, Count, Name
from pipeline.model.rigs import also

GB_BYTES = 1 << 30
KB_BYTES = 1 << 10

Money = Annotated[float, Between(0, 1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One speed at which archived objects are brought back."""

    name: Name
    """`Expedited`, `Standard` or `Bulk`."""
    gb: Money = 0.0
    """For each GB brought back."""
    requests_1000: Money = 0.0
    """For each thousand objects asked for."""
    hours: Annotated[float, Between(0, 1000)]
    """The longest it usually takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPrices:
    """What one storage class costs."""

    name: Name
    """As the API writes it: `STANDARD`, `GLACIER`, `DEEP_ARCHIVE`."""
    storage_gb_month: Money
    put_1000: Money = 0.0
    """For a thousand objects put, copied or moved into the class."""
    get_1000: Money = 0.0
    retrieval_gb: Money = 0.0
    """For each GB read, where reading needs no asking first."""
    least_days: Count | None = None
    """The shortest time that is paid for; what is deleted earlier is paid until then."""
    least_kb: Count | None = None
    """The smallest object that is paid for."""
    archive_kb: Annotated[float, Between(0, 10_000)] = 0.0
    """Added to each object, at the class's own rate."""
    index_kb: Annotated[float, Between(0, 10_000)] = 0.0
    """Added to each object, at the rate of STANDARD."""
    tiers: tuple[Tier, ...] = field(default=(), metadata=also("tier"))
    """The speeds at which objects come back; none: they are read at once."""

    @property
    def is_archive(self) -> bool:
        """True when objects have to be asked for before they can be read."""
        return bool(self.tiers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """What one region asks."""

    name: Name
    place: str = ""
    note: str = ""
    """What is less than certain about its figures."""
    egress_gb: Money = 0.0
    """For each GB that leaves the service."""
    egress_free_gb: Money = 0.0
    """GB a month that leave for nothing."""
    classes: tuple[ClassPrices, ...] = field(default=(), metadata=also("class"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """A dated price table."""

    provider: Name
    as_of: date
    currency: Name
    source: Name
    regions: tuple[Region, ...] = field(metadata=also("region"))
    file: str = ""
    """Where it was read from."""
