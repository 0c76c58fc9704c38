"""What a backup costs: storage, requests, the archives' added bytes, the shortest stay, bringing it back, egress.

    Load (bytes, objects, puts) + ClassPrices ─▶ Bill: upload, a month, the first year, an early deletion
    one pack of a GB, or an object a frame: both are billed, and the cheaper is taken, with the reason in a sentence

A pack saves requests and added bytes; it never gives back the room of a frame that was given up, since packs are not
rewritten. Which weighs more depends on the class and on how large a frame is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.model.errors import UserError
from pipeline.model.prices import GB_BYTES, KB_BYTES, ClassPrices, PriceTable, Region
from pipeline.rules.phrases import listed, meant
from pipeline.rules.spoken import sized

REGION = "us-east-1"
"""Whose prices are taken where nobody named a region."""
PACK_BYTES = GB_BYTES
"""How large a pack grows where nothing else was asked for."""
PART_BYTES = 32 << 20
"""How large the parts are in which an object goes up: a frame of 26 megapixels, packed, is one."""
GIVEN_UP_SHARE = 0.05
"""The share of frames a person gives up in a year, taken for what packs waste."""
MONTHS = 12
_MONTH_DAYS = 30.0
_SPOKEN = {
    "GLACIER_FLEXIBLE": "GLACIER",
    "GLACIER_FLEXIBLE_RETRIEVAL": "GLACIER",
    "GLACIER_INSTANT_RETRIEVAL": "GLACIER_IR",
    "GLACIER_DEEP_ARCHIVE": "DEEP_ARCHIVE",
}
"""What price lists call the classes, to what the API does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is put into one class."""

    size_bytes: int
    objects: int
    part_bytes: int = PART_BYTES

    @property
    def parts(self) -> int:
        """Requests beside the one that makes each object: of objects that go up in parts."""
        each = self.size_bytes / self.objects if self.objects else 0.0
        return self.objects * (math.ceil(each / self.part_bytes) + 1) if each > self.part_bytes else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a load costs in a class."""

    upload: float
    """Once: the requests."""
    storage_month: float
    """The bytes themselves, each month."""
    added_month: float
    """The bytes the class adds to each object, and the smallest size it bills."""

    @property
    def month(self) -> float:
        """All that is paid each month."""
        return self.storage_month + self.added_month

    @property
    def first_year(self) -> float:
        """The upload and twelve months, as if all were put on the first day."""
        return self.upload + MONTHS * self.month


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How frames are put: packed or one by one, and why."""

    packed: bool
    objects: int
    packs_year: float
    """The first year in packs, with the room given-up frames keep there."""
    frames_year: float
    """The first year with an object a frame."""
    why: str


def region_of(table: PriceTable, name: str) -> Region:
    """The region of this name; UserError names those there are."""
    for region in table.regions:
        if region.name == name:
            return region
    raise UserError(f"{name}: no prices are known; {meant(name, [one.name for one in table.regions])}")


def class_of(region: Region, name: str) -> ClassPrices:
    """The class of this name; UserError names those there are."""
    word = name.strip().upper().replace("-", "_")
    for one in region.classes:
        if one.name == _SPOKEN.get(word, word):
            return one
    known = [one.name for one in region.classes]
    raise UserError(f"{name}: no storage class with a known price; {region.name} has {listed(known)}.")


def bill(region: Region, prices: ClassPrices, load: Load) -> Bill:
    """What a load costs in a class."""
    standard = _standard(region, prices)
    parts_at = standard.put_1000 if prices.is_archive else prices.put_1000
    archived = load.objects * prices.archive_kb * KB_BYTES / GB_BYTES * prices.storage_gb_month
    indexed = load.objects * prices.index_kb * KB_BYTES / GB_BYTES * standard.storage_gb_month
    return Bill(
        upload=(load.objects * prices.put_1000 + load.parts * parts_at) / 1000,
        storage_month=load.size_bytes / GB_BYTES * prices.storage_gb_month,
        added_month=archived + indexed + _small(prices, load),
    )


def early_deletion(prices: ClassPrices, size_bytes: int, stayed_days: float) -> float:
    """What is still paid for bytes deleted after so many days."""
    left_days = max((prices.least_days or 0) - stayed_days, 0.0)
    return size_bytes / GB_BYTES * prices.storage_gb_month * left_days / _MONTH_DAYS


def choose_shape(
    region: Region, prices: ClassPrices, size_bytes: int, frames: int, pack_bytes: int = PACK_BYTES
) -> Shape:
    """Packs or an object a frame: whichever is cheaper in the first year."""
    packs = max(math.ceil(size_bytes / pack_bytes), 1) if size_bytes else 0
    wasted = size_bytes / GB_BYTES * prices.storage_gb_month * _saved_months(prices) * GIVEN_UP_SHARE
    beside = _standard(region, prices).put_1000 / 1000  # each object has an index beside it, in STANDARD
    in_packs = bill(region, prices, Load(size_bytes=size_bytes, objects=packs))
    in_frames = bill(region, prices, Load(size_bytes=size_bytes, objects=frames))
    packs_year = in_packs.first_year + packs * beside + wasted
    frames_year = in_frames.first_year + frames * beside
    packed = packs < frames and packs_year <= frames_year
    return Shape(
        packed=packed,
        objects=packs if packed else frames,
        packs_year=packs_year,
        frames_year=frames_year,
        why=_why(prices, size_bytes / frames if frames else 0.0, packed, packs_year, frames_year),
    )


def first_year(bills: Iterable[Bill]) -> float:
    """The first year of several loads together."""
    return sum(one.first_year for one in bills)


def _saved_months(prices: ClassPrices) -> float:
    """Months of a year that are not paid for a frame given up at half of it."""
    return MONTHS - max(MONTHS / 2, (prices.least_days or 0) / _MONTH_DAYS)


def _small(prices: ClassPrices, load: Load) -> float:
    """What objects below the smallest billed size cost beyond their own."""
    lacking = (prices.least_kb or 0) * KB_BYTES * load.objects - load.size_bytes
    return max(lacking, 0) / GB_BYTES * prices.storage_gb_month


def _standard(region: Region, prices: ClassPrices) -> ClassPrices:
    """STANDARD bills the parts of archived objects and their index."""
    return next((one for one in region.classes if one.name == "STANDARD"), prices)


def _why(prices: ClassPrices, frame_bytes: float, packed: bool, packs_year: float, frames_year: float) -> str:
    """One sentence."""
    costs = f"{packs_year:,.2f} a year in packs, {frames_year:,.2f} with an object a frame"
    frame = f"frames of {sized(frame_bytes)} in {prices.name}"
    if packed:
        return (
            f"{frame}: packed, since requests and the bytes added to each object outweigh the room ({costs})"
        )
    return (
        f"{frame}: an object a frame, since a pack keeps the room of frames given up and that outweighs "
        f"the requests ({costs})"
    )
