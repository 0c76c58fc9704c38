"""Archives as they come, and archives as somebody who means ill would make them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tarfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.model.archives import ArchiveLimits, Unpacked
from pipeline.model.errors import BadArchive, CutOff, PassingError
from pipeline.world.archives import ArchiveKind, find_archive_kind, is_archive, unpack
from tests.amounts import examples

FRAME = os.urandom(5000)
TARS = ["tar", "tar.gz", "tgz", "tar.xz", "tar.bz2"]
USUAL = ArchiveLimits()
UNLIMITED = ArchiveLimits(ratio=1e9)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def make_zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as out:
        for name, data in members.items():
            out.writestr(zipfile.ZipInfo(name, (2026, 1, 14, 22, 30, 0)), data, method)
    return path


def make_tar(path: Path, members: dict[str, bytes], format_: int = tarfile.PAX_FORMAT) -> Path:
    mode = {".gz": "w:gz", ".tgz": "w:gz", ".xz": "w:xz", ".bz2": "w:bz2"}.get(path.suffix, "w")
    with tarfile.open(path, mode, format=format_) as out:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_700_000_000.25
            out.addfile(info, io.BytesIO(data))
    return path


def add_special(path: Path, kind: bytes, name: str = "x.fits", target: str = "/etc/passwd") -> Path:
    with tarfile.open(path, "w") as out:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        out.addfile(info)
        good = tarfile.TarInfo("good.fits")
        good.size = len(FRAME)
        out.addfile(good, io.BytesIO(FRAME))
    return path


def into(archive: Path) -> Path:
    return archive.with_name(f".{archive.name}.unpacked")


def run(archive: Path, limits: ArchiveLimits = USUAL) -> Unpacked:
    return unpack(archive, into(archive), limits)


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def nothing_left(archive: Path) -> bool:
    return [path.name for path in archive.parent.iterdir()] == [archive.name]


# -- as they come --


def test_zip_is_unpacked_with_its_names_sizes_and_times(inbox):
    archive = make_zip(inbox / "night.zip", {"DATE_2026-01-14/LIGHT/a.fits": FRAME, "b.txt": b"hello"})

    unpacked = run(archive)

    assert {
        (m.name, m.path.relative_to(into(archive)).as_posix(), m.size_bytes) for m in unpacked.members
    } == {
        ("DATE_2026-01-14/LIGHT/a.fits", "DATE_2026-01-14/LIGHT/a.fits", 5000),
        ("b.txt", "b.txt", 5),
    }
    assert (into(archive) / "DATE_2026-01-14/LIGHT/a.fits").read_bytes() == FRAME
    assert unpacked.members[0].path.stat().st_mtime == time.mktime((2026, 1, 14, 22, 30, 0, 0, 0, -1))
    assert unpacked.size_bytes == 5005
    assert not unpacked.refused


@pytest.mark.parametrize("ending", TARS)
@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tar_is_unpacked_however_it_is_packed(inbox, ending, format_):
    long = "n" * 90 + "/" + "long name " * 12 + ".fits"
    members = {"LIGHT/a.fits": FRAME, "M 31/b.fits": b"x" * 512, "empty": b""}
    if format_ != tarfile.USTAR_FORMAT:
        members |= {long: b"long", "Ängström.fits": b"ae"}
    archive = make_tar(inbox / f"night.{ending}", members, format_)

    unpacked = run(archive)

    assert {m.name: m.path.read_bytes() for m in unpacked.members} == members
    assert {int(m.path.stat().st_mtime) for m in unpacked.members} == {1_700_000_000}
    assert not unpacked.refused


def test_tar_of_several_streams_is_read_to_its_end(inbox):
    whole = make_tar(inbox / "x.tar", {"a.fits": FRAME, "b.fits": FRAME}).read_bytes()
    (inbox / "x.tar").unlink()
    for ending, squeeze in {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}.items():
        archive = inbox / f"night.tar.{ending}"
        archive.write_bytes(squeeze(whole[:3000]) + squeeze(whole[3000:]))
        assert [m.name for m in run(archive).members] == ["a.fits", "b.fits"]


def test_tar_of_the_seventies_is_known_by_its_sum(inbox):
    archive = make_tar(inbox / "old.tar", {"a.fits": FRAME}, tarfile.USTAR_FORMAT)
    block = bytearray(archive.read_bytes())
    block[257:512] = bytes(255)
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block[:512])
    archive.write_bytes(block)

    assert [m.name for m in run(archive).members] == ["a.fits"]


def test_archive_is_known_by_name_and_first_bytes(inbox):
    zipped = make_zip(inbox / "a.zip", {"a": b"a"})
    assert is_archive(zipped)
    assert find_archive_kind(make_tar(inbox / "A.TAR.GZ".lower(), {"a": b"a"})) is ArchiveKind.TAR_GZ
    assert not is_archive(zipped.rename(inbox / "a.fits"))
    (inbox / "b.zip").write_bytes(b"SIMPLE  =                    T")
    assert not is_archive(inbox / "b.zip")
    (inbox / "c.fits.gz").write_bytes(gzip.compress(b"SIMPLE"))
    assert not is_archive(inbox / "c.fits.gz")
    (inbox / "folder.zip").mkdir()
    assert not is_archive(inbox / "folder.zip")
    (inbox / "empty.tar").write_bytes(b"")
    assert not is_archive(inbox / "empty.tar")
    assert not is_archive(inbox / "absent.zip")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes with names in folders")
def test_pipe_that_is_called_zip_is_not_waited_for(inbox):
    os.mkfifo(inbox / "a.zip")
    assert not is_archive(inbox / "a.zip")


@pytest.mark.parametrize(
    ("name", "magic"), [("x.7z", b"7z\xbc\xaf\x27\x1c\0\4"), ("x.rar", b"Rar!\x1a\x07\x01\0")]
)
def test_archive_of_another_kind_is_refused_with_a_sentence(inbox, name, magic):
    (inbox / name).write_bytes(magic + FRAME)
    assert is_archive(inbox / name)
    with pytest.raises(BadArchive, match=r"unpack it by hand and drop the files in the inbox\."):
        run(inbox / name)
    assert nothing_left(inbox / name)


def test_empty_archives_hold_nothing(inbox):
    assert run(make_zip(inbox / "a.zip", {})).members == ()
    assert run(make_tar(inbox / "a.tar", {})).members == ()


def test_zip_larger_than_four_gigabytes_by_its_own_words_is_read(inbox, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    archive = make_zip(inbox / "big.zip", {f"{n}.fits": FRAME for n in range(5)})
    assert b"PK\x06\x06" in archive.read_bytes()
    assert len(run(archive).members) == 5


def test_litter_of_other_machines_is_counted_and_left_out(inbox):
    names = ["__MACOSX/a/._a.fits", "a/._a.fits", ".DS_Store", "a/Thumbs.db", "@eaDir/a.fits"]
    unpacked = run(make_zip(inbox / "a.zip", dict.fromkeys(names, b"x") | {"a/a.fits": FRAME}))
    assert unpacked.litter == 5
    assert files_below(unpacked.folder) == {"a/a.fits"}


def test_archive_in_an_archive_stays_packed(inbox):
    inner = make_zip(inbox / "inner.zip", {"a.fits": FRAME}).read_bytes()
    (inbox / "inner.zip").unlink()
    assert files_below(run(make_zip(inbox / "o.zip", {"inner.zip": inner})).folder) == {"inner.zip"}


@pytest.mark.parametrize("flagged", [True, False])
def test_name_in_utf8_is_read_whether_the_zip_says_so_or_not(inbox, flagged):
    archive = make_zip(inbox / "a.zip", {"Ängström.fits": FRAME})
    if not flagged:
        data = bytearray(archive.read_bytes())
        for flags in (data.index(b"PK\x03\x04") + 7, data.index(b"PK\x01\x02") + 9):
            data[flags] &= ~0x08  # by place: the clock in the header may hold the same bytes
        archive.write_bytes(data)
        assert zipfile.ZipFile(archive).infolist()[0].flag_bits & 0x800 == 0
    assert [m.name for m in run(archive).members] == ["Ängström.fits"]


def test_name_in_the_tongue_of_dos_is_read(inbox):
    archive = make_zip(inbox / "a.zip", {"A_ngstr.fits": FRAME})
    archive.write_bytes(archive.read_bytes().replace(b"A_ngstr", b"\x8e_ngstr"))
    assert [m.name for m in run(archive).members] == ["Ä_ngstr.fits"]


def test_name_in_no_known_tongue_is_kept_readable(inbox):
    archive = make_tar(inbox / "a.tar", {"A_ngstr.fits": FRAME}, tarfile.USTAR_FORMAT)
    data = bytearray(archive.read_bytes().replace(b"A_ngstr", b"\xc4_ngstr", 1))
    data[148:156] = b"        "
    data[148:156] = b"%06o\0 " % sum(data[:512])
    archive.write_bytes(data)
    (member,) = run(archive).members
    assert member.name == "Ä_ngstr.fits"
    member.name.encode("utf-8")


@pytest.mark.parametrize(
    "mtime", ["-1", "nan", "inf", "1e300", "99999999999", "soon", ""], ids=lambda mtime: mtime or "empty"
)
def test_impossible_time_gives_way_to_the_archives_own(inbox, mtime):
    archive = inbox / "a.tar"
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as out:
        info = tarfile.TarInfo("a.fits")
        info.pax_headers = {"mtime": mtime}
        out.addfile(info)
    os.utime(archive, (1_600_000_000, 1_600_000_000))
    expected = 1_600_000_000 if mtime else 0
    assert run(archive).members[0].path.stat().st_mtime in (expected, 1_600_000_000)


# -- as somebody who means ill would make them --

ESCAPES = [
    "../evil.fits",
    "a/../../evil.fits",
    "/tmp/evil.fits",
    "C:\\evil.fits",
    "c:evil.fits",
    "\\\\server\\share\\evil.fits",
    "//server/share/evil.fits",
    "..\\evil.fits",
    "a\\..\\..\\evil.fits",
    "..",
    ".",
    "d/" * 40 + "deep.fits",
]


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_name_that_leads_out_is_refused_and_the_others_are_taken(inbox, name, make: Callable[..., Path]):
    archive = make(inbox / f"a.{make.__name__[5:]}", {name: b"evil", "good.fits": FRAME})

    unpacked = run(archive)

    assert [m.name for m in unpacked.members] == ["good.fits"]
    assert [(r.name, bool(r.reason)) for r in unpacked.refused] == [(name, True)]
    assert files_below(inbox.parent) == {f"inbox/{archive.name}", f"inbox/{into(archive).name}/good.fits"}


@pytest.mark.parametrize(
    "name",
    ["CON", "nul.fits", "a\nb.fits", "ab:stream.fits", "tail. ", "...", "x" * 300 + ".fits", "\x1b[2Jz.fits"],
)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_name_no_disk_takes_is_written_in_hex_and_kept_as_it_was(inbox, name, make):
    unpacked = run(make(inbox / f"a.{make.__name__[5:]}", {name: FRAME}))
    (member,) = unpacked.members
    assert member.name == name
    assert member.path.read_bytes() == FRAME
    assert member.path.name.isprintable()
    assert member.path.name.split(".")[0].upper() not in {"CON", "NUL"}
    assert not set(member.path.name) & set('<>:"|?*\\')
    assert len(os.fsencode(member.path.name)) <= 140
    if name.endswith(".fits"):
        assert member.path.suffix == ".fits"


def test_name_with_a_nul_is_not_cut_at_it(inbox):
    archive = make_zip(inbox / "a.zip", {"a.fits_.txt": FRAME})
    archive.write_bytes(archive.read_bytes().replace(b"a.fits_.txt", b"a.fits\0.txt"))
    (member,) = run(archive).members
    assert member.path.name == "a.fits%00.txt"


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z", b"S"],
    ids=["symlink", "hardlink", "char", "block", "fifo", "unknown", "sparse"],
)
def test_what_is_no_plain_file_is_refused(inbox, kind):
    unpacked = run(add_special(inbox / "a.tar", kind))
    assert files_below(unpacked.folder) == {"good.fits"}
    assert [r.name for r in unpacked.refused] == ["x.fits"]


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_link_or_device_in_a_zip_is_refused(inbox, mode):
    archive = inbox / "a.zip"
    with zipfile.ZipFile(archive, "w") as out:
        info = zipfile.ZipInfo("x.fits")
        info.create_system, info.external_attr = 3, (mode | 0o777) << 16
        out.writestr(info, "/etc/passwd")
        out.writestr("x.fits/below.fits", FRAME)
    unpacked = run(archive)
    assert files_below(unpacked.folder) == {"x.fits/below.fits"}
    assert [r.name for r in unpacked.refused] == ["x.fits"]


def test_link_first_and_a_file_through_it_stays_inside(inbox, tmp_path):
    archive = inbox / "a.tar"
    outside = tmp_path / "outside"
    outside.mkdir()
    with tarfile.open(archive, "w") as out:
        link = tarfile.TarInfo("sub")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        out.addfile(link)
        info = tarfile.TarInfo("sub/evil.fits")
        info.size = len(FRAME)
        out.addfile(info, io.BytesIO(FRAME))
    run(archive)
    assert not list(outside.iterdir())
    assert not (into(archive) / "sub").is_symlink()


def test_members_of_one_name_all_stay(inbox):
    archive = inbox / "a.tar"
    names = ["a.fits", "a.fits", "A.FITS", "a.fits/below.fits", "./a.fits", "b/c", "b"]
    with tarfile.open(archive, "w") as out:
        for number, name in enumerate(names):
            info = tarfile.TarInfo(name)
            info.size = 1
            out.addfile(info, io.BytesIO(bytes([number])))
    unpacked = run(archive)
    assert [m.path.read_bytes() for m in unpacked.members] == [bytes([n]) for n in range(len(names))]
    assert len({str(m.path).casefold() for m in unpacked.members}) == len(names)


def test_file_modes_of_the_archive_are_not_taken_over(inbox):
    archive = inbox / "a.tar"
    with tarfile.open(archive, "w") as out:
        info = tarfile.TarInfo("a.fits")
        info.mode = 0o7777
        out.addfile(info)
    assert run(archive).members[0].path.stat().st_mode & 0o7111 == 0 or os.name == "nt"


@pytest.mark.parametrize("ending", ["zip", "tar.gz", "tar.xz", "tar.bz2"])
def test_bomb_is_stopped_by_its_ratio_and_leaves_nothing(inbox, ending):
    archive = inbox / f"bomb.{ending}"
    zeros = bytes(35_000_000)
    (make_zip if ending == "zip" else make_tar)(archive, {"a.fits": zeros})
    assert archive.stat().st_size < 100_000
    with pytest.raises(BadArchive, match="would become more than"):
        run(archive)
    assert nothing_left(archive)


def test_bomb_that_lies_about_its_size_is_stopped_all_the_same(inbox):
    archive = make_zip(inbox / "bomb.zip", {"a.fits": bytes(1_000_000), "b.fits": FRAME})
    data = archive.read_bytes().replace(struct.pack("<L", 1_000_000), struct.pack("<L", 1_000))
    archive.write_bytes(data)
    unpacked = run(archive, ArchiveLimits(total_bytes=50_000))
    assert [m.name for m in unpacked.members] == ["b.fits"]
    assert "damaged" in unpacked.refused[0].reason
    assert files_below(unpacked.folder) == {"b.fits"}


def test_one_piece_of_data_under_many_names_is_stopped(inbox):
    archive = make_zip(inbox / "a.zip", {"a.fits": bytes(900_000)})
    data = archive.read_bytes()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    listing = data[start:end] * 60
    closing = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60, 60, len(listing), start, 0)
    archive.write_bytes(data[:start] + listing + closing)
    with pytest.raises(BadArchive, match="would become more than"):
        run(archive)
    assert nothing_left(archive)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_total_size_is_limited(inbox, make):
    archive = make(inbox / f"a.{make.__name__[5:]}", {"a.fits": FRAME, "b.fits": FRAME})
    with pytest.raises(BadArchive, match="unpack it by hand"):
        run(archive, ArchiveLimits(total_bytes=9_000))
    assert nothing_left(archive)


def test_more_than_twenty_thousand_members_are_too_many(inbox):
    archive = make_zip(inbox / "a.zip", {f"{n}.fits": b"" for n in range(20_001)})
    with pytest.raises(BadArchive, match="holds more than 20000 files"):
        run(archive)
    assert nothing_left(archive)


def test_members_of_a_tar_are_counted_while_they_come(inbox):
    archive = make_tar(inbox / "a.tar", {f"{n}.fits": b"" for n in range(300)})
    with pytest.raises(BadArchive, match="holds more than 200 files"):
        run(archive, ArchiveLimits(members=200))
    assert nothing_left(archive)


def test_listing_larger_than_memory_should_hold_is_not_read(inbox):
    archive = make_zip(inbox / "a.zip", {"n" * 200 + str(n): b"" for n in range(10_000)})
    assert archive.stat().st_size > 4_000_000
    with pytest.raises(BadArchive, match="holds more than 10 files"):
        run(archive, ArchiveLimits(members=10))


def test_tar_that_claims_a_name_of_gigabytes_is_refused(inbox):
    archive = inbox / "a.tar.gz"
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 6_000_000_000
    archive.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(2_000_000)))
    with pytest.raises(BadArchive, match="a name of 6000000000 bytes"):
        run(archive)


@pytest.mark.parametrize(
    "record", [b"5 x", b"0 a=b\n", b"99999 path=x\n", b"-3 a=b\n", b"12 size=-45\n", b"\xff" * 20]
)
def test_tar_whose_notes_make_no_sense_is_refused(inbox, record):
    archive = inbox / "a.tar"
    note = tarfile.TarInfo("note")
    note.type, note.size = tarfile.XHDTYPE, len(record)
    body = tarfile.TarInfo("a.fits")
    archive.write_bytes(note.tobuf() + record.ljust(512, b"\0") + body.tobuf() + bytes(1024))
    with pytest.raises(BadArchive):
        run(archive)
    assert nothing_left(archive)


def test_xz_that_asks_for_gigabytes_of_memory_is_refused(inbox):
    archive = inbox / "a.tar.xz"
    plain = make_tar(inbox / "plain.tar", {"a.fits": FRAME})
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1024 * 1024}]
    data = bytearray(lzma.compress(plain.read_bytes(), filters=filters))
    plain.unlink()
    at = data.index(b"\x21\x01", 12, 24) + 2
    data[at] = 37  # a dictionary of 1.5 GB
    header = data[12:20]
    data[20:24] = struct.pack("<L", __import__("zlib").crc32(bytes(header)))
    archive.write_bytes(data)
    with pytest.raises(BadArchive, match="damaged"):
        run(archive)


@pytest.mark.parametrize("ending", ["zip", *TARS])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_archive_that_was_cut_off_gives_nothing(inbox, ending, share):
    archive = inbox / f"a.{ending}"
    (make_zip if ending == "zip" else make_tar)(archive, {f"{n}.fits": FRAME for n in range(10)})
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * (min(share, 0.8) if ending == "tar" else share))])
    with pytest.raises(CutOff, match=r"ends in the middle.*run `doit`"):
        run(archive)
    assert nothing_left(archive)


def test_member_whose_sum_is_wrong_is_refused_and_the_others_are_taken(inbox):
    archive = make_zip(inbox / "a.zip", {"a.fits": FRAME, "b.fits": FRAME[::-1]}, zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    data[data.index(FRAME) + 99] ^= 1
    archive.write_bytes(data)
    unpacked = run(archive)
    assert files_below(unpacked.folder) == {"b.fits"}
    assert "CRC" in unpacked.refused[0].reason


def test_packed_tar_whose_sum_is_wrong_gives_nothing(inbox):
    archive = make_tar(inbox / "a.tar.gz", {"a.fits": FRAME})
    data = bytearray(archive.read_bytes())
    data[-6] ^= 1
    archive.write_bytes(data)
    with pytest.raises(BadArchive, match="damaged"):
        run(archive)
    assert nothing_left(archive)


def test_locked_member_is_refused_with_a_sentence(inbox):
    archive = make_zip(inbox / "a.zip", {"a.fits": FRAME, "b.fits": FRAME})
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    unpacked = run(archive)
    assert unpacked.refused[0].reason == "it is locked with a password; unpack it by hand"
    assert files_below(unpacked.folder) == {"b.fits"}


@pytest.mark.parametrize(
    ("method", "name"), [(9, "Deflate64"), (12, "bzip2"), (14, "LZMA"), (77, "method 77")]
)
def test_member_packed_in_a_way_we_do_not_read_is_refused(inbox, method, name):
    archive = make_zip(inbox / "a.zip", {"a.fits": FRAME, "b.fits": FRAME})
    data = bytearray(archive.read_bytes())
    at = data.index(b"PK\x01\x02") + 10
    data[at : at + 2] = struct.pack("<H", method)
    archive.write_bytes(data)
    unpacked = run(archive)
    assert name in unpacked.refused[0].reason
    assert [m.name for m in unpacked.members] == ["b.fits"]


@settings(
    max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_archive_never_crashes_the_night(tmp_path, data):
    inbox = tmp_path / "inbox"
    shutil.rmtree(inbox, ignore_errors=True)
    inbox.mkdir()
    ending = data.draw(st.sampled_from(["zip", "tar", "tar.gz", "tar.xz", "tar.bz2"]))
    archive = inbox / f"a.{ending}"
    (make_zip if ending == "zip" else make_tar)(archive, {"a/a.fits": b"abc" * 200, "b.fits": b"x" * 700})
    packed = bytearray(archive.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    archive.write_bytes(packed)
    try:
        run(archive)
    except (BadArchive, CutOff):
        assert nothing_left(archive)
    shutil.rmtree(into(archive), ignore_errors=True)
    assert files_below(tmp_path) == {f"inbox/a.{ending}"}


HOSTILE_NAME = st.lists(
    st.one_of(
        st.sampled_from(
            ["..", ".", "", "C:", "CON", "~", "a", "\\\\x", "\n", "__MACOSX", "\u202e", "e\u0301"]
        ),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
    ),
    min_size=1,
    max_size=6,
).map("/".join)


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(HOSTILE_NAME, max_size=5), kind=st.sampled_from(["zip", "tar"]))
def test_nothing_is_ever_written_outside(tmp_path, names, kind):
    inbox = tmp_path / "inbox"
    shutil.rmtree(inbox, ignore_errors=True)
    inbox.mkdir()
    archive = inbox / f"a.{kind}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile dislikes a name twice
        if kind == "zip":
            with zipfile.ZipFile(archive, "w") as out:
                for number, name in enumerate(names):
                    out.writestr(zipfile.ZipInfo(name), str(number))
        else:
            with tarfile.open(archive, "w") as out_tar:
                for number, name in enumerate(names):
                    info = tarfile.TarInfo(name)
                    info.size = len(str(number))
                    out_tar.addfile(info, io.BytesIO(str(number).encode()))
    unpacked = run(archive)
    assert files_below(tmp_path) - {f"inbox/{archive.name}"} == {
        m.path.relative_to(tmp_path).as_posix() for m in unpacked.members
    }
    assert all(m.path.is_relative_to(into(archive)) and ".." not in m.path.parts for m in unpacked.members)
    folders = sum(name.endswith(("/", "\\")) for name in names)
    assert len(unpacked.members) + len(unpacked.refused) + unpacked.litter >= len(names) - folders


# -- whole or not at all --


def test_second_unpack_clears_the_first(inbox):
    archive = make_zip(inbox / "a.zip", {"a.fits": FRAME})
    into(archive).mkdir()
    (into(archive) / "half.fits").write_bytes(b"half")
    assert files_below(run(archive).folder) == {"a.fits"}
    assert files_below(run(archive).folder) == {"a.fits"}


def test_only_a_hidden_folder_is_ever_cleared(inbox):
    archive = make_zip(inbox / "a.zip", {"a.fits": FRAME})
    precious = inbox / "precious"
    precious.mkdir()
    for folder in [precious, inbox, inbox / "a" / ".." / ".."]:
        with pytest.raises(ValueError, match="no hidden folder"):
            unpack(archive, folder, ArchiveLimits())
    assert precious.is_dir()
    hidden = inbox / ".hidden"
    hidden.mkdir()
    inner = make_zip(hidden / "b.zip", {"a.fits": FRAME})
    with pytest.raises(ValueError, match="no hidden folder"):
        unpack(inner, hidden, ArchiveLimits())
    assert inner.exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_hidden_folder_that_is_a_link_is_not_followed(inbox, tmp_path):
    archive = make_zip(inbox / "a.zip", {"a.fits": FRAME})
    (tmp_path / "elsewhere").mkdir()
    into(archive).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="no hidden folder"):
        run(archive)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_killed_unpack_leaves_the_hidden_folder_only_and_the_next_one_is_whole(inbox):
    archive = make_zip(inbox / "a.zip", {f"{n}.fits": FRAME for n in range(3000)})
    program = (
        "import sys; from pathlib import Path; from pipeline.world.archives import unpack; "
        "from pipeline.model.archives import ArchiveLimits; "
        "unpack(Path(sys.argv[1]), Path(sys.argv[2]), ArchiveLimits())"
    )
    checkout = str(Path(__file__).resolve().parents[2])
    running = subprocess.Popen([sys.executable, "-c", program, archive, into(archive)], cwd=checkout)
    while not (into(archive) / "20.fits").exists():
        assert running.poll() is None
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert {path.name for path in inbox.iterdir()} == {"a.zip", into(archive).name}
    assert 0 < len(files_below(into(archive))) < 3000
    small = make_zip(inbox / "a.zip", {"a.fits": FRAME})
    assert files_below(run(small).folder) == {"a.fits"}


def test_no_room_by_its_own_words_is_later_not_failed(inbox):
    archive = make_zip(inbox / "a.zip", {"a.fits": FRAME})
    free = shutil.disk_usage(inbox).free
    with pytest.raises(PassingError, match=r"waits: unpacked it needs 5\.0 KB"):
        run(archive, ArchiveLimits(keep_free_bytes=free + 10**9))
    assert nothing_left(archive)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk takes root"
)
def test_disk_that_fills_up_in_the_middle_is_cleared_again(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", disk], check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        archive = make_tar(disk / "a.tar.gz", {f"{n}.fits": bytes(900_000) for n in range(5)})
        with pytest.raises(PassingError):
            run(archive, UNLIMITED)
        assert nothing_left(archive)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_archive_that_grows_meanwhile_is_later(inbox, monkeypatch):
    archive = make_zip(inbox / "a.zip", {"a.fits": FRAME})
    from pipeline.world import archives

    def write_on(descriptor: int) -> None:
        os.utime(archive, (1, 1))

    monkeypatch.setattr(archives, "sync_file", write_on)
    with pytest.raises(PassingError, match="still being written"):
        run(archive)
    assert nothing_left(archive)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory as Linux tells it")
def test_memory_stays_small_whatever_is_unpacked(inbox):
    archive = make_tar(inbox / "a.tar.bz2", {"a.fits": bytes(60_000_000)})
    program = (
        "import sys, resource; from pathlib import Path; from pipeline.world.archives import unpack; "
        "from pipeline.model.archives import ArchiveLimits; "
        "import pipeline.world.tars; before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; "
        "unpack(Path(sys.argv[1]), Path(sys.argv[2]), ArchiveLimits(ratio=1e9)); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    checkout = str(Path(__file__).resolve().parents[2])
    said = subprocess.run(
        [sys.executable, "-c", program, archive, into(archive)], cwd=checkout, capture_output=True, check=True
    )
    assert int(said.stdout) < 40_000
