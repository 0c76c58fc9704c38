"""The trash: what a command took away lies here, on the same disk, until a person empties it.

    _Trash/<when>/<the path it had>        moved there by a rename, so it costs no time and no room
    _Trash/trash.jsonl                     what came from where, when and why; only ever added to

The folder alone says enough to put everything back: the journal knows why.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from pipeline.model.errors import PassingError, UserError
from pipeline.rules.records import moment, moment_text
from pipeline.world import journals
from pipeline.world.files import make_folder, require_inside, sync_folder
from pipeline.world.passing import retry
from pipeline.world.renames import rename_new
from pipeline.world.space import freed_by_removing

TRASH = "_Trash"
JOURNAL = "trash.jsonl"
_WHEN = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(~\d+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrown:
    """One file in the trash."""

    where: str
    """Its path now, relative to the library."""
    origin: str
    """The path it had."""
    when: datetime
    """As the folder says, UTC."""
    why: str
    """Empty where the journal does not know."""
    size: int
    by: str = ""
    """The library that threw it, where the trash lies in none."""


def throw(library: Path, path: str, *, why: str, when: datetime | None = None, by: str = "") -> str:
    """Move a file of the library into its trash, replacing nothing there; returns where it lies."""
    source = library / path
    require_inside(library, source)
    if not source.is_symlink() and not source.is_file():
        raise UserError(f"{source}: not a file, so it is not thrown away")
    when = (when or datetime.now(UTC)).astimezone(UTC)
    target = _free_place(library, PurePosixPath(path).as_posix(), when)
    require_inside(library, library / target)
    make_folder((library / target).parent)
    # The journal first: a line on a file not moved after all misleads nobody, since the disk decides.
    line = {"event": "thrown", "when": moment_text(when), "origin": path, "where": target, "why": why}
    journals.append(library / TRASH / JOURNAL, [line | ({"by": by} if by else {})])
    _move(source, library / target)
    return target


def contents(library: Path) -> list[Thrown]:
    """What lies in the trash, the oldest first."""
    lines = journals.read(library / TRASH / JOURNAL).records
    thrown = [line for line in lines if line.get("event") == "thrown"]
    told = {str(line.get("where")): line for line in thrown}
    return [_thrown(library, found, told.get(found, {})) for found in sorted(_files(library))]


def restore(library: Path, thrown: Thrown) -> Path:
    """Put a file back where it was, never over an existing name; returns its path."""
    source, target = library / thrown.where, library / thrown.origin
    require_inside(library / TRASH, source)
    require_inside(library, target)
    if os.path.lexists(target):
        raise UserError(f"{target}: something lies there now; move it away, then restore again")
    make_folder(target.parent)
    try:
        _move(source, target)
    except FileNotFoundError:
        raise UserError(f"{source}: is not in the trash any more; see `doit trash --list`") from None
    except FileExistsError:
        raise UserError(f"{target}: something lies there now; move it away, then restore again") from None
    _drop_empty(source.parent, library / TRASH)
    return target


def empty(library: Path, thrown: Iterable[Thrown] | None = None) -> int:
    """Delete what lies in the trash (or these files of it) for good; returns the bytes that came free."""
    chosen = contents(library) if thrown is None else list(thrown)
    paths = [library / one.where for one in chosen]
    for path in paths:
        require_inside(library / TRASH, path)
    freed = freed_by_removing(paths)
    if chosen:
        now = moment_text(datetime.now(UTC))
        lines = [{"event": "emptied", "when": now, "where": one.where, "size": one.size} for one in chosen]
        journals.append(library / TRASH / JOURNAL, lines)
    for path in paths:
        with suppress(FileNotFoundError):
            retry(path.unlink, path)
        _drop_empty(path.parent, library / TRASH)
    return freed


def _free_place(library: Path, path: str, when: datetime) -> str:
    """A path in the trash that nothing has: what went within one second gets a folder `~2`."""
    day = f"{when:%Y-%m-%d_%H-%M-%S}"
    for count in range(1, 10_000):
        folder = day if count == 1 else f"{day}~{count}"
        if not os.path.lexists(library / TRASH / folder / path):
            return f"{TRASH}/{folder}/{path}"
    raise UserError(f"{path}: was thrown away 10,000 times in one second")


def _files(library: Path) -> Iterator[str]:
    for day in sorted((library / TRASH).glob("*")):
        if not _WHEN.match(day.name) or day.is_symlink():
            continue
        for parent, _, names in os.walk(day):
            yield from (Path(parent, name).relative_to(library).as_posix() for name in names)


def _thrown(library: Path, where: str, line: Mapping[str, object]) -> Thrown:
    _, day, origin = where.split("/", 2)
    return Thrown(
        where=where,
        origin=origin,
        when=moment(f"{day[:10]}T{day[11:19].replace('-', ':')}+00:00"),
        why=str(line.get("why", "")),
        by=str(line.get("by", "")),
        size=(library / where).lstat().st_size,
    )


def _move(source: Path, target: Path) -> None:
    try:
        retry(lambda: rename_new(source, target), source)
    except OSError as error:
        if error.errno != errno.EXDEV and getattr(error, "winerror", None) != 17:
            raise
        raise PassingError(
            f"{source}: lies on another disk than the trash {target}; left where it is"
        ) from error
    sync_folder(target.parent)
    sync_folder(source.parent)


def _drop_empty(folder: Path, root: Path) -> None:
    """Remove folders that have become empty, up to the trash itself."""
    while folder != root and folder.is_relative_to(root):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
