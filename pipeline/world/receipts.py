"""Receipts: what the bucket has of each night, as it lies in `_Backup`; made from what was sent, or from the bucket.

_Backup/<owner>/DATE_<night>.json     _Backup/_shelves/masters.json
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.model.backup import Pack, Receipt
from pipeline.rules.backup_keys import BACKUP, receipt_file
from pipeline.rules.backup_packs import read_receipt as receipt_of
from pipeline.rules.backup_packs import receipt_bytes
from pipeline.world.files import make_folder, replace_if_different, require_inside


def read_receipt(root: Path, home: str) -> Receipt:
    """The receipt of a home; an empty one where there is none."""
    try:
        return receipt_of((root / receipt_file(home)).read_bytes(), home)
    except FileNotFoundError:
        return Receipt(home=home)


def write_receipt(root: Path, receipt: Receipt) -> bool:
    """Write it where it differs from what lies there; True when it did."""
    path = root / receipt_file(receipt.home)
    require_inside(root, path)
    make_folder(path.parent)
    return replace_if_different(path, receipt_bytes(receipt))


def homes(root: Path) -> list[str]:
    """Every home of which there is a receipt."""
    folder = root / BACKUP
    return sorted(
        path.relative_to(folder).as_posix().removesuffix(".json") for path in folder.glob("*/*.json")
    )


def all_receipts(root: Path) -> Iterator[Receipt]:
    """Every receipt, home by home."""
    return (read_receipt(root, home) for home in homes(root))


def with_pack(receipt: Receipt, pack: Pack) -> Receipt:
    """The receipt once this pack is in the bucket, whole."""
    others = tuple(one for one in receipt.packs if one.key != pack.key)
    packs = tuple(sorted((*others, pack), key=lambda one: one.key))
    return replace(receipt, packs=packs, broken=tuple(key for key in receipt.broken if key != pack.key))


def without_packs(receipt: Receipt, keys: Iterable[str]) -> Receipt:
    """The receipt once these packs turned out damaged: what was in them is to be sent again."""
    bad = set(keys)
    kept = tuple(one for one in receipt.packs if one.key not in bad)
    return replace(receipt, packs=kept, broken=tuple(sorted(bad | set(receipt.broken))))


def renew(root: Path, home: str, change: Callable[[Receipt], Receipt]) -> Receipt:
    """Read, change, write."""
    receipt = change(read_receipt(root, home))
    write_receipt(root, receipt)
    return receipt
