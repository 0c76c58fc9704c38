"""The bytes of a catalogue file: what is written is read again, and what is damaged is known to be."""

from __future__ import annotations

import os
from typing import Any

import pytest
import tinydb
from hypothesis import given
from hypothesis import strategies as st

from pipeline.world.catalog_files import (
    VERSION,
    CatalogFile,
    Damaged,
    Older,
    dump,
    load,
    load_any,
    read_head,
    read_whole,
)

TEXT = st.text(st.characters(codec=None), max_size=12)
VALUES = st.one_of(
    TEXT, st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**53), st.booleans()
)
ROWS = st.lists(st.dictionaries(TEXT, VALUES, max_size=4), max_size=4)
TABLES: dict[str, list[dict[str, Any]]] = {
    "sets": [{"id": "a"}, {"id": "b", "frames": 2}],
    "sessions": [],
    "frames": [{"stored": "x", "values": {"hfr": 2.5}}, {"stored": 'odd "frames":{ name\n}'}],
}


@given(sets=ROWS, frames=ROWS)
def test_rows_come_back_as_they_were_written_whatever_they_say(
    sets: list[dict[str, Any]], frames: list[dict[str, Any]]
) -> None:
    data, digest = dump("C8E", {"sets": sets, "frames": frames})
    found = load(data)
    assert found.tables == {"sets": sets, "frames": frames}
    assert (found.owner, found.version, found.digest) == ("C8E", VERSION, digest)


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_bit_that_turns_is_noticed(at: int, bit: int) -> None:
    data, _ = dump("C8E", TABLES)
    spoiled = bytearray(data)
    spoiled[at % len(data)] ^= 1 << bit
    try:
        found = load(bytes(spoiled))
    except (Damaged, Older):
        return
    assert found.tables == TABLES


@given(length=st.integers(0, 10_000))
def test_a_file_cut_anywhere_is_noticed(length: int) -> None:
    data, _ = dump("C8E", TABLES)
    with pytest.raises(Damaged):
        load(data[: length % len(data)])


def test_small_tables_are_read_without_the_frames() -> None:
    data, _ = dump("C8E", TABLES)
    head = data[: data.index(b'"frames":{\n') + 11]
    assert load(head, frames=False).tables == {"sets": TABLES["sets"], "sessions": []}


def test_no_more_of_a_file_is_read_than_is_asked_for(tmp_path: Any) -> None:
    tables = TABLES | {"frames": [{"stored": "x" * 1000}] * 4000}
    data, _ = dump("C8E", tables)
    (tmp_path / "C8E.json").write_bytes(data)
    head = read_head(tmp_path / "C8E.json")
    assert len(head) < len(data) / 2
    assert load(head, frames=False).rows("sets") == TABLES["sets"]


def test_another_version_is_told_from_damage() -> None:
    data, _ = dump("C8E", TABLES)
    older = data.replace(b'"version":%d' % VERSION, b'"version":0')
    with pytest.raises(Older):
        load(older)
    assert load_any(older).rows("frames") == TABLES["frames"]


def test_what_tinydb_wrote_into_is_not_ours_any_more(tmp_path: Any) -> None:
    path = tmp_path / "C8E.json"
    path.write_bytes(dump("C8E", TABLES)[0])
    with tinydb.TinyDB(path) as db:
        db.table("sets").insert({"id": "mine"})
    with pytest.raises(Damaged):
        load(path.read_bytes())


def test_a_file_that_was_never_read_has_no_rows() -> None:
    assert CatalogFile().rows("sets") == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "rig.json")
    for read in (read_head, read_whole):
        with pytest.raises(OSError, match="no plain file"):
            read(tmp_path / "rig.json")
