from __future__ import annotations

import os

import pytest

from pipeline.world.occupied import occupied


@pytest.fixture
def library(tmp_path):
    root = tmp_path / "library"
    (root / "store").mkdir(parents=True)
    (root / "store" / "a").write_bytes(b"x" * 1000)
    os.link(root / "store" / "a", root / "link of a")
    (root / "_Trash" / "2026-01-15_00-00-00").mkdir(parents=True)
    (root / "_Trash" / "2026-01-15_00-00-00" / "b").write_bytes(b"y" * 300)
    os.link(root / "store" / "a", root / "_Trash" / "2026-01-15_00-00-00" / "another name of a")
    return root


def test_each_file_is_counted_once(library):
    found = occupied(library, library / ".nightbuild", "1")
    assert (found.total_bytes, found.is_remembered) == (1300, False)


def test_what_was_measured_is_remembered_until_something_changed(library):
    occupied(library, library / ".nightbuild", "1")
    (library / "new").write_bytes(b"z" * 50)
    assert occupied(library, library / ".nightbuild", "1").total_bytes == 1300
    again = occupied(library, library / ".nightbuild", "2")
    assert again.total_bytes is not None
    assert again.total_bytes > 1300
    assert not again.is_remembered


def test_a_library_too_large_for_passing_by_is_not_tried_again_but_on_request(library):
    assert occupied(library, library / ".nightbuild", "1", patience_s=-1).total_bytes is None
    assert occupied(library, library / ".nightbuild", "1").total_bytes is None
    assert occupied(library, library / ".nightbuild", "1", patience_s=None).total_bytes is not None


def test_a_damaged_memory_is_measured_anew(library):
    (library / ".nightbuild").mkdir()
    (library / ".nightbuild" / "occupied.json").write_text('{"when": 1}')
    assert occupied(library, library / ".nightbuild", "1").total_bytes is not None
