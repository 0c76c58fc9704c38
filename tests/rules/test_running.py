from __future__ import annotations

from pipeline.rules.running import progress_of, progress_words

HEADINGS = {"renamed": "Stored"}


def state(**task) -> dict:
    return {
        "pid": 7,
        "working": [{"task": "x", "stage": "renamed", "done": 0, "of": 0, "seconds": 0, **task}],
    }


def test_stage_pace_and_time_left_are_told():
    progress = progress_of(state(done=30, of=120, seconds=10.0), 7)
    assert progress is not None
    assert (progress.rate, progress.seconds_left) == (3.0, 30.0)
    assert progress_words(progress, HEADINGS) == "Stored: 30 of 120, 3 a second, about 30 s left"


def test_slow_work_is_told_in_seconds_each():
    progress = progress_of(state(done=2, of=4, seconds=20.0), 7)
    assert progress_words(progress, HEADINGS) == "Stored: 2 of 4, 10 s each, about 20 s left"


def test_of_several_tasks_the_largest_speaks():
    both = {"pid": 7, "working": [{"stage": "a", "of": 3}, {"stage": "b", "of": 90, "done": 1, "seconds": 1}]}
    progress = progress_of(both, 7)
    assert progress is not None
    assert progress.stage == "b"


def test_the_word_of_an_earlier_run_is_not_taken_for_this_ones():
    assert progress_of(state(done=3, of=9), 8) is None
    assert progress_of(None, 7) is None


def test_nothing_said_yet_is_no_invention():
    assert progress_words(progress_of({"pid": 7, "working": []}, 7), HEADINGS) == "looking at what is due"
    assert progress_words(progress_of(state(), 7), HEADINGS) == "Stored: at work"
    begun = progress_of(state(of=5), 7)
    assert begun is not None
    assert begun.seconds_left is None


def test_a_state_of_another_version_does_not_stop_the_answer():
    assert progress_of({"pid": 7, "working": "all night"}, 7) is None
    odd = progress_of({"pid": 7, "working": [{"stage": None, "done": "3", "of": None}]}, 7)
    assert odd is not None
    assert odd.of == 0
