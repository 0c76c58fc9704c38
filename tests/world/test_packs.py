"""Packs on a real disk: whatever is put in comes out bit by bit, and what is rotten never gets in."""

from __future__ import annotations

import io
import os
import tarfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import zstandard

from pipeline.model.backup import Item, Kept
from pipeline.model.errors import FrameError
from pipeline.rules.backup_packs import INDEX_NAME
from pipeline.world import packing
from pipeline.world.files import sha256_of
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.packing import unpack_member
from pipeline.world.packs import Build, build_pack, forget, staged_packs


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK_BYTES", 1 << 12)
    (tmp_path / "library").mkdir()
    with ThreadPoolExecutor(2) as crew:
        yield Build(
            root=tmp_path / "library",
            folder=tmp_path / "staging",
            home="C8E/DATE_2026-01-14",
            crew=crew,
            progress=lambda _size: None,
        )


def sky(width=96, height=64, seed=1):
    return np.random.default_rng(seed).normal(700, 20, (height, width)).astype(np.uint16)


def put(build, name, data):
    path = build.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return Item(
        path=name,
        at=name,
        size=len(data),
        mtime_ns=path.stat().st_mtime_ns,
        sha256=sha256_of(path),
        kind=Kept.LIGHTS,
    )


def packed(build, *items):
    staged, troubles = build_pack(build, Kept.LIGHTS, "STANDARD", items)
    assert staged is not None
    return staged, troubles


def unpacked(staged, member):
    out = io.BytesIO()
    data = staged.path.read_bytes()[member.at : member.at + member.packed]
    sha256 = unpack_member(io.BytesIO(data), member, out.write)
    return out.getvalue(), sha256


FILES = {
    "plain.fits": image_bytes(sky(), as_cards({"OBJECT": "M31"})),
    "grown.fits": image_bytes(sky(), as_cards({})) + b"left by some program" * 7,
    "cut.fits": image_bytes(sky(), as_cards({}))[:5000],
    "float.fits": image_bytes(sky().astype(np.float32), as_cards({})),
    "torn.fits": b"SIMPLE  = no header at all",
    "empty.fits": b"",
    "log.txt": b"guiding\r\n" * 4000,
    "noise.bin": np.random.default_rng(2).bytes(9001),
    "photo.jpg": np.random.default_rng(3).bytes(5001),
    "Größe " + "lang/" * 19 + "ein Name von mehr als hundert Zeichen.fits": image_bytes(
        sky(seed=4), as_cards({})
    ),
}


def test_whatever_goes_in_comes_out_bit_by_bit(build):
    items = [put(build, name, data) for name, data in FILES.items()]
    staged, troubles = packed(build, *items)
    assert not troubles
    assert {one.path: unpacked(staged, one) for one in staged.pack.members} == {
        item.path: (FILES[item.path], item.sha256) for item in items
    }
    codecs = {one.path: one.codec for one in staged.pack.members}
    assert (codecs["plain.fits"], codecs["log.txt"], codecs["photo.jpg"]) == ("planes", "zst", "none")


def test_samples_pack_to_less_than_half(build):
    staged, _ = packed(build, put(build, "a.fits", image_bytes(sky(600, 400), as_cards({}))))
    assert staged.pack.members[0].packed < 0.5 * staged.pack.members[0].size


def test_any_tar_reads_a_pack_and_zstd_its_members(build):
    names = [name for name in FILES if "Gr" not in name] + [max(FILES, key=len)]
    staged, _ = packed(build, *(put(build, name, FILES[name]) for name in names))
    with tarfile.open(staged.path) as tar:
        assert tar.getnames()[-1] == INDEX_NAME
        found = {name.removesuffix(".zst").removesuffix(".nbz"): name for name in tar.getnames()}
        assert set(names) <= set(found)
        log = tar.extractfile(found["log.txt"])
        assert log is not None
        reader = zstandard.ZstdDecompressor().stream_reader(log, read_across_frames=True)
        assert reader.read() == FILES["log.txt"]


def test_the_same_files_make_the_same_pack(build):
    items = [put(build, name, data) for name, data in FILES.items()]
    first, _ = packed(build, *items)
    data = first.path.read_bytes()
    os.utime(build.root / "plain.fits", ns=(1, 1))
    again, _ = packed(build, *items)
    assert (again.pack, again.path.read_bytes()) == (first.pack, data)


def test_a_rotten_frame_is_never_sent_and_the_others_are(build):
    items = [put(build, name, FILES[name]) for name in ("plain.fits", "log.txt")]
    path = build.root / "plain.fits"
    path.write_bytes(FILES["plain.fits"][:-1] + b"\1")
    staged, (trouble,) = packed(build, *items)
    assert [one.path for one in staged.pack.members] == ["log.txt"]
    assert "plain.fits: its bytes are not those first recorded" in trouble
    assert b"plain.fits" not in staged.path.read_bytes()


def test_a_frame_that_is_not_there_is_named(build):
    item = put(build, "plain.fits", FILES["plain.fits"])
    (build.root / "plain.fits").unlink()
    staged, (trouble,) = build_pack(build, Kept.LIGHTS, "STANDARD", [item])
    assert staged is None
    assert "plain.fits: is not there" in trouble
    assert not list(build.folder.iterdir())


def test_a_link_out_of_the_library_is_not_followed(build, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.txt").write_bytes(b"secret")
    (build.root / "in").symlink_to(tmp_path / "outside")
    item = Item(path="in/secret.txt", at="in/secret.txt", size=6, mtime_ns=0, sha256=None, kind=Kept.OWN)
    staged, (trouble,) = build_pack(build, Kept.OWN, "STANDARD", [item])
    assert staged is None
    assert "leads out of the library" in trouble


@pytest.mark.parametrize("harm", ["cut", "flipped", "no index", "no tar"])
def test_a_pack_that_a_killed_run_left_is_sent_only_when_it_is_whole(build, harm):
    staged, _ = packed(build, put(build, "plain.fits", FILES["plain.fits"]))
    assert staged_packs(build.folder) == [staged]
    data = staged.path.read_bytes()
    match harm:
        case "cut":
            staged.path.write_bytes(data[:-100])
        case "flipped":
            staged.path.write_bytes(data[:600] + bytes([data[600] ^ 1]) + data[601:])
        case "no index":
            staged.path.with_suffix(".json").unlink()
        case "no tar":
            staged.path.unlink()
    assert staged_packs(build.folder) == []
    assert not list(build.folder.iterdir())


def test_what_was_sent_is_taken_away(build):
    staged, _ = packed(build, put(build, "plain.fits", FILES["plain.fits"]))
    forget(staged)
    assert not list(build.folder.iterdir())


@pytest.mark.parametrize("name", ["plain.fits", "log.txt", "photo.jpg"])
def test_a_damaged_member_never_passes_for_the_frame(build, name):
    staged, _ = packed(build, put(build, name, FILES[name]))
    (member,) = staged.pack.members
    data = bytearray(staged.path.read_bytes()[member.at : member.at + member.packed])
    data[len(data) // 2] ^= 4
    try:
        sha256 = unpack_member(io.BytesIO(bytes(data)), member, lambda _block: None)
    except FrameError:
        return
    assert sha256 != member.sha256
    with pytest.raises(FrameError, match="damaged"):
        unpack_member(io.BytesIO(bytes(data[:10])), member, lambda _block: None)


@pytest.mark.slow
def test_a_file_of_any_size_is_packed_in_little_memory(build, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK_BYTES", 1 << 20)
    path = build.root / "stack.bin"
    with path.open("wb") as file:
        file.truncate(160 << 20)
    item = Item(path="stack.bin", at="stack.bin", size=160 << 20, mtime_ns=0, sha256=None, kind=Kept.OWN)
    tracemalloc.start()
    try:
        packed(build, item)
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
