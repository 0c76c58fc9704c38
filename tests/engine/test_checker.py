from __future__ import annotations

import os

import pytest

from pipeline.engine.checker import FileChecker
from pipeline.model.jobs import FileRecord


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "frame.fits"
    path.write_bytes(b"bytes")
    return path


def record_of(file):
    return FileChecker().get_state(str(file), None)


def test_equal_size_and_time_is_unchanged_without_reading(file):
    record = record_of(file)
    now = file.stat()
    file.unlink()
    assert FileChecker().check_modified(str(file), now, record) is False


def test_another_size_is_changed_without_reading(file):
    record = record_of(file)
    file.write_bytes(b"more bytes")
    now = file.stat()
    file.unlink()
    assert FileChecker().check_modified(str(file), now, record) is True


def test_a_touched_file_is_unchanged_and_its_record_healed_once(file):
    record = record_of(file)
    os.utime(file, ns=(7, 7))
    checker = FileChecker()
    assert checker.check_modified(str(file), file.stat(), record) is False
    assert checker.take_healed() == {str(file): [5, 7, record[2]]}
    assert checker.take_healed() == {}


def test_other_bytes_of_the_same_size_are_a_change(file):
    record = record_of(file)
    file.write_bytes(b"BYTES")
    os.utime(file, ns=(7, 7))
    assert FileChecker().check_modified(str(file), file.stat(), record) is True


def test_a_file_that_cannot_be_read_counts_as_changed(file):
    record = record_of(file)
    os.utime(file, ns=(7, 7))
    now = file.stat()
    file.unlink()
    assert FileChecker().check_modified(str(file), now, record) is True


def test_what_the_ledger_knows_is_not_read(file):
    now = file.stat()
    known = FileRecord(now.st_size, now.st_mtime_ns, "from the ledger")
    assert FileChecker(lambda _path: known).get_state(str(file), None)[2] == "from the ledger"
    stale = FileRecord(now.st_size, 1, "from the ledger")
    assert FileChecker(lambda _path: stale).get_state(str(file), None) == record_of(file)


def test_a_file_that_changes_while_a_task_reads_it_is_seen_next_time(file):
    checker = FileChecker()
    checker.begun[str(file)] = file.stat()
    file.write_bytes(b"BYTES")
    os.utime(file, ns=(7, 7))
    record = checker.get_state(str(file), None)
    assert FileChecker().check_modified(str(file), file.stat(), record) is True


def test_a_record_that_still_fits_is_kept(file):
    assert FileChecker().get_state(str(file), record_of(file)) is None
