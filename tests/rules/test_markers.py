from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Kind
from pipeline.model.records import About, Decision, LinkFact
from pipeline.model.sets import FrameSet, Member
from pipeline.model.watching import Look, Marker, Observation, Sight
from pipeline.rules.decisions import Decisions, fold
from pipeline.rules.identity import Clues, Known, identify
from pipeline.rules.markers import hear_markers, is_marker, marker_folders
from pipeline.rules.records import moment_text
from pipeline.rules.words import REOPEN

BLINK = "C8E/10_Blink/M31/DATE_2026-01-14/FILTER_L"
DATA = "C8E/20_Data/M31/accept/DATE_2026-01-14/FILTER_L"
NIGHT = date(2026, 1, 14)
DAWN = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
STORED = [f"C8E/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L/{number}.fits" for number in range(3)]


@pytest.fixture
def frames():
    members = [
        Member(
            stored=stored,
            name=stored[-6:],
            size=1,
            mtime_ns=1,
            sha256=None,
            frame=identify(Clues(path=stored), Known()),
        )
        for stored in STORED
    ]
    return FrameSet(
        id="C8E/M31/DATE_2026-01-14/FILTER_L",
        owner="C8E",
        night=NIGHT,
        rig="C8E",
        kind=Kind.LIGHT,
        label="M31 L",
        blink=BLINK,
        members=tuple(members),
    )


def look(number, delivered=DAWN, at="", sight=Sight.THERE):
    link = f"{BLINK}/{number}.fits"
    told = moment_text(delivered)
    return Look(link=LinkFact(link, STORED[number], "delivered", told, told), sight=sight, at=at or link)


def marker(path=f"{BLINK}/BLINKED", put=DAWN + timedelta(hours=1), **more):
    return Marker(path=path, mtime_ns=7, put_ns=int(put.timestamp() * 1e9), **more)


def heard(
    frames, looks, markers, decisions=None, now=DAWN + timedelta(hours=2), folders=(BLINK,), links=None
):
    seen = Observation(owner="C8E", looks=tuple(looks), markers=tuple(markers), folders=frozenset(folders))
    return hear_markers(seen, [frames], links or {}, decisions or Decisions(), now)


def decided(saying, when=DAWN + timedelta(hours=2)):
    return Decision(
        id="one", kind=saying.kind, about=saying.about, subject=saying.subject, when=when, owner=saying.owner,
        night=saying.night, values=saying.values,
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["BLINKED", "blinked", "Blinked.txt", "BLINKED.MD", "BLINKED (1)", "BLINKED (2).txt", "blinked.txt.txt", "BLINKED.txt (1)",
     "BLINKED - Copy.txt", "BLINKED - Copy (2)", "blinked copy 2"],
)  # fmt: skip
def test_a_marker_has_many_spellings(name):
    assert is_marker(name)


@pytest.mark.parametrize(
    "name",
    ["BLINKED.fits", "BLINKED.xisf", "blink", "BLINKED_2", "not BLINKED", ".BLINKED", "BLINKED.jpg", ""],
)
def test_a_frame_or_another_file_is_no_marker(name):
    assert not is_marker(name)


@given(st.text(max_size=60))
def test_any_name_is_a_marker_or_is_not(name):
    assert is_marker(name) in {True, False}


def test_markers_lie_in_filter_date_and_target_folders():
    assert marker_folders(BLINK) == (BLINK, BLINK.rpartition("/")[0], "C8E/10_Blink/M31")
    assert (
        marker_folders("_Calibration/cam/10_Blink/DARK/DATE_2026-01-14/EXP_300.00")[2]
        == "_Calibration/cam/10_Blink/DARK"
    )


def test_a_marker_speaks_for_what_lies_below_it(frames):
    (said,) = heard(frames, [look(0), look(1), look(2)], [marker(text="fine", who="ada")]).sayings
    assert (said.about, said.subject, said.why, said.who) == (About.SET, frames.id, "fine", "ada")
    assert said.values == {"frames": STORED, "by": "marker", "marker": f"{BLINK}/BLINKED", "mtime_ns": 7}


def test_it_does_not_speak_for_what_lies_nowhere(frames):
    (said,) = heard(frames, [look(0), look(1, sight=Sight.ABSENT)], [marker()]).sayings
    assert said.values["frames"] == STORED[:1]


def test_it_speaks_for_what_was_moved_to_accept(frames):
    (said,) = heard(
        frames, [look(0, at="C8E/10_Blink/M31/accept/0.fits", sight=Sight.FOUND)], [marker()]
    ).sayings
    assert said.values["frames"] == STORED[:1]


def test_it_speaks_for_nothing_delivered_after_it_was_first_seen(frames):
    (said,) = heard(frames, [look(0)], [marker()]).sayings
    before = fold([[decided(said)]])
    late = look(1, delivered=DAWN + timedelta(hours=3))
    assert heard(frames, [look(0), late], [marker()], before, now=DAWN + timedelta(hours=4)).sayings == ()
    touched = replace(marker(), mtime_ns=8)
    (again,) = heard(frames, [look(0), late], [touched], before, now=DAWN + timedelta(hours=4)).sayings
    assert again.values["frames"] == STORED[:2]


def test_the_rest_of_a_marker_that_was_heard_in_part_is_heard_as_of_then(frames):
    (said,) = heard(frames, [look(0)], [marker()]).sayings
    other = replace(frames, id="another set")
    before = fold([[decided(replace(said, subject="another set"))]])
    late = look(1, delivered=DAWN + timedelta(hours=3))
    rest = hear_markers(
        Observation(owner="C8E", looks=(look(0), late), markers=(marker(),), folders=frozenset({BLINK})),
        [frames, other], {}, before, DAWN + timedelta(hours=4),
    ).sayings  # fmt: skip
    assert [(one.subject, one.values["frames"]) for one in rest] == [(frames.id, STORED[:1])]


def test_a_marker_older_than_the_frames_does_not_speak_for_them(frames):
    found = heard(frames, [look(0)], [marker(put=DAWN - timedelta(days=2))])
    assert [one.values["frames"] for one in found.sayings] == [[]]
    assert "is older than the frames below it" in found.problems[0].text


def test_a_marker_with_nothing_below_it_is_a_note(frames):
    found = heard(frames, [], [marker()])
    assert "speaks for nothing" in found.problems[0].text
    (seen,) = found.sayings
    assert (seen.about, seen.values["frames"]) == (About.RIG, [])
    before = fold([[decided(seen)]])
    again = heard(frames, [], [marker()], before)
    assert (again.sayings, again.problems) == ((), found.problems)


def test_a_marker_that_was_seen_with_nothing_below_it_does_not_speak_for_what_comes_later(frames):
    (seen,) = heard(frames, [], [marker()]).sayings
    late, before = look(0, delivered=DAWN + timedelta(hours=3)), fold([[decided(seen)]])
    found = heard(frames, [late], [marker()], before, now=DAWN + timedelta(hours=4))
    assert found.sayings == ()
    (again,) = heard(
        frames, [late], [replace(marker(), mtime_ns=8)], before, now=DAWN + timedelta(hours=4)
    ).sayings
    assert again.values["frames"] == STORED[:1]


def test_of_a_night_in_which_all_is_settled_no_marker_is_written_down(frames):
    """Nobody looks there while caches hold; without them nothing may be written that was not before."""
    links = {stored: [replace_link(look(n).link, DATA)] for n, stored in enumerate(STORED)}
    found = heard(frames, [], [marker()], links=links)
    assert found.sayings == ()
    assert "speaks for nothing" in found.problems[0].text


def test_of_a_set_that_is_reopened_or_has_a_late_frame_it_is(frames):
    links = {stored: [replace_link(look(n).link, DATA)] for n, stored in enumerate(STORED)}
    again = Decision(id="r", kind=REOPEN, about=About.SET, subject=frames.id, when=DAWN + timedelta(hours=1), owner="C8E",
                     night=NIGHT, values={})  # fmt: skip
    reopened = heard(frames, [], [marker()], fold([[again]]), links=links)
    late = heard(frames, [], [marker()], links={stored: links[stored] for stored in STORED[:2]})
    assert [one.values["frames"] for one in (*reopened.sayings, *late.sayings)] == [[], []]


def test_what_was_moved_back_into_blink_by_hand_is_spoken_for_as_of_then(frames):
    link = replace_link(look(0).link, f"_Reject/{BLINK}")
    moved = replace(look(0), link=link, sight=Sight.FOUND)
    (said,) = heard(frames, [moved], [marker()]).sayings
    assert said.values["frames"] == STORED[:1]
    before = fold([[decided(replace(said, subject="another set"))]])
    assert heard(frames, [moved], [marker()], before, now=DAWN + timedelta(hours=4)).sayings == ()


def replace_link(link, folder):
    return link._replace(link=f"{folder}/{link.link.rpartition('/')[2]}")


def test_a_marker_that_was_removed_is_taken_back(frames):
    (said,) = heard(frames, [look(0)], [marker()]).sayings
    before = fold([[decided(said)]])
    (back,) = heard(frames, [look(0)], [], before).sayings
    assert (back.kind, back.undoes, back.values) == ("undo", "one", {"by": "marker removed"})


def test_a_marker_whose_folder_is_gone_is_not_a_removed_one(frames):
    (said,) = heard(frames, [look(0)], [marker()]).sayings
    assert heard(frames, [], [], fold([[decided(said)]]), folders=()).sayings == ()


@pytest.mark.parametrize("state", ["accepted", "in 20_Data"])
def test_removed_after_acceptance_it_means_nothing(frames, state):
    (said,) = heard(frames, [look(0)], [marker()]).sayings
    told = moment_text(DAWN + timedelta(hours=3))
    link = LinkFact(f"{BLINK}/0.fits", STORED[0], "accepted", told, moment_text(DAWN))
    if state == "in 20_Data":
        link = LinkFact("C8E/20_Data/M31/accept/0.fits", STORED[0], "delivered", told, told)
    assert heard(frames, [], [], fold([[decided(said)]]), links={STORED[0]: [link]}).sayings == ()


def test_taken_back_by_removal_it_may_be_put_there_again(frames):
    (said,) = heard(frames, [look(0)], [marker()]).sayings
    first = decided(said)
    (back,) = heard(frames, [look(0)], [], fold([[first]])).sayings
    undone = replace(decided(back, DAWN + timedelta(hours=3)), id="two", undoes="one")
    assert len(heard(frames, [look(0)], [marker()], fold([[first], [undone]])).sayings) == 1
    by_hand = replace(undone, values={})
    assert heard(frames, [look(0)], [marker()], fold([[first], [by_hand]])).sayings == ()


def test_a_folder_renamed_with_its_marker_speaks_for_what_it_spoke_for(frames):
    (said,) = heard(frames, [look(0)], [marker("C8E/10_Blink/M31/BLINKED")]).sayings
    at = "C8E/10_Blink/Andromeda/DATE_2026-01-14/FILTER_L"
    looks = [look(0, at=f"{at}/0.fits", sight=Sight.FOUND), look(1, at=f"{at}/1.fits", sight=Sight.FOUND)]
    (again,) = heard(
        frames, looks, [marker("C8E/10_Blink/Andromeda/BLINKED")], fold([[decided(said)]])
    ).sayings
    assert again.values["frames"] == STORED[:1]
