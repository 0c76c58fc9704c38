"""NINA is at work while a journal lies beside its database, or its last image or log line is young."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipeline.world import nina_at_work
from pipeline.world.nina_at_work import at_work


def test_an_old_image_and_an_old_log_are_rest(tmp_path: Path) -> None:
    _log(tmp_path, age_s=7200)
    assert at_work(tmp_path / "schedulerdb.sqlite", tmp_path, time.time() - 7200) == ""


def test_a_young_image_is_work(tmp_path: Path) -> None:
    assert "took an image" in at_work(tmp_path / "x.sqlite", None, time.time() - 60)
    assert "just now" in at_work(tmp_path / "x.sqlite", None, time.time() + 60)  # its clock is ahead
    assert at_work(tmp_path / "x.sqlite", None, time.time() + 10 * 86_400) == ""


def test_a_young_log_is_work(tmp_path: Path) -> None:
    _log(tmp_path, age_s=600)
    assert "wrote its log" in at_work(tmp_path / "x.sqlite", tmp_path, None)
    assert at_work(tmp_path / "x.sqlite", tmp_path / "absent", None) == ""


def test_a_journal_is_work(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite-journal").touch()
    assert "x.sqlite-journal lies beside it" in at_work(tmp_path / "x.sqlite", None, None)


def test_its_process_is_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nina_at_work, "_is_running_here", lambda: True)
    assert "running on this computer" in at_work(tmp_path / "x.sqlite", None, None)


def _log(folder: Path, age_s: float) -> None:
    file = folder / "20260115-000000-3.2.log"
    file.touch()
    os.utime(file, (time.time() - age_s,) * 2)
