"""Before a frame is accepted it is held against what was first recorded: root and in-place editors can write anywhere.

    stored frame ─read─▶ its SHA-256 = the recorded one?  yes: it may be linked into 20_Data  no: named, and left

What was refused is remembered by how the file looked, so that it is said once and tried again when it was mended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from pipeline.model.errors import FrameError
from pipeline.model.records import Hashed
from pipeline.rules.deliveries import Delivery
from pipeline.world import ledger
from pipeline.world.files import make_folder, replace_if_different, sha256_of
from pipeline.world.looking import SetNow
from pipeline.world.manifests import manifest_path

_REFUSED = "refused.json"
_Look = list[int]


def unchanged(
    now: SetNow, deliveries: Sequence[Delivery], tell: Callable[[int], None] = lambda _done: None
) -> tuple[list[Delivery], list[str]]:
    """The frames that still are what was recorded, and a sentence for each that is not."""
    good: list[Delivery] = []
    refused = _still_refused(now, deliveries)
    hashed: list[Hashed] = []
    said: list[str] = []
    for number, one in enumerate(deliveries, 1):
        why = _why_refused(now, one.stored, hashed)
        if why is None:
            good.append(one)
        else:
            said.append(why)
            refused[one.stored] = _look(now.book.library.root / one.stored)
        tell(number)
    ledger.write(now.book.library.root, now.book.owner, now.book.night, hashed)
    _remember(now, refused)
    return good, said


def not_refused(now: SetNow, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Without those that were found changed and still look the same."""
    known = _refusals(now) if deliveries else {}
    root = now.book.library.root
    return [
        one for one in deliveries if one.stored not in known or known[one.stored] != _look(root / one.stored)
    ]


def _still_refused(now: SetNow, deliveries: Sequence[Delivery]) -> dict[str, _Look]:
    """What was refused before, is not looked at now, and looks as it did then."""
    root, asked = now.book.library.root, {one.stored for one in deliveries}
    known = _refusals(now).items()
    return {stored: look for stored, look in known if stored not in asked and look == _look(root / stored)}


def _why_refused(now: SetNow, stored: str, hashed: list[Hashed]) -> str | None:
    fact, path = now.book.ledger.stored[stored], now.book.library.root / stored
    try:
        seen = path.stat()
        if fact.sha256 is None and (seen.st_size, seen.st_mtime_ns) != (fact.size, fact.mtime_ns):
            return f"{stored}: changed since it was received, and is not accepted; run `doit verify`"
        sha256 = sha256_of(path)
    except FileNotFoundError:
        return f"{stored}: is missing, and is not accepted; run `doit verify`"
    except FrameError as error:
        return str(error)
    if fact.sha256 is None:
        hashed.append(Hashed(when=datetime.now(UTC), stored=stored, sha256=sha256))
    elif sha256 != fact.sha256:
        return f"{stored}: is not what was first recorded, and is not accepted; run `doit verify`"
    return None


def _refusals(now: SetNow) -> dict[str, _Look]:
    try:
        said = orjson.loads(manifest_path(now.book.library, now.frames.id, _REFUSED).read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _remember(now: SetNow, refused: dict[str, _Look]) -> None:
    if refused == _refusals(now):
        return
    path = manifest_path(now.book.library, now.frames.id, _REFUSED)
    if refused:
        make_folder(path.parent)
        replace_if_different(path, orjson.dumps(refused, option=orjson.OPT_SORT_KEYS))
    else:
        path.unlink(missing_ok=True)


def _look(path: Path) -> _Look:
    """How a file looks without being read: another one, or a mended one, looks different."""
    try:
        seen = path.stat()
    except OSError:
        return []
    return [seen.st_size, seen.st_mtime_ns, seen.st_ino]
