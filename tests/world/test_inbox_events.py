from __future__ import annotations

import os
import sys

import pytest

from pipeline.world import inbox_events
from pipeline.world.inbox_events import Deaf, Ear, wait, why_silent

LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux is listened to; elsewhere inboxes are listed"
)
FAR_S = 5.0


@pytest.fixture
def ear(tmp_path):
    (tmp_path / "inbox").mkdir()
    found = Ear(tmp_path / "inbox")
    yield found
    found.close()


@LINUX
def test_a_new_file_is_told_at_once(ear, tmp_path):
    assert not wait([ear], 0)
    (tmp_path / "inbox/a.fits").write_bytes(b"1")
    assert wait([ear], FAR_S)


@LINUX
def test_a_file_in_a_folder_made_later_is_told_however_deep(ear, tmp_path):
    deep = tmp_path / "inbox/2026-01-14/LIGHT/M31"
    deep.mkdir(parents=True)
    assert wait([ear], FAR_S)
    while wait([ear], 0):
        pass
    (deep / "a.fits").write_bytes(b"1")
    assert wait([ear], FAR_S)


@LINUX
def test_a_tree_moved_in_is_told_and_followed(ear, tmp_path):
    (tmp_path / "card/DCIM").mkdir(parents=True)
    (tmp_path / "card").rename(tmp_path / "inbox/card")
    assert wait([ear], FAR_S)
    (tmp_path / "inbox/card/DCIM/a.fits").write_bytes(b"1")
    assert wait([ear], FAR_S)


@LINUX
def test_reading_deleting_and_litter_are_nothing_new(ear, tmp_path):
    (tmp_path / "inbox/a.fits").write_bytes(b"1")
    wait([ear], FAR_S)
    (tmp_path / "inbox/a.fits").read_bytes()
    (tmp_path / "inbox/a.fits").chmod(0o444)
    (tmp_path / "inbox/a.fits").unlink()
    (tmp_path / "inbox/.DS_Store").write_bytes(b"1")
    assert not wait([ear], 0.05)
    assert ear.hears


@LINUX
def test_an_inbox_that_goes_away_is_heard_no_longer(ear, tmp_path):
    (tmp_path / "inbox").rename(tmp_path / "elsewhere")
    wait([ear], FAR_S)
    assert not ear.hears


@LINUX
def test_names_in_no_alphabet_and_folders_that_cannot_be_read_are_no_obstacle(tmp_path):
    (tmp_path / "inbox").mkdir()
    locked = tmp_path / "inbox/locked"
    locked.mkdir(mode=0o000)
    ear = Ear(tmp_path / "inbox")
    try:
        (tmp_path / "inbox" / os.fsdecode(b"\xff\n.fits")).write_bytes(b"1")
        assert wait([ear], FAR_S)
    finally:
        ear.close()
        locked.chmod(0o700)


@LINUX
def test_an_inbox_of_too_many_folders_is_listed_instead(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox_events, "MOST_FOLDERS", 3)
    for number in range(4):
        (tmp_path / f"{number}").mkdir()
    with pytest.raises(Deaf, match="more than 3 folders"):
        Ear(tmp_path)


@LINUX
def test_an_inbox_that_is_not_there_cannot_be_listened_to(tmp_path):
    with pytest.raises(Deaf, match="not there"):
        Ear(tmp_path / "gone")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("cifs", "another computer"),
        ("nfs4", "another computer"),
        ("fuse.mergerfs", "fuse.mergerfs"),
        ("ext4", ""),
    ],
)
@LINUX
def test_a_share_is_listed_and_the_reason_is_said(tmp_path, monkeypatch, kind, said):
    monkeypatch.setattr("pipeline.world.shares._mounts", lambda: [("/", kind)])
    assert said in why_silent(tmp_path)
    assert bool(said) == bool(why_silent(tmp_path))
