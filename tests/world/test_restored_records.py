from __future__ import annotations

import io
import tarfile

import pytest
import zstandard

from pipeline.world import restored_records
from pipeline.world.restored_records import NOT_WHOLE, lay_out, read_snapshot

KEY = "records/20260101T000000Z-0123456789abcdef.tar.zst"
PLACES = "_Backup/places.json"


def snapshot(*files, mtime="0"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size, info.pax_headers = len(data), {"NIGHTBUILD.mtime_ns": mtime}
            tar.addfile(info, io.BytesIO(data))
    return zstandard.ZstdCompressor().compress(out.getvalue())


@pytest.mark.parametrize(
    "places",
    [
        b"[]",
        b'"x"',
        b"[" * 100_000,
        b'{"folders": 5}',
        b'{"folders": [5]}',
        b'{"others": 7}',
        b'{"links": NaN}',
    ],
)
def test_a_snapshot_whose_places_are_nonsense_is_not_whole(places):
    with pytest.raises(NOT_WHOLE):
        read_snapshot(KEY, snapshot((PLACES, places)))


def test_a_snapshot_that_would_fill_the_memory_is_not_whole(monkeypatch):
    monkeypatch.setattr(restored_records, "_MOST_BYTES", 1000)
    with pytest.raises(NOT_WHOLE):
        read_snapshot(KEY, snapshot(("a", bytes(600)), ("b", bytes(600))))


@pytest.mark.parametrize("mtime", ["9" * 40, "-" + "9" * 40, "x"])
def test_a_snapshot_from_a_time_beyond_all_clocks_is_not_whole(mtime):
    with pytest.raises(NOT_WHOLE):
        read_snapshot(KEY, snapshot(("a", b"x"), mtime=mtime))


def test_a_journal_line_that_is_nonsense_is_passed_over():
    told = (
        b"[" * 100_000
        + b'\n{"event":"received","inbox":"i","original":"o","stored":"a/b","size":1,"mtime_ns":1}\n'
    )
    assert list(read_snapshot(KEY, snapshot(("_Ledger/x.jsonl", told))).ledger().stored) == ["a/b"]


def test_a_file_that_is_to_lie_below_another_is_named(tmp_path):
    read = read_snapshot(KEY, snapshot(("a", b"x"), ("a/b", b"y")))
    assert lay_out(read, tmp_path, tmp_path / ".nightbuild") == ["a/b"]
    assert (tmp_path / "a").read_bytes() == b"x"
