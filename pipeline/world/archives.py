"""Zips and tars in an inbox: unpacked whole into a hidden folder, or not at all.

A telescope's uploader may deliver a night as one file. Its frames are taken in like any others, from a hidden
folder on the same volume; the archive itself stays where it is until its frames are stored and proven.

    night.zip ─is_archive─▶ unpack ─▶ .night.zip.unpacked/   members (name, path, size) and what was refused

What an archive says of itself is hostile input: names, sizes, counts. So only plain files are written, only
below the given folder, never over a name, and what counts is bytes written, not bytes declared. A kill in the
middle leaves the hidden folder alone, and the next call clears it.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from pipeline.model.archives import ArchiveLimits, Member, RefusedMember, Unpacked
from pipeline.model.errors import BadArchive, PassingError
from pipeline.rules.members import Places, find_refusal, is_litter_member
from pipeline.world.entries import DamagedMember, Entry, Meter
from pipeline.world.files import sync_file

_NAMES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tbz", ".7z", ".rar")
_NOT_A_NAME_HERE = {errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
_A_DAY_S = 86_400


class ArchiveKind(StrEnum):
    """What the first bytes of an archive say it is."""

    ZIP = "zip"
    TAR = "tar"
    TAR_GZ = "tar.gz"
    TAR_XZ = "tar.xz"
    TAR_BZ2 = "tar.bz2"
    SEVEN_ZIP = "7z"
    RAR = "rar"


_MAGIC = (
    (b"PK\x03\x04", ArchiveKind.ZIP),
    (b"PK\x05\x06", ArchiveKind.ZIP),
    (b"\x1f\x8b", ArchiveKind.TAR_GZ),
    (b"\xfd7zXZ\x00", ArchiveKind.TAR_XZ),
    (b"BZh", ArchiveKind.TAR_BZ2),
    (b"7z\xbc\xaf\x27\x1c", ArchiveKind.SEVEN_ZIP),
    (b"Rar!\x1a\x07", ArchiveKind.RAR),
)


def is_archive(path: Path) -> bool:
    """True for an archive by name and first bytes, also of a kind that `unpack` refuses with a sentence."""
    return find_archive_kind(path) is not None


def find_archive_kind(path: Path) -> ArchiveKind | None:
    """What kind of archive a file is; only files of a fitting name are opened."""
    if not path.name.lower().endswith(_NAMES):
        return None
    try:
        if not path.is_file():
            return None
        with path.open("rb") as handle:
            return _kind_of(handle.read(512))
    except OSError:
        return None


def unpack(archive: Path, into: Path, limits: ArchiveLimits) -> Unpacked:
    """Unpack an archive into the hidden folder `into`, which is cleared first.

    Raises:
        BadArchive: As a whole it is broken, of a kind we do not read, or beyond the limits.
        CutOff: It ends in the middle.
        PassingError: No room, a failing disk, or it is still being written.

    After any of these nothing of the archive is left in `into`.
    """
    clear_unpacked(archive, into)
    try:
        before = archive.stat()
        unpacked = _unpack_cleared(archive, into, limits)
        _refuse_changed(archive, before)
    except OSError as error:
        _clear_after_failure(archive, into)
        raise PassingError(
            f"{archive.name} could not be unpacked just now: {error.strerror or error}."
        ) from error
    except BaseException:
        _clear_after_failure(archive, into)
        raise
    return unpacked


def clear_unpacked(archive: Path, into: Path) -> None:
    """Take away what an earlier call unpacked: only ever a hidden folder that does not hold the archive."""
    hidden = into.name.startswith(".") and ".." not in into.parts
    if not hidden or into.is_symlink() or archive.absolute().is_relative_to(into.absolute()):
        raise ValueError(f"{into} is no hidden folder of its own to unpack into")
    try:
        shutil.rmtree(into)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise PassingError(f"{into} could not be cleared: {error.strerror or error}.") from error


def _clear_after_failure(archive: Path, into: Path) -> None:
    # The first failure is what the person must hear of, and the next call clears again.
    with suppress(PassingError):
        clear_unpacked(archive, into)


def _refuse_changed(archive: Path, before: os.stat_result) -> None:
    after = archive.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise PassingError(f"{archive.name} was still being written while it was unpacked: later.")


def _kind_of(head: bytes) -> ArchiveKind | None:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return ArchiveKind.TAR if _is_tar_header(head) else None


def _is_tar_header(head: bytes) -> bool:
    """True when the first block adds up to the sum it holds, the one sign that tars of all ages share."""
    if len(head) < 512:
        return False
    try:
        promised = int(head[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    return promised in (sum(head), sum(head[:148]) + 8 * ord(" ") + sum(head[156:]))


def _unpack_cleared(archive: Path, into: Path, limits: ArchiveLimits) -> Unpacked:
    kind = find_archive_kind(archive)
    if kind in (None, ArchiveKind.SEVEN_ZIP, ArchiveKind.RAR):
        raise BadArchive(
            f"{archive.name} was not unpacked: {f'{kind} archives are' if kind else 'it is'} not what we "
            "read; zip, tar, tar.gz, tar.xz and tar.bz2 are. It stays where it is; unpack it by hand and "
            "drop the files in the inbox."
        )
    into.mkdir(parents=True)
    found = archive.stat()
    meter = Meter(archive=archive, into=into, limits=limits, packed_bytes=found.st_size)
    unpacking = _Unpacking(into=into, archive_mtime_s=found.st_mtime)
    for entry in _read_entries(kind, archive, meter):
        unpacking.take(entry)
    return unpacking.result()


def _read_entries(kind: ArchiveKind | None, archive: Path, meter: Meter) -> Iterator[Entry]:
    # Imported here: whoever only asks `is_archive` while a night is planned needs neither.
    if kind is ArchiveKind.ZIP:
        from pipeline.world.zips import read_zip

        return read_zip(archive, meter)
    from pipeline.world.tars import read_tar

    return read_tar(archive, meter, packing=(kind or "").removeprefix("tar").removeprefix("."))


@dataclass(slots=True, kw_only=True)
class _Unpacking:
    """The folder as it fills."""

    into: Path
    archive_mtime_s: float
    places: Places = field(default_factory=Places)
    members: list[Member] = field(default_factory=list)
    refused: list[RefusedMember] = field(default_factory=list)
    litter: int = 0

    def take(self, entry: Entry) -> None:
        """Write one file, or note why not."""
        if is_litter_member(entry.name):
            self.litter += 1
            return
        reason = entry.refusal or find_refusal(entry.name)
        if not reason:
            reason = self._write(entry)
        if reason:
            self.refused.append(RefusedMember(name=entry.name, reason=reason))

    def result(self) -> Unpacked:
        """What there is when the archive's end was reached."""
        return Unpacked(
            folder=self.into, members=tuple(self.members), refused=tuple(self.refused), litter=self.litter
        )

    def _write(self, entry: Entry) -> str:
        path = self.into / self.places.take(entry.name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = path.open("xb")
        except OSError as error:
            if error.errno not in _NOT_A_NAME_HERE:
                raise
            return "this disk does not take its name"
        try:
            size_bytes = _fill(handle, entry.chunks())
        except DamagedMember as error:
            path.unlink()
            return str(error)
        self._set_mtime(path, entry.mtime_s)
        self.members.append(Member(name=entry.name, path=path, size_bytes=size_bytes))
        return ""

    def _set_mtime(self, path: Path, mtime_s: float | None) -> None:
        """Give a file its own time; one that lies ahead of the archive's would never count as settled."""
        if mtime_s is None or not 0 < mtime_s <= self.archive_mtime_s + _A_DAY_S:
            mtime_s = self.archive_mtime_s
        os.utime(path, (mtime_s, mtime_s))


def _fill(handle: BinaryIO, chunks: Iterator[bytes]) -> int:
    size_bytes = 0
    with handle:
        for chunk in chunks:
            size_bytes += handle.write(chunk)
        handle.flush()
        sync_file(handle.fileno())
    return size_bytes
