from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.world.local_time import local_words, zone_name


@pytest.mark.skipif(os.name == "nt", reason="tzset is POSIX only")
def test_a_moment_is_told_by_the_persons_clock_with_its_zone(monkeypatch):
    monkeypatch.setenv("TZ", "XYZ-5:30")
    time.tzset()
    try:
        assert local_words(datetime(2026, 1, 15, 7, 2, tzinfo=UTC)) == "2026-01-15 12:32 XYZ"
        assert local_words("2026-01-15T07:02:00Z") == "2026-01-15 12:32 XYZ"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_long_name_of_a_zone_is_told_by_its_offset():
    zone = timezone(timedelta(hours=1), "W. Europe Standard Time")
    assert zone_name(datetime(2026, 1, 15, tzinfo=zone)) == "UTC+0100"


def test_what_is_no_moment_is_given_back():
    assert local_words("?") == "?"
