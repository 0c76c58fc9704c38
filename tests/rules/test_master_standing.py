"""Whether a master stands for a group: made from its frames, by hand, or promoted; and what is due where none does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipeline.model.frames import Frame, Kind
from pipeline.model.master_groups import Batch, Group
from pipeline.model.masters import Master
from pipeline.rules.library_names import superseded_path
from pipeline.rules.master_headers import Made, digest_of, made_by
from pipeline.rules.master_standing import Standing, how_of, is_due, stand
from tests.rules.test_master_groups import POLICY, batch, groups

PATH = "_Dark Library/Cam/masterDark_EXPOSURE_300.00_SETTEMP_-10.00_GAIN_100_OFFSET_50.fits"


def group(*batches: Batch) -> Group:
    (one,) = groups(*(batches or (batch(),)))
    return one


def master(**values: object) -> Master:
    frame = Frame(path=PATH, kind=Kind.MASTER_DARK, camera="Cam", night=date(2026, 1, 14))
    return Master(**{"path": PATH, "frame": frame, **values})  # type: ignore[arg-type]


def ours(one: Group, **values: str) -> Made:
    first, last = one.nights
    return Made(**{"inputs": "i", "frames": one.digest, "first": str(first), "last": str(last), **values})


def due(one: Group, standing: Standing, **tried: str) -> bool:
    return is_due(one, standing, tried)


def test_master_of_these_very_frames_stands_also_where_it_is_held_rejected_or_superseded():
    one = group()
    assert due(one, stand([], []))
    for there in (master(), master(held="odd"), master(trouble="you rejected it")):
        assert not due(one, stand([(there, ours(one))], []))
    older = replace(one, is_latest=False)
    aside = master(path=superseded_path(PATH, None), superseded=True)
    assert not due(older, stand([(aside, ours(one))], []))
    assert due(one, stand([(aside, ours(one))], []))
    assert due(one, stand([(master(trouble="cut off"), ours(one))], []))


def test_frames_that_came_or_went_make_another_master_due():
    assert due(group(batch(), batch(day=1)), stand([(master(), ours(group()))], []))


def test_group_with_a_frame_that_was_never_hashed_is_remembered_by_what_was_stored():
    bare = replace(batch(), digest="", mark="ab" * 32)
    one, other = group(bare), group(replace(bare, mark="cd" * 32))
    assert one.digest == "" and one.mark and due(one, stand([], []))
    assert not is_due(one, stand([], []), {one.mark: "one is lost"})
    assert is_due(other, stand([], []), {one.mark: "one is lost"})


def test_too_few_frames_and_what_came_to_nothing_are_not_due():
    assert not due(group(batch(count=9)), stand([], []))
    assert not is_due(group(), stand([], []), {group().digest: "all saturated"})


@pytest.mark.parametrize(("day", "is_wanted"), [(0, False), (10, False), (60, True)])
def test_master_made_by_hand_stands_until_a_later_campaign(day, is_wanted):
    assert due(group(batch(day=day)), stand([(master(), Made())], [])) is is_wanted


@pytest.mark.parametrize("night", [None, date(2026, 1, 14)])
def test_master_made_by_hand_and_taken_in_stands_whether_it_says_a_night_or_not(night):
    by_hand = master(frame=Frame(path=PATH, kind=Kind.MASTER_DARK, camera="Cam", night=night))
    standing = stand([(by_hand, Made(by="PixInsight"))], [PATH])
    assert not due(group(), standing)
    assert due(group(batch(day=60)), standing) is (night is not None)


def test_promoted_master_stands_for_what_is_left_of_its_frames():
    whole, left = group(batch(), batch(day=2)), group(batch(count=12))
    there = master(), ours(whole)
    assert due(left, stand([there], []))
    assert not due(left, stand([there], [PATH]))
    aside = superseded_path(PATH, date(2026, 1, 14))
    assert not due(left, stand([(master(path=aside, superseded=True), ours(whole))], [aside]))
    assert due(group(batch(day=40)), stand([there], [PATH]))


def test_recipe_tells_how_a_master_is_made_and_the_least_number_does_not():
    one = group()
    more = replace(one, policy=replace(POLICY, recipe=replace(POLICY.recipe, min_frames=3)))
    other = replace(one, policy=replace(POLICY, recipe=replace(POLICY.recipe, high_sigma=2.5)))
    assert how_of(one) == how_of(more) != how_of(other)
    assert how_of(one) != how_of(replace(one, policy=replace(POLICY, backend="siril")))


def test_hostile_headers_make_no_master_of_ours():
    made = made_by(
        {"NBINPUTS": 7, "NBFRAMES": True, "NBFIRST": "yesterday", "CREATOR": "x" * 500, "NBHELD": " odd "}
    )
    assert not made.is_ours and made.nights is None and len(made.by) == 200 and made.held == "odd"
    assert digest_of(["a", "b"]) == digest_of(["b", "a"]) != digest_of(["ab"])
