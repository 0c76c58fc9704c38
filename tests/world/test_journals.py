from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.errors import PassingError, UserError
from pipeline.world import journals
from pipeline.world.journals import append, dump, parse, read
from tests.amounts import examples
from tests.world.disks import small_disk

ROOT = Path(__file__).resolve().parents[2]
TEXTS = st.text(max_size=20)
RECORDS = st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(-(2**60), 2**60), st.none()), max_size=4)


def test_records_come_back_in_order_and_readable(tmp_path: Path) -> None:
    path = tmp_path / "_Ledger" / "rig" / "night.jsonl"
    when = datetime(2026, 1, 14, 21, 3, 5, tzinfo=UTC)
    assert append(path, [{"b": 1, "a": when}]) == ()
    assert append(path, [{"c": "M31"}, {"d": [1, 2]}]) == ()
    assert path.read_text() == '{"a":"2026-01-14T21:03:05Z","b":1}\n{"c":"M31"}\n{"d":[1,2]}\n'
    assert read(path).records == [{"a": "2026-01-14T21:03:05Z", "b": 1}, {"c": "M31"}, {"d": [1, 2]}]


def test_absent_journal_is_empty_and_nothing_makes_no_file(tmp_path: Path) -> None:
    assert read(tmp_path / "x.jsonl").records == []
    assert append(tmp_path / "x.jsonl", []) == ()
    assert not (tmp_path / "x.jsonl").exists()


def test_torn_tail_is_closed_reported_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":2')
    found = read(path)
    assert found.records == [{"a": 1}]
    assert [note.code for note in found.notes] == ["torn-line"]
    assert [note.code for note in append(path, [{"c": 3}])] == ["torn-line"]
    assert path.read_bytes() == b'{"a":1}\n{"b":2\n{"c":3}\n'
    found = read(path)
    assert found.records == [{"a": 1}, {"c": 3}]
    assert [note.code for note in found.notes] == ["bad-line"]
    assert "line 2" in found.notes[0].text


def test_whole_last_line_without_newline_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":2}')
    assert read(path).records == [{"a": 1}, {"b": 2}]
    append(path, [{"c": 3}])
    assert read(path).records == [{"a": 1}, {"b": 2}, {"c": 3}]


@pytest.mark.parametrize(
    "line", [b"\0" * 40, b"\xff\xfe", b"[1,2]", b"7", b"null", b"<html>", b"[" * 100_000, b'{"a":1}{"b":2}']
)
def test_lines_that_are_no_records_are_skipped_with_a_note(line: bytes) -> None:
    found = parse(b'{"a":1}\n' + line + b'\n{"b":2}\n', "x.jsonl")
    assert found.records == [{"a": 1}, {"b": 2}]
    assert [note.code for note in found.notes] == ["bad-line"]


def test_blank_lines_and_windows_newlines_are_no_trouble() -> None:
    assert parse(b'\n{"a":1}\r\n\r\n  \n{"b":2}\r\n', "x") == journals.Journal(records=[{"a": 1}, {"b": 2}])


def test_names_in_no_alphabet_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    record = {
        "original": os.fsdecode(b"M31_\xff\xfe.fits"),
        "big": 2**70,
        "nan": float("nan"),
        "deep": [{"x": 1}],
    }
    append(path, [record, {"next": 1}])
    assert read(path).records == [{**record, "nan": None}, {"next": 1}]
    assert path.read_bytes().isascii()


def test_record_too_long_is_refused_and_nothing_written(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with pytest.raises(UserError, match="too long"):
        append(path, [{"a": 1}, {"b": "x" * journals.MAX_LINE_BYTES}])
    assert not path.exists()
    long = parse(b'{"a":"' + b"x" * journals.MAX_LINE_BYTES + b'"}\n', "x")
    assert long.records == []
    assert [note.code for note in long.notes] == ["bad-line"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_a_journal_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="jsonl"):
        append(tmp_path / "x.jsonl", [{"a": 1}])
    assert not (tmp_path / "elsewhere").exists()


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.one_of(st.lists(RECORDS, min_size=1, max_size=3), st.integers(0, 40), st.binary(max_size=10)),
        max_size=8,
    )
)
def test_no_torn_tail_ever_loses_a_complete_record(
    steps: list[list[dict[str, object]] | int | bytes],
) -> None:
    """Appends, tears (the last line loses bytes) and rubbish after a crash, in any order."""
    with tempfile.TemporaryDirectory() as folder:
        path, whole = Path(folder, "x.jsonl"), b""
        path.touch()
        for step in steps:
            if isinstance(step, list):
                append(path, step)
                whole = path.read_bytes()
            elif isinstance(step, bytes):
                with path.open("ab") as file:
                    file.write(b"\n" + step.replace(b"\n", b""))
            else:  # a further record of which only the beginning reached the disk
                with path.open("ab") as file:
                    file.write(dump({"torn": "x" * 30})[: min(step, 30)])
        expected = [record for step in steps if isinstance(step, list) for record in step]
        found = read(path).records
        rest = iter(found)
        assert all(record in rest for record in expected), "a record is missing or out of order"
        assert whole == path.read_bytes()[: len(whole)], "bytes were changed"


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"

    def write(number: int) -> None:
        for count in range(10):
            append(path, [{"n": number, "i": count, "pad": "x" * 3000}])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(path)
    assert found.notes == ()
    for number in range(4):
        assert [record["i"] for record in found.records if record["n"] == number] == list(range(10))


APPENDER = """
import sys
from pathlib import Path
from pipeline.world.journals import append
number = int(sys.argv[2])
for count in range(int(sys.argv[3])):
    append(Path(sys.argv[1]), [{"n": number, "i": count, "pad": "x" * 2000}])
    print(count, flush=True)
"""


def appender(path: Path, number: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", APPENDER, str(path), str(number), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def test_processes_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    children = [appender(path, number, 20) for number in range(2)]
    for child in children:
        child.communicate()
        assert child.returncode == 0
    found = read(path)
    assert found.notes == ()
    assert sorted((record["n"], record["i"]) for record in found.records) == [
        (number, count) for number in range(2) for count in range(20)
    ]


def test_kill_in_the_middle_of_appending_loses_nothing_that_was_said_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    child = appender(path, 1, 100_000)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(0.1)
    child.kill()
    confirmed = child.communicate()[0].split()
    append(path, [{"n": 2, "i": 0}])
    found = read(path)
    written = [record["i"] for record in found.records if record["n"] == 1]
    assert written == list(range(len(written)))
    assert len(written) > len(confirmed), "the first was read before the kill"
    assert found.records[-1]["n"] == 2


def test_full_disk_is_for_later_and_the_next_append_completes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        path = disk / "x.jsonl"
        append(path, [{"a": 1}])
        (disk / "ballast").write_bytes(bytes(1_000_000))
        with pytest.raises(PassingError, match="no space left"):
            append(path, [{"n": count, "pad": "y" * 1000} for count in range(200)])
        assert path.read_bytes() == b'{"a":1}\n', "the lines that got in are taken back"
        (disk / "ballast").unlink()
        assert append(path, [{"b": 2}]) == ()
        assert read(path).records == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize("step", ["write_all", "sync_file"])
def test_an_append_that_is_tried_again_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "x.jsonl"
    append(path, [{"a": 1}])
    troubles = [OSError(errno.EIO, "hiccup"), OSError(errno.ESTALE, "moved")]
    really = getattr(journals, step)

    def trouble(descriptor: int, *data: bytes) -> None:
        if troubles:
            if data:  # a share takes some of it: here a whole line and half of the next
                os.write(descriptor, data[0][:12])
            raise troubles.pop()
        really(descriptor, *data)

    monkeypatch.setattr(journals, step, trouble)
    append(path, [{"b": 2}, {"c": 3}])
    assert path.read_bytes() == b'{"a":1}\n{"b":2}\n{"c":3}\n'


def test_without_a_lock_nothing_is_taken_back_and_every_line_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.jsonl"
    append(path, [{"a": 1}])
    with monkeypatch.context() as share:
        share.setattr(journals, "try_lock", lambda _descriptor: None)
        share.setattr(journals, "sync_file", lambda _descriptor: _fail(errno.ENOSPC))
        with pytest.raises(PassingError, match="no space left"):
            append(path, [{"b": 2}])
    append(path, [{"b": 2}])
    assert read(path).records == [{"a": 1}, {"b": 2}, {"b": 2}], "another program may have added lines"


def _fail(number: int) -> None:
    raise OSError(number, os.strerror(number))


def test_a_program_that_keeps_the_journal_locked_makes_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.world.oslocks import try_lock

    path = tmp_path / "x.jsonl"
    append(path, [{"a": 1}])
    monkeypatch.setattr(journals, "_WAIT_S", 0.05)
    with path.open("r+b") as file:
        if try_lock(file.fileno()) is None:
            pytest.skip("this file system has no locks")
        with pytest.raises(PassingError, match="keeps it locked"):
            append(path, [{"b": 2}])
    append(path, [{"c": 3}])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"a": 1}, {"c": 3}]
