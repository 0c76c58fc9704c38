"""Names leave the inboxes: each stored twin read again, the ledger written, then the name goes.

    due names ─sort_out─▶ those that may go, and the inboxes that must be asked about first
              ─take_out─▶ gone, or a sentence why one stays; folders that became empty go too

`.keep` keeps its folder, not the frames in it; so does litter, which is not ours to delete.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.errors import FrameError
from pipeline.model.records import Retired
from pipeline.rules.addresses import read_address
from pipeline.rules.retiring import Leaver, due, leavers
from pipeline.rules.spoken import counted
from pipeline.rules.waiting import Waiting
from pipeline.world import ledger
from pipeline.world.files import sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.removal import Refusal, refuse_retirement, retire
from pipeline.world.survey import Seen

if TYPE_CHECKING:
    from pipeline.world.backup_held import InBucket

SYNCTHING = ".stfolder"
_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A name that may go now, and how its twin looks: a refusal rests until that changes."""

    leaver: Leaver
    twin: tuple[int, int]
    """Size and the inode's own time; zeros where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """What became of a batch of names."""

    retired: list[Leaver] = field(default_factory=list)
    stayed: list[Refusal] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    """Folders that had become empty, and went."""


def leaving_now(seen: Seen, now: datetime | None = None) -> tuple[list[Leaving], list[Waiting]]:
    """The names that may leave in this run, and what waits for a person's leave."""
    policy = seen.library.configuration.library.retire
    is_kept = kept_in_bucket(seen.library)
    found = due(leavers(seen.survey.arrivals, seen.near), policy, now or datetime.now(UTC), is_kept)
    return sort_out(seen.library, (one for one in found if not seen.guard.why(one.stored)))


def kept_in_bucket(library: OpenLibrary) -> Callable[[Leaver], bool]:
    """Whether a sound pack in the bucket has the stored twin of a name; receipts are read as they are needed."""

    @cache
    def bucket() -> InBucket:
        from pipeline.world.backup_held import InBucket  # a run that need not ask reads none of it in

        return InBucket(library)

    return lambda one: bucket().of_stored(one.stored, one.sha256) is not None


def sort_out(library: OpenLibrary, found: Iterable[Leaver]) -> tuple[list[Leaving], list[Waiting]]:
    """Hold back what a sync service would delete on the other side too."""
    folders = {inbox.path: (folder, inbox.retire_synced) for inbox, folder in library.inboxes}
    may_go: list[Leaving] = []
    held: dict[str, list[Leaver]] = {}
    synced: dict[str, bool] = {}
    for one in found:
        folder, allowed = folders[one.inbox]
        home = str((folder / one.original).parent)
        if not allowed and synced.setdefault(home, _is_synced(Path(home))):
            held.setdefault(one.inbox, []).append(one)
        else:
            may_go.append(Leaving(leaver=one, twin=_look(library.root / one.stored)))
    return may_go, [_ask(inbox, len(names)) for inbox, names in held.items()]


def take_out(
    library: OpenLibrary,
    names: Sequence[Leaver],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    *,
    only_look: bool = False,
) -> Retirement:
    """Prove and take out name by name; what stays has its sentence, what was gone already is passed over.

    Args:
        library: The library.
        names: What is to go.
        progress: Told how far it is.
        only_look: The proof alone: nothing is written, nothing goes.
    """
    folders = {inbox.path: folder for inbox, folder in library.inboxes}
    outcome, emptied = Retirement(), dict[Path, Path]()
    for number, one in enumerate(names, 1):
        original = folders[one.inbox] / one.original
        if os.path.lexists(original):
            refusal = _take_out(library.root, original, one, only_look=only_look)
            if refusal is None:
                outcome.retired.append(one)
                emptied[original.parent] = folders[one.inbox]
            else:
                outcome.stayed.append(refusal)
        progress(number, len(names))
    if not only_look:
        outcome.folders.extend(gone for at, inbox in emptied.items() for gone in _drop_empty(at, inbox))
    return outcome


def _take_out(library: Path, original: Path, one: Leaver, *, only_look: bool) -> Refusal | None:
    twin = library / one.stored
    try:
        refusal = _refuse_at_sight(original, twin, one)
        if refusal is not None:
            return refusal
        if only_look:
            return refuse_retirement(original, twin, size=one.size, mtime_ns=one.mtime_ns, sha256=one.sha256)
        record = partial(_record, library, one)
        return retire(original, twin, size=one.size, mtime_ns=one.mtime_ns, sha256=one.sha256, record=record)
    except FrameError as error:
        return f"{original}: stays, {error}"
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        return f"{original}: stays, it may not be removed ({error.strerror})"


def _refuse_at_sight(original: Path, twin: Path, one: Leaver) -> Refusal | None:
    """What the proof of the stored twin would not notice."""
    if not may_remove(original):
        return f"{original}: stays, its folder cannot be written (read-only?)"
    is_same = twin.exists() and original.samefile(twin)
    if is_same and original.stat().st_nlink < 2:
        return f"{original}: stays, it is the stored frame itself by another way (an inbox inside the store?)"
    if one.needs_reading and not is_same and sha256_of(original) != one.sha256:
        return (
            f"{original}: stays, it has name, size and time of a stored frame but other bytes; "
            "give it another name, then run `doit`"
        )
    return None


def _record(library: Path, one: Leaver) -> None:
    """The ledger is told before the name goes: killed in between, the next run proves it again."""
    address = read_address(one.stored)
    owner, night = (address.owner, address.night) if address else (None, None)
    gone = Retired(when=datetime.now(UTC), inbox=one.inbox, original=one.original, stored=one.stored)
    ledger.write(library, owner, night, [gone])


def may_remove(path: Path) -> bool:
    """False where the system would refuse to remove this name: asked before the ledger says that it went."""
    if os.name == "nt":
        return os.access(path, os.W_OK)
    parent = path.parent.stat()
    is_mine = os.getuid() in {0, parent.st_uid, path.lstat().st_uid}
    return os.access(path.parent, os.W_OK | os.X_OK) and (is_mine or not parent.st_mode & stat.S_ISVTX)


def _drop_empty(folder: Path, inbox: Path) -> Iterator[str]:
    """Remove folders that became empty, but never the inbox itself."""
    while folder != inbox and folder.is_relative_to(inbox):
        try:
            folder.rmdir()
        except OSError:
            return
        yield str(folder)
        folder = folder.parent


def _look(twin: Path) -> tuple[int, int]:
    try:
        found = twin.lstat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_ctime_ns


def _is_synced(folder: Path) -> bool:
    """True below a folder that Syncthing carries to another machine, an inbox or one above it."""
    return any((above / SYNCTHING).exists() for above in (folder, *folder.parents))


def _ask(inbox: str, number: int) -> Waiting:
    what = (
        f"{counted(number, 'stored frame')} could leave the inbox {inbox}, but it is a Syncthing folder: "
        "the other side would lose them too"
    )
    return Waiting(
        what=what, where=inbox, command="write retire_synced = true under this [[inbox]] in library.toml"
    )
