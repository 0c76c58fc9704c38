"""Folders a person works in that are gone as a whole: told from what the ledger says ought to be there."""

from __future__ import annotations

from pipeline.model.jobs import Job
from pipeline.rules.guards import Guard
from pipeline.rules.views_away import ViewsAway, hold_back_jobs, views_away_of

RIG, OTHER, CAMERA = "C8E@f10.0+ZWO ASI2600MM Pro", "SQA55@f5.3+QHY", "ZWO ASI2600MM Pro"
BLINK, DATA, REJECT = f"{RIG}/10_Blink", f"{RIG}/20_Data", f"_Reject/{RIG}"
DARKS = f"_Calibration/{CAMERA}/10_Blink"


def away(held: dict[str, int], *there: str, guard: Guard | None = None) -> ViewsAway:
    owners = {home: frozenset({RIG}) for home in held} | {DARKS: frozenset({CAMERA})}
    return views_away_of(held, owners, lambda home: home in there, guard or Guard())


def job(stage: str, owner: str, rig: str = "") -> Job:
    arguments = {"owner": owner, "night": "2026-01-14"}
    return Job(
        stage=stage, name=f"{stage}:{owner}", doc="", effect="x:y", arguments=arguments, rig=rig or owner
    )


def test_folders_that_hold_anything_are_there():
    assert away({BLINK: 3, REJECT: 1}, BLINK, REJECT) == ViewsAway()


def test_a_folder_that_ought_to_hold_nothing_may_be_gone():
    assert away({BLINK: 0}).homes == {}


def test_an_emptied_stage_folder_is_one_sentence_with_the_way_out():
    found = away({BLINK: 42, REJECT: 1}, REJECT)
    assert found.owners == {RIG}
    [waiting] = found.waits
    assert waiting.what.startswith(f"{BLINK} is gone or empty, though 42 frames lay there: nothing is judged")
    assert ".keep" in waiting.what
    assert waiting.where == BLINK


def test_a_rig_that_is_away_as_a_whole_is_said_once():
    assert away({BLINK: 42}, guard=Guard(homes={f"{RIG}/00_Frames": "gone"})).waits == ()
    assert away({DARKS: 42}, guard=Guard(homes={f"_Calibration/{CAMERA}": "gone"})).waits == ()


def test_only_what_concerns_these_folders_waits():
    found = away({BLINK: 42})
    jobs = [
        job("renamed", RIG),
        job("measured", RIG),
        job("offered", RIG),
        job("offered", OTHER),
        job("accepted", OTHER, rig=RIG),
        job("culled", CAMERA, rig=CAMERA),
    ]
    kept = [(one.stage, one.rig) for one in hold_back_jobs(jobs, found)]
    assert kept == [("renamed", RIG), ("measured", RIG), ("offered", OTHER), ("culled", CAMERA)]


def test_darks_wait_for_their_camera_alone():
    found = away({DARKS: 5})
    assert found.owners == {CAMERA}
    assert (found.concerns(CAMERA), found.concerns(RIG)) == (True, False)
