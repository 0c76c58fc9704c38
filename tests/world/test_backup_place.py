from __future__ import annotations

import pytest

from pipeline.model.backup_policies import Place
from pipeline.world.backup_place import places_told

FOUND = Place("night", "nightbuild", "eu-central-1", "")


def test_the_library_toml_of_a_snapshot_says_where_else_packs_lie():
    told = b"""
    retire = "manual"
    [backup]
    bucket = "night"
    region = "eu-central-1"
    [backup.masters]
    bucket = "masters"
    prefix = "calm"
    endpoint_url = "http://nas:9000"
    [backup.own]
    keep = false
    bucket = "never-kept"
    """
    masters = Place("masters", "calm", "eu-central-1", "http://nas:9000")
    assert places_told(told, FOUND) == [FOUND, masters]


def test_a_bucket_found_under_another_name_stands_for_the_one_that_was_named():
    told = b'[backup]\nbucket = "before"\n[backup.lights]\nprefix = "eyes"\n'
    assert places_told(told, FOUND) == [FOUND, Place("night", "eyes", "eu-central-1", "")]


@pytest.mark.parametrize(
    "told",
    [b"", b"[backup", b"\xff\xfe", b"backup = 3", b"[backup]\npack_mb = 'many'", b"[backup]\nnew_word = 1"],
)
def test_settings_that_say_nothing_of_use_leave_the_place_that_was_typed(told):
    assert FOUND in places_told(told, FOUND)
    assert len(places_told(told, FOUND)) <= 2
