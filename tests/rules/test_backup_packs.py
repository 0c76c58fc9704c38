from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.backup import Item, Kept, Member, Pack, Receipt, Span
from pipeline.rules.backup_keys import (
    home_of,
    index_key,
    kind_of,
    night_home,
    pack_key,
    pack_of_index,
    receipt_file,
    records_key,
    records_of,
    shelf_home,
)
from pipeline.rules.backup_packs import grouped, index_bytes, read_index, read_receipt, receipt_bytes

SHA = "ab" * 32
HOME = night_home("C8E@f10.0+ZWO ASI2600MM Pro", date(2026, 1, 14))


def member(path="C8E/00_Frames/a.fits", **changes):
    told = {"size": 5760, "mtime_ns": 7, "sha256": "cd" * 32, "codec": "none", "at": 512, "packed": 5760}
    return Member(path=path, **(told | changes))


def pack(*members, home=HOME):
    return Pack(
        key=pack_key(home, Kept.LIGHTS, SHA),
        kind=Kept.LIGHTS,
        size=9000,
        sha256=SHA,
        storage_class="DEEP_ARCHIVE",
        etag="e-2",
        members=members
        or (member(), member("b.fits", codec="planes", span=Span(at=2880, size=64, order=">", step=1))),
    )


def test_keys_tell_home_and_kind_and_lead_back():
    key = pack().key
    assert key == f"packs/C8E@f10.0+ZWO ASI2600MM Pro/DATE_2026-01-14/lights-{SHA[:32]}.tar"
    assert (home_of(key), home_of(index_key(key)), kind_of(key)) == (HOME, HOME, Kept.LIGHTS)
    assert pack_of_index(index_key(key)) == key
    assert receipt_file(HOME) == "_Backup/C8E@f10.0+ZWO ASI2600MM Pro/DATE_2026-01-14.json"
    assert shelf_home("own", "../../etc").count("/") == 1


@pytest.mark.parametrize(
    "key", ["packs/../x/lights-" + SHA[:32] + ".tar", "packs/a/b/c/lights-0.tar", "x", ""]
)
def test_a_key_that_is_not_ours_has_no_home(key):
    assert home_of(key) is None


def test_a_snapshot_says_its_moment_and_its_digest():
    key = records_key(datetime(2026, 1, 15, 9, 12, tzinfo=UTC), SHA)
    assert records_of(key) == ("20260115T091200Z", SHA[:16])
    assert records_of("records/other") is None


def test_an_index_and_a_receipt_come_back_as_they_were():
    receipt = Receipt(home=HOME, packs=(pack(),), broken=("packs/a/b/lights-0.tar",))
    assert read_index(index_bytes(pack())) == pack()
    assert read_receipt(receipt_bytes(receipt), HOME) == receipt
    assert receipt_bytes(read_receipt(receipt_bytes(receipt), HOME)) == receipt_bytes(receipt)


@given(st.binary(max_size=200))
def test_what_is_no_index_of_ours_reads_as_none(data):
    assert read_index(data) is None
    assert read_receipt(data, HOME) == Receipt(home=HOME)


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a//b", "a/../../b", "C:/x", "C:x/y", "a\\..\\b", "\\x", "a\0b", ""]
)
def test_an_index_that_leads_out_of_the_library_is_refused(path):
    told = json.loads(index_bytes(pack(member())))
    told["members"][0]["path"] = path
    assert read_index(json.dumps(told).encode()) is None


def test_an_index_under_another_packs_name_is_refused():
    told = json.loads(index_bytes(pack())) | {"sha256": "ef" * 32}
    assert read_index(json.dumps(told).encode()) is None


def test_packs_hold_one_kind_and_no_more_than_the_bound():
    def item(path, size, kind):
        return Item(path=path, at=path, size=size, mtime_ns=0, sha256=None, kind=kind)

    items = [item(f"{n}", 40, Kept.LIGHTS) for n in range(5)] + [item("d", 40, Kept.RAW_CALIBRATION)]
    told = [(kind, [one.path for one in group]) for kind, group in grouped(items[::-1], 100)]
    assert told == [
        (Kept.LIGHTS, ["0", "1"]),
        (Kept.LIGHTS, ["2", "3"]),
        (Kept.LIGHTS, ["4"]),
        (Kept.RAW_CALIBRATION, ["d"]),
    ]
    assert [len(group) for _, group in grouped([item("big", 500, Kept.OWN)], 100)] == [1]
