from __future__ import annotations

import shutil

from pipeline.rules.standing import standing
from pipeline.world.library import open_library
from pipeline.world.link_modes import link_modes, own_mode
from pipeline.world.tallies import read_tallies
from tests.looking import doit, drop, listed, new_library
from tests.world.disks import other_disk


def modes(root):
    return link_modes(open_library(root, {}), standing(read_tallies(root, None)).last)


def test_before_there_is_a_state_folder_nothing_is_tried(tmp_path):
    root = new_library(tmp_path / "library")
    before = listed(tmp_path)
    assert modes(root) == {"_Inbox": "unknown", "views": "unknown"}
    assert listed(tmp_path) == before


def test_what_was_done_last_is_what_is_told(tmp_path):
    root = new_library(tmp_path / "library")
    drop(root / "_Inbox", "a.fits")
    doit(root)
    own = own_mode(root)
    assert modes(root) == {"_Inbox": own, "views": own}
    [file] = (root / "_Ledger").rglob("*.jsonl")
    file.write_text(file.read_text().replace('"hardlink"', '"copy"'))
    assert modes(root)["_Inbox"] == "copy"


def test_another_disk_means_copies_and_one_that_is_away_is_unknown(tmp_path):
    elsewhere = other_disk(tmp_path)
    try:
        settings = f'inbox = ["{elsewhere}", "{tmp_path / "away"}"]\nviews = "symlink"\n'
        root = new_library(tmp_path / "library", settings)
        found = modes(root)
    finally:
        shutil.rmtree(elsewhere)
    assert found == {str(elsewhere): "copy", str(tmp_path / "away"): "unknown", "views": "symlink"}
