from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.record_policies import Watch
from pipeline.model.survey import Found, Sort
from pipeline.rules.watching_inboxes import (
    Due,
    Waiting,
    calm,
    due,
    entries_of,
    failed,
    notice,
    ran,
    rest_s,
    taken_of,
)

USUAL = Watch(quiet_minutes=5, longest_minutes=30, again_minutes=0)


def test_nothing_noticed_is_never_due():
    assert due(Waiting(), 1e9, USUAL) is Due.NO
    assert rest_s(Waiting(), 1e9, USUAL) == float("inf")


def test_a_night_is_run_when_nothing_has_come_for_the_quiet_time():
    waiting = notice(notice(Waiting(), 0.0), 100.0)
    assert due(waiting, 399.0, USUAL) is Due.NO
    assert rest_s(waiting, 399.0, USUAL) == pytest.approx(1.0)
    assert due(waiting, 400.0, USUAL) is Due.SETTLED


def test_frames_that_keep_coming_starve_no_night_and_cause_no_flood():
    waiting, runs = Waiting(), []
    for moment_s in range(0, 8 * 3600, 60):  # a frame a minute, all night
        waiting = notice(waiting, moment_s)
        if due(waiting, moment_s, USUAL) is Due.LONG:
            runs.append(moment_s)
            waiting = ran(moment_s)
    assert len(runs) == 15
    assert min(later - first for first, later in pairwise(runs)) >= 30 * 60


def test_after_a_while_it_is_run_again_though_nothing_came():
    policy = Watch(again_minutes=60)
    assert due(ran(0.0), 3599.0, policy) is Due.NO
    assert due(ran(0.0), 3600.0, policy) is Due.AGAIN


def test_a_night_that_could_not_be_run_is_tried_again_later_and_not_at_once():
    waiting = failed(notice(Waiting(), 0.0), 400.0, USUAL)
    assert due(waiting, 401.0, USUAL) is Due.NO
    assert due(waiting, 400.0 + 30 * 60, USUAL) is not Due.NO


def test_what_no_night_takes_is_forgotten():
    assert due(calm(notice(Waiting(), 0.0)), 1e6, USUAL) is Due.NO


def test_a_picture_or_an_unfinished_upload_moves_in_the_inbox_but_is_nothing_to_run_for():
    files = [Found("_Inbox", f"{sort}", 1, 2, sort) for sort in Sort]
    assert len(entries_of(files)) == len(Sort)
    assert {path for _, path, _, _ in taken_of(files)} == {"frame", "witness", "archive"}


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=20), st.floats(0, 1e5))
def test_what_is_not_due_becomes_so_after_its_rest_and_not_before(moments, later):
    waiting = Waiting()
    for moment_s in sorted(moments):
        waiting = notice(waiting, moment_s)
    now_s = max(moments) + later
    rest = rest_s(waiting, now_s, USUAL)
    assert (due(waiting, now_s, USUAL) is Due.NO) == (rest > 0)
    assert due(waiting, now_s + rest + 1e-6, USUAL) is not Due.NO
