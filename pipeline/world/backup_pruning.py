"""Packs nothing asks for taken out of a bucket: the index first, then the pack, then its line in the receipt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.model.backup import Receipt
from pipeline.rules.backup_keys import INDEX, PACKS, home_of
from pipeline.rules.backup_pruning import Prunable, There
from pipeline.world.receipts import renew
from pipeline.world.s3 import Bucket


def objects_there(bucket: Bucket) -> dict[str, There]:
    """Every pack and every index in the bucket."""
    found: dict[str, There] = {}
    with bucket.speaking():
        for below in (PACKS, INDEX):
            pages = bucket.client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket.place.bucket, Prefix=f"{bucket.root}{below}/"
            )
            for page in pages:
                for one in page.get("Contents", ()):
                    found[one["Key"].removeprefix(bucket.root)] = There(
                        size=one["Size"],
                        modified=one["LastModified"],
                        storage_class=one.get("StorageClass", "STANDARD"),
                    )
    return found


def delete_pack(root: Path, bucket: Bucket, going: Prunable) -> None:
    """Take one away, and out of its receipt."""
    for key in going.keys:
        bucket.delete(key)
    home = home_of(going.key)
    if home is not None and going.key.startswith(f"{PACKS}/"):
        renew(root, home, lambda receipt: _without(receipt, going.key))


def _without(receipt: Receipt, key: str) -> Receipt:
    """Not as broken: what was in it is not to be sent again."""
    return replace(
        receipt,
        packs=tuple(one for one in receipt.packs if one.key != key),
        broken=tuple(one for one in receipt.broken if one != key),
    )
