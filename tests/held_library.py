"""Receipts written by hand, as if a bucket had these files: what stands upon the backup is tested without a server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pipeline.model.backup import Kept, Member, Pack, Receipt
from pipeline.model.backup_policies import Backup
from pipeline.rules.addresses import read_address
from pipeline.rules.backup_keys import night_home, pack_key, shelf_home
from pipeline.rules.backup_wanted import kind_of_frame
from pipeline.world import ledger as ledgers
from pipeline.world.receipts import read_receipt, with_pack, write_receipt

SETTINGS = Backup(enabled=True, bucket="nights", endpoint_url="http://127.0.0.1:1")
TOML = '[backup]\nenabled = true\nbucket = "nights"\nendpoint_url = "http://127.0.0.1:1"\n'
"""The same in library.toml; nothing answers there."""
MASTERS = shelf_home("masters")


def member(path: str, sha256: str, size: int = 10, mtime_ns: int = 5) -> Member:
    """A file in a pack."""
    return Member(
        path=path, size=size, mtime_ns=mtime_ns, sha256=sha256, codec="none", at=0, packed=max(size // 2, 1)
    )


def pack(home: str, kind: Kept, members: Iterable[Member], settings: Backup = SETTINGS) -> Pack:
    """A pack of these, as if it lay where files of its kind go."""
    members = tuple(members)
    sha256 = hashlib.sha256(repr(members).encode()).hexdigest()
    return Pack(
        key=pack_key(home, kind, sha256),
        kind=kind,
        size=sum(one.packed for one in members) + 1024,
        sha256=sha256,
        storage_class=settings.class_of(kind),
        place=settings.place(kind).text,
        members=members,
    )


def hold(root: Path, stored: Iterable[str], settings: Backup = SETTINGS) -> list[Receipt]:
    """Note in the receipts of their nights that the bucket has these stored frames."""
    known, homes = ledgers.read(root).stored, dict[tuple[str, Kept], list[Member]]()
    for path in stored:
        fact, address = known[path], read_address(path)
        assert address is not None and address.night is not None and fact.sha256, path
        home = night_home(address.owner, address.night)
        one = member(path, fact.sha256, fact.size, fact.mtime_ns)
        homes.setdefault((home, kind_of_frame(address.kind)), []).append(one)
    return [_note(root, pack(home, kind, found, settings)) for (home, kind), found in homes.items()]


def hold_masters(root: Path, paths: Iterable[str], settings: Backup = SETTINGS) -> Receipt:
    """The same of masters, by what lies there."""
    found = []
    for path in paths:
        data, seen = (root / path).read_bytes(), (root / path).stat()
        found.append(member(path, hashlib.sha256(data).hexdigest(), seen.st_size, seen.st_mtime_ns))
    return _note(root, pack(MASTERS, Kept.MASTERS, found, settings))


def _note(root: Path, one: Pack) -> Receipt:
    home = one.key.removeprefix("packs/").rpartition("/")[0]
    receipt = with_pack(read_receipt(root, home), one)
    write_receipt(root, receipt)
    return receipt
