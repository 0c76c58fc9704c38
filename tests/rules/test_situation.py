from __future__ import annotations

import pytest

from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.ledger import fold
from pipeline.rules.situation import of_arrival, of_stored

STORED = "C8E@f10.0+A/00_Frames/DATE_2026-01-14/LIGHT/M 31/FILTER_L/x.fits"
RECEIVED = {
    "event": "received", "when": "2026-01-15T07:00:00Z", "inbox": "_Inbox", "original": "a.fits",
    "stored": STORED, "size": 10, "mtime_ns": 1, "sha256": "s",
}  # fmt: skip
PURGED = {"event": "purged", "stored": STORED, "size": 10, "sha256": "s", "why": "cloud all night"}


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.KNOWN])
def test_every_fate_is_a_state_with_a_reason_or_its_own_words(fate):
    arrival = Arrival(
        found=Found("_Inbox", "a.fits", 1, 1, Sort.FRAME), fate=fate, why="its own words", cure="doit x"
    )
    told = of_arrival(arrival)
    assert (told.why, told.command) == ("its own words", "doit x")
    assert told.state


def test_a_file_nobody_knows_is_not_guessed_at():
    assert of_arrival(None).state == "unknown"


@pytest.mark.parametrize(
    ("seen", "state", "command"),
    [
        ((10, 1), "stored", f'doit correct "{STORED}" KEY=VALUE'),
        (None, "missing", "doit verify"),
        ((11, 1), "changed in place", "doit verify"),
        ((10, 2), "changed in place", "doit verify"),
    ],
)
def test_a_stored_file_is_what_the_disk_says_it_is(seen, state, command):
    told = of_stored(STORED, fold([RECEIVED]), seen, is_duplicate=False)
    assert (told.state, told.command) == (state, command)


def test_what_was_given_up_is_not_missing():
    told = of_stored(STORED, fold([RECEIVED, PURGED]), None, is_duplicate=False)
    assert (told.state, told.why) == ("purged", "given up: cloud all night")


def test_a_duplicate_names_its_twin():
    told = of_stored(STORED, fold([RECEIVED]), (10, 1), is_duplicate=True)
    assert told.state == "duplicate"
    assert STORED in told.why
