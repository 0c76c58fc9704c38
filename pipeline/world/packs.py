"""Packs: files of one kind in one tar, each held against its recorded SHA-256 as it is read, the index at the end.

    Item … ─▶ .nightbuild/backup/<home>/<sha256>.tar + .json ─world/s3_upload─▶ the bucket

A pack lies in `.nightbuild` until it was sent: a run that was killed goes on with the very same bytes. A frame that is
no longer what was recorded never gets into one.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from pipeline.model.backup import Item, Kept, Member, Pack
from pipeline.model.errors import FrameError, NoRoom, PassingError
from pipeline.rules.backup_keys import pack_key
from pipeline.rules.backup_packs import (
    ENDINGS,
    INDEX_NAME,
    index_bytes,
    inner_index,
    is_sound_path,
    read_index,
)
from pipeline.world.files import inside, make_folder, part_of, replace_if_different, sha256_of, sweep_parts
from pipeline.world.packing import pack_file
from pipeline.world.passing import is_full, retry

_TAR_BLOCK = 512
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A pack that lies ready to be sent."""

    pack: Pack
    path: Path
    index_at: int
    """Where the index begins in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What packs of one home are made with."""

    root: Path
    """The library's."""
    folder: Path
    """Where they lie until they are sent."""
    home: str
    crew: ThreadPoolExecutor
    progress: Callable[[int], None]


def build_pack(
    build: Build, kind: Kept, storage_class: str, items: Sequence[Item]
) -> tuple[Staged | None, list[str]]:
    """One pack of these files, and a sentence for each that could not be taken; None where none could."""
    make_folder(build.folder)
    part = part_of(build.folder / "pack.tar")
    try:
        with part.open("w+b") as out, _Follower(part) as follower:
            members, troubles = _fill(build, out, items, follower)
            index_at = _close(out, kind, members)
            follower.go_to(out)
        if not members:
            return None, troubles
        return _place(build, part, kind, storage_class, members, index_at, follower.sha256()), troubles
    except OSError as error:
        if is_full(error):
            raise NoRoom(
                f"{build.folder}: no space left for a pack to be sent; make room, run `doit`"
            ) from error
        raise
    finally:
        part.unlink(missing_ok=True)


def staged_packs(folder: Path) -> list[Staged]:
    """Packs that an earlier run left ready to be sent; what is not whole goes."""
    if not folder.is_dir():
        return []
    sweep_parts(folder)
    found = []
    for index in sorted(folder.glob("*.json")):
        pack, path = read_index(index.read_bytes()), index.with_suffix(".tar")
        is_whole = pack is not None and path.is_file() and path.stat().st_size == pack.size
        if pack is None or not is_whole or sha256_of(path) != pack.sha256:
            path.unlink(missing_ok=True)
            index.unlink()
        else:
            found.append(Staged(pack=pack, path=path, index_at=_index_at(pack)))
    for path in folder.glob("*.tar"):
        if not path.with_suffix(".json").exists():
            path.unlink()
    return found


def forget(staged: Staged) -> None:
    """Take away what was sent."""
    staged.path.with_suffix(".json").unlink(missing_ok=True)
    staged.path.unlink(missing_ok=True)


class _Follower:
    """Hashes a pack while it grows, behind the last member that is whole: nothing before it is written again."""

    def __init__(self, path: Path) -> None:
        self._path, self._sha256, self._at = path, hashlib.sha256(), 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pack-hash")
        self._last: Future[None] | None = None

    def __enter__(self) -> _Follower:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()

    def go_to(self, out: BinaryIO) -> None:
        """All that was written so far stays as it is."""
        out.flush()
        self._last = self._thread.submit(self._go_to, out.tell())

    def sha256(self) -> str:
        """Of the pack; waits until all of it is hashed."""
        if self._last is not None:
            self._last.result()
        return self._sha256.hexdigest()

    def _go_to(self, end: int) -> None:
        with self._path.open("rb", buffering=0) as file:
            file.seek(self._at)
            while self._at < end and (piece := file.read(min(_PIECE_BYTES, end - self._at))):
                self._sha256.update(piece)
                self._at += len(piece)
        if self._at != end:
            raise PassingError(f"{self._path}: is shorter than what was written; the next run tries again")


def _fill(
    build: Build, out: BinaryIO, items: Sequence[Item], follower: _Follower
) -> tuple[list[Member], list[str]]:
    members: list[Member] = []
    troubles: list[str] = []
    for item in items:
        at = out.tell()
        try:
            members.append(_add(build, out, item))
            follower.go_to(out)
        except (FrameError, PassingError, FileNotFoundError, NotADirectoryError) as error:
            if isinstance(error, NoRoom):
                raise
            troubles.append(_why(item, error))
            out.seek(at)
            out.truncate()
    return members, troubles


def _why(item: Item, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{item.at}: is not there, so it was not sent; `doit verify` says what mends it"
    return str(error) if item.at in str(error) else f"{item.at}: {error}"


def _add(build: Build, out: BinaryIO, item: Item) -> Member:
    path, start = build.root / item.at, out.tell()
    if not inside(build.root, path):
        raise FrameError(f"{item.at}: leads out of the library, so it was not sent")
    if not is_sound_path(item.path):
        raise FrameError(
            f"{item.at}: no other system could take it back under this name, so it was not sent; rename it"
        )
    head = len(_header(f"{item.path}.xxx", 0))
    out.seek(head, os.SEEK_CUR)
    packed = retry(lambda: pack_file(path, out, build.crew, build.progress), path, waits_s=())
    if item.sha256 is not None and packed.sha256 != item.sha256:
        raise FrameError(
            f"{item.at}: its bytes are not those first recorded, so it was not sent; `doit verify` says what mends it"
        )
    out.write(b"\0" * (-packed.packed % _TAR_BLOCK))
    end = out.tell()
    header = _header(item.path + ENDINGS[packed.codec], packed.packed, room=head)
    out.seek(start)
    out.write(header)
    out.seek(end)
    return Member(
        path=item.path,
        size=packed.size,
        mtime_ns=item.mtime_ns if item.sha256 else path.stat().st_mtime_ns,
        sha256=packed.sha256,
        codec=packed.codec,
        at=start + head,
        packed=packed.packed,
        span=packed.span,
    )


def _header(name: str, size: int, *, room: int = 0) -> bytes:
    """A tar header; where it comes out shorter than the room kept for it, its name is filled up behind a slash."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o444
    header = info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    return header if len(header) >= room else _header(f"./{name}", size, room=room)


def _close(out: BinaryIO, kind: Kept, members: Sequence[Member]) -> int:
    """The index and the end of the tar; returns where the index begins."""
    index = inner_index(kind, members)
    out.write(_header(INDEX_NAME, len(index)))
    at = out.tell()
    out.write(index + b"\0" * (-len(index) % _TAR_BLOCK) + b"\0" * (2 * _TAR_BLOCK))
    return at


def _index_at(pack: Pack) -> int:
    """Behind the last member, and a header."""
    end = max((one.at + one.packed for one in pack.members), default=0)
    return end + -end % _TAR_BLOCK + _TAR_BLOCK


def _place(
    build: Build,
    part: Path,
    kind: Kept,
    storage_class: str,
    members: Sequence[Member],
    index_at: int,
    sha256: str,
) -> Staged:
    key = pack_key(build.home, kind, sha256)
    pack = Pack(
        key=key,
        kind=kind,
        size=part.stat().st_size,
        sha256=sha256,
        storage_class=storage_class,
        members=tuple(members),
    )
    path = build.folder / key.rpartition("/")[2]
    part.replace(path)
    replace_if_different(path.with_suffix(".json"), index_bytes(pack))
    return Staged(pack=pack, path=path, index_at=index_at)
