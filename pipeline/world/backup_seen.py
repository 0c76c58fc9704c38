"""What is remembered of the bucket: when each pack was last read back, and when the last snapshot was sent.

Kept in `.nightbuild` only: without it everything counts as never verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model.errors import NightbuildError
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary

_VERIFIED, _RECORDS = "backup_verified.json", "backup_records.json"


def verified_at(library: OpenLibrary) -> dict[str, str]:
    """Pack to the moment it was last read back and found whole."""
    return _load(library.state / _VERIFIED)


def note_verified(library: OpenLibrary, keys: Iterable[str], now: datetime) -> None:
    """These packs were read back now."""
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    _save(library.state / _VERIFIED, verified_at(library) | dict.fromkeys(keys, moment))


def last_records(library: OpenLibrary) -> str:
    """The key of the last snapshot that was sent from here; empty where none is known."""
    return _load(library.state / _RECORDS).get("key", "")


def note_records(library: OpenLibrary, key: str) -> None:
    """This snapshot was sent, or found to say the same."""
    _save(library.state / _RECORDS, {"key": key})


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
