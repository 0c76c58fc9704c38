"""What a snapshot says of the person's folders, and what a restore gives back by it."""

from __future__ import annotations

import pytest

from pipeline.world.backup_places import places_of
from pipeline.world.library import open_library
from pipeline.world.restored_places import give_places
from pipeline.world.restored_records import Snapshot
from tests.served_library import FLAT, make_served


@pytest.mark.parametrize("how", ["links", "copies"])
def test_masters_beside_lights_come_back_to_their_lights(tmp_path, how):
    night = make_served(tmp_path / "library")
    night.shoot(2.0, 2.1)
    aside = night.master()
    night.master(FLAT, night="2026-01-14")
    night.doit()
    night.accept()
    night.doit()
    data = night.root / night.rig / "20_Data"
    there = {path: (data / path).read_bytes() for path in night.masters()}
    if how == "copies":
        for path, pixels in there.items():
            (data / path).unlink()
            (data / path).write_bytes(pixels)
    (aside.parent / "superseded").mkdir()
    aside.rename(aside.parent / "superseded" / f"{aside.stem}_DATE_2026-01-10.fits")
    places = places_of(night.root, night.ledger)
    for path in there:
        (data / path).unlink()
    assert len(there) == len([path for path in places[how] if "/master" in path]) == 2

    _, other = give_places(open_library(night.root), Snapshot(key="", places=places), night.ledger)
    assert other == []
    assert {path: (data / path).read_bytes() for path in night.masters()} == there
