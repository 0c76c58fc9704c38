"""Receipts made anew from the bucket alone: what lies there, with its index beside it, as it was sent by all it says.

index/… ─▶ Pack ─the pack is there, whole?─▶ _Backup/<owner>/DATE_<night>.json

A pack that was found damaged stays so until it is sent anew: only reading it had shown that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pipeline.model.backup import Kept, Pack, Receipt
from pipeline.model.backup_policies import Backup
from pipeline.rules.backup_keys import INDEX, PACKS, home_of, pack_of_index
from pipeline.rules.backup_packs import read_index
from pipeline.world.backing_up import bucket_of
from pipeline.world.backup_checks import is_as_sent
from pipeline.world.library import OpenLibrary
from pipeline.world.receipts import homes, read_receipt, with_pack, without_packs, write_receipt
from pipeline.world.s3 import Bucket


@dataclass(slots=True)
class Rebuilt:
    """What came of it."""

    receipts: int = 0
    packs: int = 0
    files: int = 0
    troubles: list[str] = field(default_factory=list)


def rebuild(library: OpenLibrary, settings: Backup) -> Rebuilt:
    """Write every receipt anew; one whose packs are all gone becomes empty."""
    found: dict[str, Receipt] = {}
    done = Rebuilt()
    for bucket in buckets(library, settings):
        for pack in packs_in(bucket, done.troubles):
            home = home_of(pack.key) or ""
            found[home] = with_pack(found.get(home, Receipt(home=home)), pack)
    for home in sorted({*found, *homes(library.root)}):
        broken = read_receipt(library.root, home).broken
        receipt = found.get(home, Receipt(home=home))
        receipt = without_packs(receipt, broken) if broken else receipt
        if receipt != read_receipt(library.root, home):
            write_receipt(library.root, receipt)
        done.receipts += home in found
        done.packs += len(receipt.packs)
        done.files += len(receipt.members)
    return done


def buckets(library: OpenLibrary, settings: Backup) -> list[Bucket]:
    """Every place in which something of the library is kept."""
    kinds = {settings.place(kind): kind for kind in Kept if settings.of(kind).keep}
    return [bucket_of(library, settings, kind) for kind in kinds.values()]


def packs_in(bucket: Bucket, troubles: list[str]) -> list[Pack]:
    """The packs in a bucket that are there as their indexes say; a sentence for each other one."""
    sizes, found = bucket.sizes(f"{PACKS}/"), []
    for key in bucket.keys(f"{INDEX}/"):
        data = bucket.read_ours(key) if home_of(key) else None
        pack = read_index(data) if data is not None else None
        if pack is None or pack.key != pack_of_index(key):
            troubles.append(f"{key}: is no index of ours; left out")
        elif sizes.get(pack.key) != pack.size:
            there = sizes.get(pack.key)
            what = "is not there" if there is None else f"has {there:,} bytes, not {pack.size:,}"
            troubles.append(f"{pack.key}: {what}; left out, so the next backup sends its frames again")
        elif not is_as_sent(bucket, pack):
            troubles.append(
                f"{pack.key}: is another object than the one that was sent; left out, so the next backup sends its "
                "frames again"
            )
        else:
            found.append(replace(pack, place=bucket.place.text))
    return found
