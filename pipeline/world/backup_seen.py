"""What is remembered of the bucket: when each pack was last read back, and when the last snapshot was sent.

The former lies beside the receipts: without it everything counts as never verified. The latter is a cache.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model.errors import NightbuildError
from pipeline.rules.backup_keys import BACKUP
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.marks import keep_mark

RECORDS_MARK = "backup records"
"""The mark that says of what the last snapshot was made."""
VERIFIED = f"{BACKUP}/verified.json"
"""Beside the receipts, not in `.nightbuild`: the page of the backup tells it, and pages change with no cache."""
_RECORDS = "backup_records.json"


def verified_at(library: OpenLibrary) -> dict[str, str]:
    """Pack to the moment it was last read back and found whole."""
    return _load(library.root / VERIFIED)


def note_verified(library: OpenLibrary, keys: Iterable[str], now: datetime) -> None:
    """These packs were read back now."""
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    _save(library.root / VERIFIED, verified_at(library) | dict.fromkeys(keys, moment))


def last_records(library: OpenLibrary) -> str:
    """The key of the last snapshot that was sent from here; empty where none is known."""
    return _load(library.state / _RECORDS).get("key", "")


def last_records_in(library: OpenLibrary, place: str) -> str:
    """The same, where it was sent to this place; else empty."""
    found = _load(library.state / _RECORDS)
    return found.get("key", "") if found.get("place") == place else ""


def note_records(library: OpenLibrary, key: str, place: str) -> None:
    """This snapshot was sent to a place, or found there to say the same."""
    _save(library.state / _RECORDS, {"key": key, "place": place})


def note_records_bad(library: OpenLibrary, key: str, place: str) -> None:
    """This snapshot is damaged or gone: the next backup sends another, whether anything is new or not."""
    _save(library.state / _RECORDS, {"key": key, "place": place, "bad": key})
    keep_mark(library, RECORDS_MARK, "")


def bad_records(library: OpenLibrary) -> str:
    """The key of the last snapshot where it was found damaged or gone; else empty."""
    return _load(library.state / _RECORDS).get("bad", "")


def _load(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_bytes())
        return {str(key): str(value) for key, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _save(path: Path, found: dict[str, str]) -> None:
    with suppress(OSError, NightbuildError):
        make_folder(path.parent)
        replace_if_different(path, json.dumps(found, sort_keys=True, indent=0).encode())
