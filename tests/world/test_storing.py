from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import pytest

from pipeline.model.errors import NoRoom
from pipeline.model.library import KeepFree
from pipeline.model.survey import Found, Sort
from pipeline.rules.layout import twin_path
from pipeline.rules.ledger import ledger_file
from pipeline.world import journals
from pipeline.world.library import init_library
from pipeline.world.storing import BATCH, Item, store_frames
from tests.world.disks import small_disk

RIG, NIGHT = "C8E@f10.0+A", date(2026, 1, 14)
FOLDER = f"{RIG}/00_Frames/DATE_{NIGHT}/LIGHT/M31/FILTER_L_EXP_300.00"
ROOM = KeepFree(percent=0, gb=0)
PAGE = 4096


def item(inbox: Path, number: int) -> Item:
    source = inbox / f"{number}.fits"
    source.write_bytes(f"frame {number}".encode())
    seen = source.stat()
    found = Found("_Inbox", source.name, seen.st_size, seen.st_mtime_ns, Sort.FRAME)
    stored = f"{FOLDER}/2026-01-14_21-{number // 60:02d}-{number % 60:02d}.fits"
    return Item(source, found, partial(twin_path, stored))


@pytest.mark.parametrize("pages", [0, 1, 2])
def test_a_disk_full_in_the_middle_of_the_ledger_leaves_one_line_a_frame_and_no_torn_one(tmp_path, pages):
    with small_disk(tmp_path / "disk", size="4m") as library:
        init_library(library)
        inbox = library / "_Inbox"
        items = [item(inbox, number) for number in range(BATCH)]
        store_frames(library, RIG, NIGHT, items[:1], keep=ROOM)
        path = library / ledger_file(RIG, NIGHT)
        before = path.read_bytes()
        fill(library, pages)
        with pytest.raises(NoRoom):
            store_frames(library, RIG, NIGHT, items[1:], keep=ROOM)
        assert path.read_bytes() == before
        (library / "ballast").unlink()
        store_frames(library, RIG, NIGHT, items[1:], keep=ROOM)
        journal = journals.read(path)
    assert journal.notes == ()
    told = [record["stored"] for record in journal.records]
    assert sorted(told) == sorted(one.address(1) for one in items)


def fill(disk: Path, pages: int) -> None:
    """Leave room for so many pages: links take none of them, a batch in the ledger takes four or five."""
    (disk / "ballast").write_bytes(b"")
    with (disk / "ballast").open("ab", buffering=0) as ballast:
        try:
            while ballast.write(bytes(PAGE)):
                pass
        except OSError:
            ballast.truncate(ballast.tell() // PAGE * PAGE - pages * PAGE)
