"""A zip, read as files one after another; what it says of names and sizes is believed only while it holds."""

from __future__ import annotations

import errno
import io
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pipeline.model.errors import BadArchive
from pipeline.world.entries import CHUNK_BYTES, DamagedMember, Entry, Meter, cut_off, damaged

_LISTING_BYTES_A_MEMBER = 512
_ENCRYPTED, _UTF8 = 0x1, 0x800
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES"}
NONSENSE = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, EOFError)
"""What the standard library makes of an archive that is none, or is packed as no one here unpacks."""


def read_zip(archive: Path, meter: Meter) -> Iterator[Entry]:
    """Yield the files of a zip; folders come into being with their files."""
    with _open_frugal(archive, meter) as handle, _open_zip(archive, handle) as opened:
        infos = [info for info in opened.infolist() if not _is_folder(info)]
        meter.count_members(len(opened.infolist()))
        meter.expect(sum(info.file_size for info in infos if not _find_refusal(info)))
        for info in infos:
            yield Entry(
                name=_spell(info),
                mtime_s=_find_mtime(info),
                refusal=_find_refusal(info),
                chunks=partial(_read_member, opened, info, meter),
            )


class _Frugal(io.BufferedReader):
    """A file never read in one large piece: zipfile reads the whole listing at once, however large."""

    meter: Meter

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, unless so much at once can only be a listing of too many members."""
        most = CHUNK_BYTES + self.meter.limits.members * _LISTING_BYTES_A_MEMBER
        if size is not None and size > most:
            self.meter.count_members(self.meter.limits.members + 1)
        return super().read(size)


def _open_frugal(archive: Path, meter: Meter) -> _Frugal:
    handle = _Frugal(io.FileIO(archive))
    handle.meter = meter
    return handle


def _open_zip(archive: Path, handle: _Frugal) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(handle)
    except BadArchive:
        raise
    except (*NONSENSE, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise  # the disk, not a listing that points before the archive's first byte
        # The list of members is at the end: where it is missing, the copy was cut off.
        if "not a zip file" in str(error):
            raise cut_off(archive) from error
        raise damaged(archive, f"its list of files is damaged ({error})") from error


def _read_member(opened: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter) -> Iterator[bytes]:
    came_bytes = 0
    try:
        with opened.open(info) as member:
            while chunk := member.read(CHUNK_BYTES):
                came_bytes += len(chunk)
                meter.add(len(chunk))
                yield chunk
    except (*NONSENSE, zlib.error, RuntimeError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise DamagedMember(f"it is damaged in the archive ({error})") from error
    if came_bytes != info.file_size:
        raise DamagedMember(f"it ends after {came_bytes} of {info.file_size} bytes")


def _find_refusal(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "it is a link, not a file"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a device, not a file"
    if info.flag_bits & _ENCRYPTED:
        return "it is locked with a password; unpack it by hand"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
        return f"it is packed with {method}, which we do not read; unpack it by hand"
    return ""


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.orig_filename.endswith(("/", "\\"))


def _spell(info: zipfile.ZipInfo) -> str:
    """The name as its writer meant it: many write UTF-8 and do not say so."""
    if info.flag_bits & _UTF8:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.orig_filename


def _find_mtime(info: zipfile.ZipInfo) -> float | None:
    """Seconds since 1970: the UTC stamp most packers add, else the DOS time on this machine's clock."""
    extra = info.extra
    while len(extra) >= 4:
        tag, size = struct.unpack("<HH", extra[:4])
        if tag == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return float(struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + size :]
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None
