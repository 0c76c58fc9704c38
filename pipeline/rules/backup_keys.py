"""Where everything lies in the bucket, and the receipts in the library: the only joiner of these paths.

    <prefix>/<library>/packs/<owner>/DATE_2026-01-14/lights-0123….tar       the pack
    <prefix>/<library>/index/<owner>/DATE_2026-01-14/lights-0123….json      what is in it, readable without a restore
    <prefix>/<library>/records/20260115T091200Z-89ab….tar.zst               ledger, decisions, rig files, links ...

    _Backup/<owner>/DATE_2026-01-14.json       the receipt        _Backup/_shelves/masters.json

A pack is called after its own bytes: it is never written anew with others, and two computers never mix theirs.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from pipeline.model.backup import Kept
from pipeline.rules.escape import escape, shorten
from pipeline.rules.layout import night_part
from pipeline.rules.ledger import owner_part

BACKUP = "_Backup"
PACKS, INDEX, RECORDS = "packs", "index", "records"
SHELVES = "_shelves"
_DIGITS = 32
_KEY = re.compile(r"(?:packs|index)/(.+)/([a-z_]+)-([0-9a-f]{32})\.(?:tar|json)")
_RECORDS = re.compile(r"records/(\d{8}T\d{6}Z)-([0-9a-f]{16})\.tar\.zst")


def night_home(owner: str, night: date) -> str:
    """The home of a rig's or camera's night: what keys and its receipt have in common."""
    return f"{owner_part(owner)}/{night_part(night)}"


def shelf_home(*names: str) -> str:
    """The home of what belongs to no night: `shelf_home("masters")`."""
    return f"{SHELVES}/{'-'.join(shorten(escape(name), 70) for name in names)}"


def shelf_of(kind: str, owner: str) -> str:
    """The home of a kind that is kept by folders; masters belong to no rig."""
    return shelf_home(*(part for part in (kind, owner) if part))


def receipt_file(home: str) -> str:
    """The receipt of a home, relative to the library."""
    return f"{BACKUP}/{home}.json"


def pack_key(home: str, kind: Kept, sha256: str) -> str:
    """The key of a pack of these bytes."""
    return f"{PACKS}/{home}/{kind.value}-{sha256[:_DIGITS]}.tar"


def index_key(pack: str) -> str:
    """The key of the index beside a pack."""
    return f"{INDEX}/{pack.removeprefix(f'{PACKS}/').removesuffix('.tar')}.json"


def pack_of_index(index: str) -> str:
    """The key of the pack that this index is beside."""
    return f"{PACKS}/{index.removeprefix(f'{INDEX}/').removesuffix('.json')}.tar"


def home_of(key: str) -> str | None:
    """The home that a pack or an index belongs to; None for a key that is none of ours."""
    found = _KEY.fullmatch(key)
    parts = found[1].split("/") if found else []
    return found[1] if found and len(parts) == 2 and not {"", ".", ".."} & set(parts) else None


def kind_of(key: str) -> Kept | None:
    """What a pack holds, by its key."""
    found = _KEY.fullmatch(key)
    return Kept(found[2]) if found and found[2] in set(Kept) else None


def records_key(when: datetime, digest: str) -> str:
    """The key of a snapshot of the records; `when` in UTC."""
    return f"{RECORDS}/{when:%Y%m%dT%H%M%SZ}-{digest[:16]}.tar.zst"


def records_of(key: str) -> tuple[str, str] | None:
    """The moment and the digest that a snapshot's key says."""
    found = _RECORDS.fullmatch(key)
    return (found[1], found[2]) if found else None


def moment_words(moment: str) -> str:
    """`2026-01-15 09:12 UTC`, of the moment in a snapshot's key."""
    return f"{moment[:4]}-{moment[4:6]}-{moment[6:8]} {moment[9:11]}:{moment[11:13]} UTC"


def root_of(prefix: str, library: str) -> str:
    """Below which everything of one library lies; ends with a slash."""
    return "/".join(part for part in (prefix.strip("/"), library) if part) + "/"
