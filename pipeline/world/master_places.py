"""Masters as bytes: which file is which, whatever it is called and wherever it lies; and whether one may be used.

A hash is taken once for each size and time of a file, and asked often.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.model.errors import FrameError, PassingError
from pipeline.model.frames import Frame
from pipeline.model.masters import Master
from pipeline.model.records import Promoted
from pipeline.rules.ledger import Record
from pipeline.rules.library_names import HELD, SUPERSEDED, plain_path
from pipeline.rules.serving import There
from pipeline.world import journals
from pipeline.world.files import sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.master_journals import journal_of
from pipeline.world.master_proof import trouble_of
from pipeline.world.master_shelf import hash_of_master, read_shelf
from pipeline.world.tidying import is_empty, stage_folder

_hashes: dict[tuple[str, int, int], str] = {}
"""By path, size and time."""
_troubles: dict[tuple[str, int, int], str] = {}
"""Likewise: why a master cannot be used."""


def hash_of(library: OpenLibrary, master: Master) -> str:
    """The SHA-256 of a master; empty where it cannot be read just now."""
    key = str(library.root / master.path), master.size, master.mtime_ns
    if key not in _hashes:
        with suppress(FrameError, PassingError, OSError):
            _hashes[key] = master.sha256 or hash_of_master(library, master)
    return _hashes.get(key, "")


def why_not_used(library: OpenLibrary, master: Master, light: Frame) -> str:
    """Why a master that was chosen cannot be used after all; empty when it can."""
    try:
        seen = (library.root / master.path).stat()
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
    if (seen.st_size, seen.st_mtime_ns) != (master.size, master.mtime_ns):
        return "is being written just now"
    sizes = [(one.width_px, one.height_px) for one in (master.frame, light)]
    if all(None not in size for size in sizes) and sizes[0] != sizes[1]:
        return "is {} × {} px, and the lights are {} × {} px".format(*sizes[0], *sizes[1])
    key = str(library.root / master.path), seen.st_size, seen.st_mtime_ns
    if key not in _troubles:
        _troubles[key] = trouble_of(library, master) or _unlike_recorded(library, master)
    return _troubles[key]


def _unlike_recorded(library: OpenLibrary, master: Master) -> str:
    """What is wrong with the bytes of a master: none can be had, or others than the ledger has of it."""
    now = hash_of(library, master)
    if not now:
        return "cannot be read to its end"
    journal = journal_of(library.root, master.path)
    lines = journals.read(journal).records if journal is not None else []
    told = [one for one in lines if one.get("stored") == master.path and one.get("event") == Promoted.event]
    recorded = str(told[-1].get("sha256", "")) if told else ""
    return "its hash is another than was recorded (changed in place?)" if recorded not in {"", now} else ""


def lies_there(root: Path, link: str, record: Record, settle_s: float, *, left: bool = False) -> There | None:
    """What lies under a name a master was given; None: nothing can be said just now.

    Args:
        root: The library.
        link: The name.
        record: What the ledger says was put there.
        settle_s: How long nothing must have moved before a place counts as emptied.
        left: No light lies there any more either, which was seen: neither disk nor quiet need be asked for.
    """
    path = root / link
    try:
        if not os.path.lexists(path):
            return There.NOTHING if left or (_is_there(root, link) and _is_quiet(path, settle_s)) else None
        twin = root / str(record.get("master", ""))
        if twin.is_file() and path.samefile(twin):
            return There.OURS
        if hash_of_name(path) == record.get("sha256"):
            return There.OURS
        return There.STALE if very_file(root, link, str(record.get("master", ""))) else There.OTHER
    except FrameError:
        return There.OTHER
    except (PassingError, OSError):
        return None


def very_file(root: Path, link: str, master: str) -> Path | None:
    """The file in a library that this is one more name of: under the master's own name, or moved aside from it."""
    try:
        seen = (root / link).stat()
    except OSError:
        return None
    for path in _near(root, master) if seen.st_nlink > 1 else ():
        try:
            found = path.lstat()
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (seen.st_dev, seen.st_ino):
            return path
    return None


def copied_master(root: Path, link: str, record: Record) -> str:
    """Whose copy lies under a name that a master was given: its path in a library; "" where nobody's does."""
    master, sha256 = str(record.get("master", "")), record.get("sha256")
    with suppress(FrameError, OSError):
        if hash_of_name(root / link) == sha256:
            known = [path.relative_to(root).as_posix() for path in _near(root, master) if path.is_file()]
            near = (path for path in known if _is_near(path, master))
            return next((path for path in near if hash_of_name(root / path) == sha256), "")
    return ""


def hash_of_name(path: Path) -> str:
    """The SHA-256 of any file, taken once for its size and time."""
    seen = path.stat()
    key = str(path), seen.st_size, seen.st_mtime_ns
    if key not in _hashes:
        _hashes[key] = sha256_of(path)
    return _hashes[key]


def find_master(
    library: OpenLibrary, path: str, sha256: str, *, shelf: Iterable[Master] | None = None
) -> Master | None:
    """The master of these bytes: where it lay, beside it where a newer one took its name, or elsewhere."""
    masters = list(read_shelf(library) if shelf is None else shelf)
    near = [one for one in masters if _is_near(one.path, path)]
    near.sort(key=lambda one: (one.path != path, one.superseded, one.path))
    known = (one for one in masters if one.sha256 == sha256)
    return next((one for one in near if hash_of(library, one) == sha256), None) or next(known, None)


def _is_near(one: str, path: str) -> bool:
    """True for what lies under a name, or was moved to `superseded` or `held` beside it."""
    if one == path:
        return True
    stem = path.rpartition("/")[2].partition("_DATE_")[0].partition(".")[0]
    return _home(one) == _home(path) and stem.partition("~")[0] in one.rpartition("/")[2]


def _home(path: str) -> str:
    folder = path.rpartition("/")[0]
    return folder.removesuffix(f"/{SUPERSEDED}").removesuffix(f"/{HELD}")


def _is_there(root: Path, link: str) -> bool:
    """True when the disk of a place is there: its stage's folder, with something in it."""
    stage = root / stage_folder(link)
    return stage.is_dir() and not is_empty(stage)


def _is_quiet(path: Path, settle_s: float) -> bool:
    """True when nothing moves there just now."""
    folder = path.parent
    while not folder.is_dir():
        folder = folder.parent
    return abs(time.time() - folder.stat().st_mtime) >= settle_s


def _near(root: Path, master: str) -> Iterator[Path]:
    """Where a master may lie that once had this name."""
    yield root / master
    home = plain_path(master).rpartition("/")[0]
    for folder in ("", f"/{SUPERSEDED}", f"/{HELD}"):
        try:
            yield from sorted((root / f"{home}{folder}").iterdir())
        except OSError:
            continue
