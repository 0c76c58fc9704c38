from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.model.records import Promoted, Purged, Restored
from pipeline.world import ledger
from pipeline.world.master_journals import journal_of, write_beside

PATH = '_Dark Library/x/masterDark "é" EXPOSURE_300.fits'
WHEN = datetime(2026, 1, 15, tzinfo=UTC)


def promoted(sha256: str) -> Promoted:
    return Promoted(when=WHEN, stored=PATH, size=1, mtime_ns=1, sha256=sha256)


@pytest.mark.parametrize("camera", ["asi2600", "ZWO", "_x", "Ätna"])
def test_a_master_given_up_is_given_up_whatever_its_camera_is_called(tmp_path, camera):
    ledger.write(tmp_path, camera, date(2026, 1, 14), [promoted("aa")])
    stone = Purged(when=WHEN, stored=PATH, size=1, sha256="aa", why="unused")
    write_beside(tmp_path, PATH, [stone], (None, None))
    assert PATH in ledger.read(tmp_path).tombstones and PATH not in ledger.read(tmp_path).stored
    write_beside(tmp_path, PATH, [Restored(when=WHEN, stored=PATH)], (None, None))
    assert ledger.read(tmp_path).stored[PATH].sha256 == "aa"


def test_of_several_journals_the_one_that_is_heard_last_counts(tmp_path):
    ledger.write(tmp_path, "b", date(2026, 1, 14), [promoted("aa")])
    ledger.write(tmp_path, "b", date(2026, 3, 1), [promoted("bb")])
    ledger.write(tmp_path, "c", date(2026, 1, 1), [])
    found = journal_of(tmp_path, PATH)
    assert found is not None and found.name == "DATE_2026-03-01.jsonl"
    assert journal_of(tmp_path, "another") is None


def test_one_nobody_spoke_of_is_filed_where_its_frames_would_be(tmp_path):
    stone = Purged(when=WHEN, stored=PATH, size=1, sha256="aa", why="superseded")
    write_beside(tmp_path, PATH, [stone], ("ZWO", date(2026, 1, 14)))
    assert (tmp_path / "_Ledger/ZWO/DATE_2026-01-14.jsonl").is_file()
