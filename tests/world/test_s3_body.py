"""A stretch of a file as a body: read in pieces, wound back, hashed, and no more of it than was meant."""

from __future__ import annotations

import hashlib

import pytest

from pipeline.world import s3_body
from pipeline.world.s3_body import Stretch, as_text


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(s3_body, "_PIECE_BYTES", 100)
    path = tmp_path / "pack.tar"
    path.write_bytes(bytes(range(256)) * 4)
    return path


def test_a_stretch_is_its_own_bytes_and_no_others_as_often_as_it_is_wound_back(file):
    meant = file.read_bytes()[300:777]
    with Stretch(file, 300, 477) as body:
        assert len(body) == 477
        for _ in range(2):
            assert b"".join(iter(lambda: body.read(16), b"")) == meant
            assert (body.tell(), body.read(16)) == (477, b"")
            assert body.seek(0) == 0
        assert body.seek(-7, 2) == 470
        assert body.read() == meant[470:]
        assert body.seek(5) + body.seek(5, 1) == 15


def test_asked_for_a_little_it_gives_a_piece(file):
    with Stretch(file, 0, 250) as body:
        assert [len(body.read(16)) for _ in range(4)] == [100, 100, 50, 0]


def test_its_hashes_are_those_of_its_bytes_and_leave_it_at_its_beginning(file):
    meant = file.read_bytes()[8:1000]
    with Stretch(file, 8, 992) as body:
        body.read(50)
        assert body.md5().digest() == hashlib.md5(meant, usedforsecurity=False).digest()
        assert body.sha256().hexdigest() == hashlib.sha256(meant).hexdigest()
        assert body.tell() == 0
    assert as_text(b"\0\xff") == "AP8="
