"""Files brought back from their packs: read by their part of the pack, unpacked, proven, placed; never over another.

    Wanted ─range of the pack─▶ unpacked into a part-file ─SHA-256 as recorded?─▶ its own time, its name

A kill at any instant leaves whole files and hidden part-files; the next try takes what is there as done. Damaged
copies are tried again, then another pack's copy is, and in the end the file is named and nothing is placed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, cast

from pipeline.model.backup import Kept
from pipeline.model.errors import FrameError, NoRoom, PassingError, UserError
from pipeline.rules.addresses import read_address
from pipeline.rules.backup_restoring import Copy, Wanted
from pipeline.world.files import (
    make_folder,
    part_of,
    place_part,
    require_inside,
    sha256_of,
    sweep_parts,
    sync_file,
)
from pipeline.world.links import protect
from pipeline.world.packing import unpack_member
from pipeline.world.passing import is_full, is_passing, retry
from pipeline.world.s3 import Bucket
from pipeline.world.s3_troubles import TROUBLES, code_of

_PAUSES_S = (0.2, 1.0, 4.0)
"""After botocore itself gave up on a request."""
_CUT = frozenset({"InvalidRange", "416", "NoSuchKey", "404"})
"""What a service says where a pack ends too early, or went away since it was listed."""
_STORED = frozenset({Kept.LIGHTS, Kept.RAW_CALIBRATION, Kept.REJECTS})


class Fate(StrEnum):
    """What became of one file."""

    BROUGHT = "brought back"
    THERE = "there already"
    OTHER = "another file lies there"
    DAMAGED = "damaged in the backup"
    REFUSED = "cannot be written there"


@dataclass(slots=True, kw_only=True)
class Restored:
    """What became of all of them."""

    fates: dict[str, Fate] = field(default_factory=dict)
    """By where each goes."""
    bytes: int = 0
    """Of those that were brought back."""
    later: str = ""
    """Why the rest was left for the next try; empty: nothing was."""

    def of(self, fate: Fate) -> list[str]:
        """The files that met this fate."""
        return sorted(path for path, one in self.fates.items() if one is fate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where files are brought back to."""

    root: Path
    told: Callable[[int], None]
    """How many bytes were unpacked since it was last told."""
    is_quick: bool = False
    """True: a file with the right size and time is taken as there; False: its bytes are read."""
    swept: set[Path] = field(default_factory=set)


def bring_back(
    bucket_of: Callable[[Copy], Bucket], wanted: Iterable[Wanted], home: Home, readers: int
) -> Restored:
    """Bring files back, several at a time; a full disk or a service that is away leaves the rest for later."""
    done, stop = Restored(), threading.Event()
    guard = threading.Lock()

    def one(item: Wanted) -> None:
        if stop.is_set():
            return
        try:
            fate = _bring_or_refuse(bucket_of, item, home)
        except BaseException:
            stop.set()
            raise
        with guard:
            done.fates[item.to] = fate
            done.bytes += item.size if fate is Fate.BROUGHT else 0

    with ThreadPoolExecutor(readers) as crew:
        waiting = [crew.submit(one, item) for item in wanted]
        try:
            wait(waiting, return_when=FIRST_EXCEPTION)
            for future in waiting:
                future.result()
        except PassingError as error:
            done.later = str(error)
        finally:
            stop.set()
            for future in waiting:
                future.cancel()
    return done


def lies_there(home: Home, item: Wanted) -> Fate | None:
    """What lies where a file would go: the same, another, or nothing (None)."""
    target = home.root / item.to
    if not os.path.lexists(target):
        return None
    found = target.lstat()
    if target.is_symlink() or not target.is_file() or found.st_size != item.size:
        return Fate.OTHER
    if home.is_quick and found.st_mtime_ns == item.mtime_ns:
        return Fate.THERE
    try:
        return Fate.THERE if sha256_of(target) == item.sha256 else Fate.OTHER
    except FrameError:  # it may not be read: then nobody can say that it is the same
        return Fate.OTHER


def _bring_or_refuse(bucket_of: Callable[[Copy], Bucket], item: Wanted, home: Home) -> Fate:
    """A name its disk does not take, a folder that may not be written: that file is named, the others come."""
    try:
        require_inside(home.root, home.root / item.to)
    except UserError:  # a link on the way
        return Fate.REFUSED
    try:
        return _bring(bucket_of, item, home)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and (is_full(error) or is_passing(error)):
            raise PassingError(f"{home.root / item.to}: {error}") from error
        return Fate.REFUSED


def _bring(bucket_of: Callable[[Copy], Bucket], item: Wanted, home: Home) -> Fate:
    target = home.root / item.to
    there = lies_there(home, item)
    if there is not None:
        return there
    _prepare(target.parent, home)
    for copy in item.copies:
        for _ in range(2):  # what came damaged may be well where it lies
            with suppress(FrameError):
                _fetch(bucket_of(copy), copy, target, home)
                if copy.pack.kind in _STORED and read_address(item.path) is not None:
                    protect(target)
                return Fate.BROUGHT
    return Fate.DAMAGED


def _prepare(folder: Path, home: Home) -> None:
    if folder not in home.swept:
        try:
            retry(lambda: make_folder(folder), folder)
        except UserError as error:  # a file lies where it should be
            raise NotADirectoryError(str(error)) from error
        sweep_parts(folder)
        home.swept.add(folder)


def _fetch(bucket: Bucket, copy: Copy, target: Path, home: Home) -> None:
    """One file, whole, proven and in its place; FrameError where this copy is damaged."""
    for pause_s in (*_PAUSES_S, None):
        part = part_of(target)
        try:
            _unpack(bucket, copy, part, home)
            os.utime(part, ns=(copy.member.mtime_ns, copy.member.mtime_ns))
            place_part(part, target)
        except NoRoom:
            raise
        except PassingError:
            if pause_s is None:
                raise
            time.sleep(pause_s)
        except OSError as error:
            if is_full(error):
                raise NoRoom(
                    f"{target}: no space left on its disk; make room, then type the same again"
                ) from error
            raise
        else:
            return
        finally:
            part.unlink(missing_ok=True)


def _unpack(bucket: Bucket, copy: Copy, part: Path, home: Home) -> None:
    member = copy.member
    with part.open("wb") as out, bucket.speaking():

        def write(block: bytes) -> None:
            out.write(block)
            home.told(len(block))

        if member.packed:
            ranged = f"bytes={member.at}-{member.at + member.packed - 1}"
            body = _open(bucket, copy, ranged)
            try:
                sha256 = unpack_member(cast(BinaryIO, body), member, write)
            finally:
                body.close()
        else:
            sha256 = unpack_member(cast(BinaryIO, _Nothing()), member, write)
        out.flush()
        sync_file(out.fileno())
    if sha256 != member.sha256:
        raise FrameError(f"{member.path}: its copy in {copy.pack.key} is not what was sent")


def _open(bucket: Bucket, copy: Copy, ranged: str) -> Any:  # noqa: ANN401 - boto3 says what it gives
    try:
        return bucket.client.get_object(**bucket.named(copy.pack.key), Range=ranged)["Body"]
    except TROUBLES as error:
        if code_of(error) in _CUT:
            raise FrameError(f"{copy.member.path}: {copy.pack.key} is cut short, or gone") from error
        raise


class _Nothing:
    """What an empty file is unpacked from: there is no range to ask for."""

    def read(self, _size: int = -1) -> bytes:
        return b""
