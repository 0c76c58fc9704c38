from __future__ import annotations

from pipeline.model.frames import Problem
from pipeline.model.survey import Arrival, Fate, Found, InboxScan, Sort, Survey
from pipeline.rules.waiting import failures, quarantined, unlisted, waits
from tests.factories import make_frame

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"


def arrived(name: str, fate: Fate, **changes) -> Arrival:
    return Arrival(found=Found("_Inbox", name, 1, 1, Sort.FRAME), fate=fate, **changes)


def strange(name: str, rig: str = "RC12@f8.0+ASI294MM") -> Arrival:
    optic, _, camera = rig.partition("@f8.0+")
    frame = make_frame(rig=rig, rig_known=False, optic=optic, focal_ratio=8.0, camera=camera)
    cure = f"doit rig --new {rig}, or doit rig --alias {rig} {RIG}"
    return arrived(name, Fate.UNKNOWN_RIG, why=f"no rig file describes {rig}", frame=frame, cure=cure)


def test_frames_of_one_unknown_rig_are_one_line_with_two_ways_out():
    survey = Survey(arrivals=(strange("M31/a.fits"), strange("M31/b.fits"), strange("c.fits", "Z@f8.0+Y")))
    first, second = waits(survey)
    assert first.what.startswith("2 frames: no rig file describes RC12@f8.0+ASI294MM")
    assert (first.where, first.command) == ("_Inbox/M31", "doit rig --new RC12@f8.0+ASI294MM")
    assert first.or_else == f"doit rig --alias RC12@f8.0+ASI294MM {RIG}"
    assert second.where == "_Inbox/c.fits"


def test_the_nearest_known_rig_is_named():
    [one] = waits(Survey(arrivals=(strange("a.fits", "C8@f8.0+ASI2600MM Pro"),)), [RIG])
    assert one.what.endswith(f"; the nearest known rig is {RIG}")


def test_each_quarantined_file_keeps_its_own_sentence():
    survey = Survey(
        arrivals=(
            arrived("a.fits", Fate.QUARANTINE, why="no kind", cure="doit correct a.fits kind=LIGHT"),
            arrived("b.fits", Fate.QUARANTINE, why="cut off", cure="Copy it again and run `doit`."),
            arrived("c.fits", Fate.QUARANTINE, why="no image format we know"),
        )
    )
    found = quarantined(survey)
    assert [one.command for one in found] == ["doit correct a.fits kind=LIGHT", "doit", "doit"]
    assert found[1].what == "not understood: cut off. Copy it again and run `doit`"
    assert found[2].what.endswith("then run `doit`")
    assert waits(survey) == found


def test_unsettled_and_later_are_counted():
    survey = Survey(
        arrivals=(
            arrived("a", Fate.UNSETTLED),
            arrived("b", Fate.UNSETTLED),
            arrived("c", Fate.LATER, why="could not be read: EIO"),
            arrived("d", Fate.STORE),
            arrived("e", Fate.KNOWN),
        )
    )
    assert [one.what for one in waits(survey)] == [
        "2 files: still being written",
        "1 file, tried again by the next run: could not be read: EIO",
    ]


def test_what_in_an_inbox_could_not_be_listed_is_said():
    scans = [
        InboxScan(inbox="/nas", reachable=False),
        InboxScan(
            inbox="_Inbox", problems=(Problem("unreadable", "_Inbox: the folder x could not be read"),)
        ),
    ]
    [unread] = unlisted(scans)
    assert (unread.what, unread.where) == ("_Inbox: the folder x could not be read", "_Inbox")


def test_only_the_last_attempt_of_a_task_can_be_in_trouble():
    lines = [
        {"task": "a", "result": "later", "says": "no space"},
        {"task": "a", "result": "done", "says": "3 stored"},
        {"task": "b", "result": "later", "says": "EIO"},
        {"task": "b", "result": "failed", "says": "no right to write"},
        {"something": "else"},
    ]
    [one] = failures(lines)
    assert (one.what, one.where) == ("b: no right to write", "b")
