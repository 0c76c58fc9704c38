from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.records import About, Decision, LinkFact
from pipeline.model.watching import Look, Sight
from pipeline.rules.absences import hear_absences, is_too_many
from pipeline.rules.decisions import Decisions, fold
from pipeline.rules.records import moment_text
from tests.rules.test_markers import BLINK, DAWN, STORED
from tests.rules.test_markers import frames as frames

DATA = "C8E/20_Data/M31/accept/DATE_2026-01-14/FILTER_L"


def look(number, sight, *, folder=BLINK, state="delivered", to="", since=DAWN, quiet=True):
    link = LinkFact(
        f"{folder}/{number}.fits", STORED[number], state, moment_text(since), moment_text(DAWN), to
    )
    return Look(link=link, sight=sight, at=to or (link.link if sight is Sight.THERE else ""), quiet=quiet)


def word(number, says, hours=1.0):
    return Decision(
        id=f"{number}{says}", kind="blink" if says in {"reject", "accept", "wait"} else says, about=About.FRAME,
        subject=STORED[number], when=DAWN + timedelta(hours=hours), values={"verdict": says},
    )  # fmt: skip


def heard(frames, looks, *words):
    links = {}
    for one in looks:
        links.setdefault(one.link.stored, []).append(one.link)
    return hear_absences(frames, looks, links, fold([list(words)]) if words else Decisions())


def says(found):
    return [(one.subject[-6], one.values.get("verdict", one.kind)) for one in found.sayings]


def test_gone_from_blink_is_rejected_and_gone_from_reject_given_up(frames):
    found = heard(
        frames,
        [look(0, Sight.ABSENT), look(1, Sight.THERE), look(2, Sight.ABSENT, folder=f"_Reject/{BLINK}")],
    )
    assert says(found) == [("0", "reject"), ("2", "give-up")]
    assert [link.stored for link in found.absent] == [STORED[0], STORED[2]]
    assert found.gone is None


def test_gone_from_data_says_nothing_and_is_noted(frames):
    found = heard(frames, [look(0, Sight.ABSENT, folder=DATA), look(1, Sight.THERE)])
    assert (says(found), len(found.absent)) == ([], 1)


def test_nothing_is_judged_before_all_of_it_is_quiet(frames):
    found = heard(frames, [look(0, Sight.ABSENT), look(1, Sight.ABSENT, quiet=False), look(2, Sight.THERE)])
    assert (found.sayings, found.absent, found.gone) == ((), (), None)


def test_the_last_frames_of_a_set_are_asked_about(frames):
    found = heard(frames, [look(number, Sight.ABSENT) for number in range(3)])
    assert says(found) == []
    assert len(found.absent) == 3
    assert (found.gone.stored, found.gone.of, found.gone.folder) == (tuple(STORED), 3, BLINK)


def test_a_set_of_one_that_vanished_is_asked_about(frames):
    assert heard(frames, [look(0, Sight.ABSENT)]).gone is not None


@pytest.mark.parametrize("said", ["reject", "give-up"])
def test_a_frame_rejected_already_is_only_noted(frames, said):
    found = heard(frames, [look(0, Sight.ABSENT), look(1, Sight.THERE)], word(0, said))
    assert (says(found), len(found.absent)) == ([], 1)


def test_a_restored_frame_deleted_from_reject_is_not_given_up(frames):
    looks = [look(0, Sight.ABSENT, folder=f"_Reject/{BLINK}"), look(1, Sight.THERE)]
    assert says(heard(frames, looks, word(0, "restore"))) == []
    assert says(heard(frames, looks, word(0, "restore", hours=-1))) == [("0", "give-up")]


def test_a_restored_frame_deleted_again_is_rejected(frames):
    assert says(heard(frames, [look(0, Sight.ABSENT), look(1, Sight.THERE)], word(0, "restore"))) == [
        ("0", "reject")
    ]


def test_a_frame_seen_further_on_is_not_missing(frames):
    assert says(heard(frames, [look(0, Sight.ABSENT), look(0, Sight.THERE, folder=DATA)])) == []


def test_deleted_from_accept_before_it_was_accepted_is_rejected(frames):
    gone = look(0, Sight.ABSENT, state="moved_on", to="C8E/10_Blink/M31/accept/0.fits")
    assert says(heard(frames, [gone, look(1, Sight.THERE)], word(0, "accept"))) == [("0", "reject")]


def test_what_was_asked_about_is_asked_until_somebody_says_what_it_means(frames):
    gone = [look(number, Sight.ABSENT, state="absent") for number in range(2)]
    assert heard(frames, gone).gone.stored == tuple(STORED[:2])
    assert heard(frames, gone, word(0, "restore")).gone.stored == (STORED[1],)
    assert heard(frames, gone, word(0, "reject", hours=-1), word(1, "restore")).gone is None


def test_what_was_accepted_meanwhile_is_not_asked_about(frames):
    assert (
        heard(frames, [look(0, Sight.ABSENT, state="absent"), look(0, Sight.THERE, folder=DATA)]).gone is None
    )


@given(st.integers(0, 60), st.integers(0, 60))
def test_too_many_is_all_of_it_or_more_than_half_and_more_than_ten(missed, remaining):
    gone, live = {f"m{n}" for n in range(missed)}, {f"l{n}" for n in range(remaining)}
    whole = missed > 0 and remaining == 0
    most = missed > 10 and missed > (missed + remaining) / 2
    assert is_too_many(gone, live) == (whole or most)
