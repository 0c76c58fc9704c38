from __future__ import annotations

import os
from pathlib import Path

from pipeline.world.space import Room, free_bytes, freed_by_removing, room_for, true_size
from tests.world.disks import small_disk


def test_each_inode_is_counted_once(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(bytes(1000))
    two.write_bytes(bytes(500))
    os.link(one, tmp_path / "link")
    paths = [one, two, tmp_path / "link", tmp_path / "absent"]
    assert true_size(paths) == 1500


def test_only_the_last_name_frees_room(tmp_path: Path) -> None:
    one, link = tmp_path / "one", tmp_path / "link"
    one.write_bytes(bytes(1000))
    os.link(one, link)
    assert freed_by_removing([one]) == 0
    assert freed_by_removing([one, one]) == 0
    assert freed_by_removing([one, link]) == 1000


def test_room_keeps_the_lesser_of_five_percent_and_twenty_gigabytes() -> None:
    room = Room(wanted_bytes=80, free_bytes=100, kept_bytes=30)
    assert not room.fits
    assert room.short_bytes == 10
    assert Room(wanted_bytes=70, free_bytes=100, kept_bytes=30).fits
    assert Room(wanted_bytes=0, free_bytes=10, kept_bytes=30).fits


def test_room_on_a_small_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        assert free_bytes(disk / "not" / "yet") == 1 << 20
        assert room_for(900_000, disk).fits
        assert not room_for(1_020_000, disk).fits
        assert room_for(1_020_000, disk).kept_bytes == (1 << 20) * 5 // 100
