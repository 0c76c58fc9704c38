"""The two verbs of the night that take a name away, each of which first proves its case (DESIGN §2.7).

    withdraw   a link we delivered goes: it is the stored frame itself, or its equal, and that is there now
    retire     an inbox name goes: its stored twin, read again, still has the size and hash first recorded

The proof is made, then `record` writes the ledger, then the name is looked at once more and goes. Anything in
doubt is a refusal in one sentence, and nothing has changed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from pipeline.model.errors import FrameError
from pipeline.world.files import Progress, sha256_of, sync_folder
from pipeline.world.links import same_file
from pipeline.world.passing import retry

Refusal = str
"""Why a name stays, as a sentence."""
_Seen = tuple[int, int, int, int]


def refuse_withdrawal(link: Path, twin: Path, recorded_sha256: str | None) -> Refusal | None:
    """Why the delivered `link` of the stored frame `twin` may not go; `None` when it may."""
    if not os.path.lexists(link):
        return f"{link}: is not there any more"
    missing = _missing(twin)
    if missing:
        return f"{link}: stays, {missing}"
    try:
        if not link.exists():
            return f"{link}: stays, it is a link that leads nowhere; run `doit verify`"
        if not same_file(link, twin):
            return f"{link}: stays, its bytes are not those of {twin} (edited?)"
        if recorded_sha256 and not link.samefile(twin) and sha256_of(twin) != recorded_sha256:
            return f"{link}: stays, {twin} is not what was first recorded; run `doit verify`"
    except FrameError as error:
        return f"{link}: stays, {error}"
    return None


def withdraw(
    link: Path, twin: Path, recorded_sha256: str | None, *, record: Callable[[], None]
) -> Refusal | None:
    """Take away a link we delivered. `record` writes the ledger, after the proof and before the name goes."""
    seen = _seen(link)
    refusal = refuse_withdrawal(link, twin, recorded_sha256)
    return refusal or _take(link, seen, record)


def refuse_retirement(
    original: Path, twin: Path, *, size: int, mtime_ns: int, sha256: str, progress: Progress | None = None
) -> Refusal | None:
    """Why the inbox name `original` may not go; `None` when its stored twin is proven by reading it again."""
    if not os.path.lexists(original):
        return f"{original}: is not there any more"
    found = original.lstat()
    if not stat.S_ISREG(found.st_mode) or (found.st_size, found.st_mtime_ns) != (size, mtime_ns):
        return f"{original}: stays, it is not the file that was received (written anew?)"
    missing = _missing(twin)
    if missing:
        return f"{original}: stays, {missing}"
    if twin.stat().st_size != size or sha256_of(twin, progress) != sha256:
        return f"{original}: stays, its stored twin {twin} is not what was first recorded; run `doit verify`"
    return None


def retire(
    original: Path, twin: Path, *, size: int, mtime_ns: int, sha256: str, record: Callable[[], None]
) -> Refusal | None:
    """Take away an inbox name whose stored twin is proven; `record` writes the ledger before it goes."""
    seen = _seen(original)
    refusal = refuse_retirement(original, twin, size=size, mtime_ns=mtime_ns, sha256=sha256)
    return refusal or _take(original, seen, record)


def _missing(twin: Path) -> Refusal | None:
    if twin.is_symlink() or not twin.is_file():
        return f"its stored twin {twin} is missing; run `doit verify`"
    return None


def _seen(path: Path) -> _Seen | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _take(path: Path, seen: _Seen | None, record: Callable[[], None]) -> Refusal | None:
    """Record, look once more, remove: since the proof a person may have put something else there."""
    record()
    if _seen(path) != seen:
        return f"{path}: stays, it changed while it was looked at"
    retry(path.unlink, path)
    sync_folder(path.parent)
    return None
