from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.calibration import Grouping, MasterRecipe
from pipeline.model.frames import Frame, Kind
from pipeline.model.master_groups import Batch, Group, Policy, joined_digest
from pipeline.model.masters import Master
from pipeline.model.sets import Member
from pipeline.rules.ledger import fold
from pipeline.rules.master_headers import Made
from pipeline.rules.master_standing import stand
from pipeline.rules.purge_raws import (
    Case,
    Raws,
    buried_in,
    case_for,
    in_order,
    master_in,
    reason_of,
    why_not_safe,
)

NIGHT = date(2026, 1, 14)
PATH = "_Dark Library/ASI/masterDark.fits"
HASHES = [f"{number:064x}" for number in range(1, 13)]


def member(sha256: str | None, night: date = NIGHT) -> Member:
    stored = f"_Calibration/ASI/DATE_{night}/DARK/EXP_300.00/{sha256}.fits"
    frame = Frame(path=stored, kind=Kind.DARK, camera="ASI", exposure_s=300.0, night=night)
    return Member(stored=stored, name="x", size=1, mtime_ns=1, sha256=sha256, frame=frame)


def raws(hashes: list[str], kind: Kind = Kind.DARK, **changes: object) -> Raws:
    members = tuple(map(member, hashes))
    digest = joined_digest(hashes) if all(hashes) else ""
    frame = Frame(path="x", kind=kind, camera="ASI", exposure_s=300.0, night=NIGHT)
    batch = Batch(owner="ASI", filed=NIGHT, set_id="s", frame=frame, count=len(hashes), digest=digest)
    policy = Policy(grouping=Grouping(), recipe=MasterRecipe(), backend="built-in")
    one = Group(kind=kind, policy=policy, batches=(batch,), path=PATH)
    return Raws(group=one, members=members, **changes)  # type: ignore[arg-type]


def standing(hashes: list[str], **changes: str):
    frame = Frame(path=PATH, kind=Kind.MASTER_DARK, camera="ASI", night=NIGHT)
    one = Master(path=PATH, frame=frame, frames=len(hashes), **changes)
    return stand([(one, Made(inputs="i", frames=f"{len(hashes)}:{joined_digest(hashes)}"))], ())


def stones(hashes: list[str], why: str):
    return buried_in(
        fold({"event": "purged", "stored": f"{one}", "size": 1, "sha256": one, "why": why} for one in hashes)
    )


@given(st.sets(st.integers(0, 11), max_size=11), st.randoms())
def test_what_went_before_and_what_is_here_prove_together_in_any_order(gone, random):
    own = [one for number, one in enumerate(HASHES) if number not in gone]
    random.shuffle(own)
    before = stones([HASHES[number] for number in gone], f"its master is {PATH}")
    case = case_for(raws(own), standing(HASHES), before)
    assert case.why_not == "" and case.master is not None and case.master.path == PATH


@pytest.mark.parametrize(
    "why", ["its master is another", "left out of its master x", "given up: cloud", "its master is"]
)
def test_what_went_for_another_reason_proves_nothing(why):
    before = stones([*HASHES[:2], "f" * 64], why)
    assert "no master made from exactly these" in case_for(raws(HASHES[2:]), standing(HASHES), before).why_not


def test_one_frame_more_or_another_frame_is_no_proof():
    for own in ([*HASHES, "e" * 64], [*HASHES[1:], "e" * 64], HASHES[1:]):
        assert case_for(raws(own), standing(HASHES), {}).why_not
    assert "not all recorded" in case_for(raws([*HASHES[1:], ""]), standing(HASHES), {}).why_not
    assert "2 of the 10 frames" in case_for(raws(HASHES[:2]), standing(HASHES), {}).why_not


def test_held_rejected_and_unseen_ones_stay():
    assert "is held (odd)" in case_for(raws(HASHES), standing(HASHES, held="odd"), {}).why_not
    assert (
        "you rejected it" in case_for(raws(HASHES), standing(HASHES, trouble="you rejected it"), {}).why_not
    )
    assert "1 frame beside them still wait" in case_for(raws(HASHES, waiting=1), standing(HASHES), {}).why_not


def test_bias_goes_before_darks_and_darks_before_flats():
    kinds = [Kind.FLAT, Kind.DARK, Kind.BIAS, Kind.FLATDARK]
    order = [one.group.kind for one in in_order(raws(HASHES, kind) for kind in kinds)]
    assert order == [Kind.BIAS, Kind.DARK, Kind.FLATDARK, Kind.FLAT]


def test_flats_wait_for_what_was_taken_off_them():
    frame = Frame(path=PATH, kind=Kind.MASTER_DARK)
    flat = Case(raws=raws(HASHES, Kind.FLAT), master=Master(path="flat", frame=frame), made=Made(less="i"))
    dark = Master(path=PATH, frame=frame, sha256="aa")
    assert why_not_safe(flat, [(dark, Made(inputs="i"))], ()) == ""
    assert why_not_safe(replace(flat, made=Made(less="aa")), [(dark, Made())], ()) == ""
    assert why_not_safe(replace(flat, made=Made()), [], ()) == ""
    assert "is in no library" in why_not_safe(flat, [(dark, Made())], ())
    for bad in (replace(dark, held="odd"), replace(dark, trouble="cut off")):
        assert "is not safe itself" in why_not_safe(flat, [(bad, Made(inputs="i"))], ())
    assert "is not safe itself" in why_not_safe(flat, [(dark, Made(inputs="i"))], [PATH])


def test_only_the_night_that_is_meant_goes_and_the_tombstone_names_the_master():
    later = date(2026, 1, 15)
    two = replace(raws(HASHES[:2]), members=(member(HASHES[0]), member(HASHES[1], later)), night=later)
    case = Case(raws=two, master=Master(path=PATH, frame=Frame(path=PATH)))
    assert case.stored == [member(HASHES[1], later).stored]
    assert case.title == "1 dark, ASI, 300 s, 2026-01-15"
    assert case.master is not None
    assert master_in(reason_of(case.master)) == master_in(reason_of(case.master, is_left_out=True)) == PATH
    assert master_in("cloud") == ""
