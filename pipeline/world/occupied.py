"""What a library truly takes on its disks: every file once, however many names it has.

Measured seldom and remembered: a walk over eighty thousand frames takes half a second on a local disk, and
minutes on a slow share. `doit status` gives it a quarter of a second, and does not try again before something
changed or a day went by.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.model.errors import NightbuildError
from pipeline.rules.records import moment
from pipeline.world.files import make_folder, replace_if_different

PATIENCE_S = 0.25
REMEMBERED = timedelta(days=1)
_FILE = "occupied.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupied:
    """One measuring."""

    when: str
    mark: str
    """What the library held then, in short: another mark, and it is measured anew."""
    total_bytes: int | None
    """None: it was too large to be measured in passing."""
    is_remembered: bool = False


def occupied(library: Path, state: Path, mark: str, *, patience_s: float | None = PATIENCE_S) -> Occupied:
    """What the library takes, as remembered or measured now; `patience_s` None: however long it takes."""
    known = _recall(state)
    if patience_s is not None and known is not None and _holds(known, mark):
        return replace(known, is_remembered=True)
    total = _measure(library, patience_s)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    found = Occupied(when=now, mark=mark, total_bytes=total)
    _remember(state, found)
    return found


def _holds(known: Occupied, mark: str) -> bool:
    with suppress(ValueError):
        return known.mark == mark and datetime.now(UTC) - moment(known.when) < REMEMBERED
    return False


def _measure(library: Path, patience_s: float | None) -> int | None:
    """Bytes of the whole library."""
    until = time.monotonic() + patience_s if patience_s is not None else None
    seen: set[tuple[int, int]] = set()
    total = 0
    for found in _walk(str(library)):
        if until is not None and time.monotonic() > until:
            return None
        if found.st_nlink > 1 and (found.st_dev, found.st_ino) in seen:
            continue
        seen.add((found.st_dev, found.st_ino))
        total += found.st_size
    return total


def _walk(folder: str) -> Iterator[os.stat_result]:
    folders = [folder]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:
            continue
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    yield os.lstat(entry.path)


def _recall(state: Path) -> Occupied | None:
    try:
        return Occupied(**json.loads((state / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _remember(state: Path, found: Occupied) -> None:
    with suppress(OSError, NightbuildError):
        make_folder(state)
        replace_if_different(state / _FILE, json.dumps(asdict(found)).encode())
