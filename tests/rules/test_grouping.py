"""Which frames are judged together, what a set is called, and where it is seen."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Kind
from pipeline.model.library import TargetAlias
from pipeline.model.sets import Member
from pipeline.rules.grouping import group_frames, set_label, speller
from tests.factories import make_frame
from tests.rules.set_values import NIGHT, RIG

BEGAN = datetime(2026, 1, 15, 0, 12, 33)
SPELL = speller({}, ())


def taken(number: int = 0, **changes: object) -> Member:
    """A frame, five minutes after the one before."""
    local = BEGAN + timedelta(minutes=5 * number)
    frame = make_frame(**({"panel": "", "local": local, "utc": None} | changes))
    name = f"{local:%Y-%m-%d_%H-%M-%S}.fits"
    return Member(stored=f"store/{number}/{name}", name=name, size=1, mtime_ns=1, sha256=None, frame=frame)


def ids(*members: Member, spell=SPELL, owner: str = RIG) -> list[str]:
    return [one.id.removeprefix(f"{RIG}/") for one in group_frames(members, owner, NIGHT, spell)]


def test_a_set_is_named_by_its_folder_and_seen_in_the_same_everywhere():
    (one,) = group_frames([taken()], RIG, NIGHT, SPELL)
    folder = "M31/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00"
    assert one.id == f"{RIG}/{folder}"
    assert one.blink == f"{RIG}/10_Blink/{folder}"
    assert one.reject == f"_Reject/{RIG}/10_Blink/{folder}"
    assert one.data == f"{RIG}/20_Data/M31/accept/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00"
    assert (one.owner, one.rig, one.night, one.target, one.label) == (RIG, RIG, NIGHT, "M31", "M31 L 300 s")


@pytest.mark.parametrize(
    "changes",
    [
        {"target": "M33"},
        {"panel": "2"},
        {"filter": "R"},
        {"exposure_s": 60.0},
        {"gain": 0.0},
        {"offset": 10.0},
        {"set_temp_c": 0.0},
        {"binning": 2},
        {"readout_mode": "fast"},
        {"night": date(2026, 1, 13)},
        {"rig": "SQA55@f5.3+ATR585M"},
        {"kind": Kind.FLAT},
    ],
)
def test_frames_that_differ_in_what_matters_are_two_sets(changes):
    assert len(ids(taken(0), taken(1, **changes))) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"filter": "l"},
        {"exposure_s": 300.001},
        {"sensor_temp_c": -9.0},
        {"hfr_px": 4.0},
        {"camera": "ASI2600MM Pro"},
    ],
)
def test_frames_that_differ_in_spelling_or_weather_are_one(changes):
    assert len(ids(taken(0), taken(1, **changes))) == 1


def test_targets_are_one_by_case_and_by_alias():
    assert len(ids(taken(0), taken(1, target="m31"), spell=speller({"m31": "M31"}, ()))) == 1
    alias = TargetAlias(name="Andromeda", aliases=("M31", "M 31"))
    named = ids(taken(0), taken(1, target="M 31"), spell=speller({"m31": "M31"}, (alias,)))
    assert named == ["Andromeda/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00"]


def test_sets_that_share_a_folder_are_told_apart_by_when_they_began():
    later, first = taken(1, gain=0.0), taken(0)
    assert [name[-2:] for name in ids(later, first)] == ["00", "~2"]
    assert [name[-2:] for name in ids(taken(0, gain=0.0), taken(1))] == ["00", "~2"]


def test_no_two_frames_of_a_folder_share_a_name():
    twins = [taken(0), taken(0, gain=0.0)]
    sets = group_frames(twins, RIG, NIGHT, SPELL)
    assert [one.members[0].name for one in sets] == ["2026-01-15_00-12-33.fits", "2026-01-15_00-12-33~2.fits"]


def test_a_correction_to_another_night_shows_in_folder_and_name_but_not_in_the_filing():
    (one,) = group_frames([taken(night=date(2026, 1, 20))], RIG, NIGHT, SPELL)
    assert "/DATE_2026-01-20/" in one.blink
    assert one.id.endswith("~of 2026-01-14")
    assert one.night == NIGHT


def test_a_correction_to_another_rig_is_filed_where_the_frame_lies():
    (one,) = group_frames([taken(rig="SQA55@f5.3+ATR585M")], RIG, NIGHT, SPELL)
    assert (one.owner, one.rig) == (RIG, "SQA55@f5.3+ATR585M")
    assert one.blink.startswith("SQA55@f5.3+ATR585M/10_Blink/")


@pytest.mark.parametrize("kind", [Kind.DARK, Kind.BIAS])
def test_darks_and_bias_are_their_cameras_whichever_rig_it_hung_on(kind):
    camera = "ZWO ASI2600MM Pro"
    both = [taken(0, kind=kind), taken(1, kind=kind, rig="SQA55@f5.3+ZWO ASI2600MM Pro")]
    (one,) = group_frames(both, camera, NIGHT, SPELL)
    assert one.blink.startswith(f"_Calibration/{camera}/10_Blink/{kind}/DATE_2026-01-14/")
    assert one.data == ""


def test_flats_of_any_exposure_are_one_set_each_in_a_folder_of_their_own_name():
    sets = group_frames(
        [taken(0, kind=Kind.FLAT, exposure_s=1.0), taken(1, kind=Kind.FLAT, exposure_s=1.5)],
        RIG,
        NIGHT,
        SPELL,
    )
    assert len(sets) == 1
    assert sets[0].blink.startswith(f"{RIG}/10_Blink/_FLAT/DATE_2026-01-14/FILTER_L")
    assert sets[0].label == "flat L"


@pytest.mark.parametrize("kind", [Kind.SNAPSHOT, Kind.STACK, Kind.MASTER_DARK])
def test_snapshots_stacks_and_masters_form_no_sets(kind):
    assert ids(taken(kind=kind)) == []


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "M31 L 300 s"),
        ({"panel": "2", "filter": "Ha", "exposure_s": 0.5}, "M31 panel 2 Ha 0.5 s"),
        ({"kind": Kind.DARK}, "dark 300 s −10 °C"),
        ({"kind": Kind.BIAS, "set_temp_c": None}, "bias"),
        ({"kind": Kind.FLATDARK, "filter": None}, "flat-dark 300 s"),
        ({"target": None}, "unnamed L 300 s"),
    ],
)
def test_a_set_is_called_what_a_person_calls_it(changes, label):
    assert set_label(make_frame(**({"panel": ""} | changes))) == label


_frames = st.lists(
    st.builds(
        taken,
        st.integers(0, 5),
        gain=st.sampled_from([0.0, 100.0]),
        target=st.sampled_from(["M31", "m31", "../etc", "CON", "", None]),
        filter=st.sampled_from(["L", "Ha", None]),
        kind=st.sampled_from([Kind.LIGHT, Kind.FLAT, Kind.DARK]),
    ),
    max_size=8,
)


def partition(sets):
    return {frozenset(member.stored for member in one.members) for one in sets}


def test_a_set_that_comes_later_takes_no_others_name_though_it_began_earlier():
    began_later, began_first = taken(5, gain=100.0), taken(1, gain=0.0)
    (alone,) = group_frames([began_later], RIG, NIGHT, SPELL)
    sets = {
        one.members[0].stored: one.id for one in group_frames([began_later, began_first], RIG, NIGHT, SPELL)
    }
    assert sets == {began_later.stored: alone.id, began_first.stored: f"{alone.id}~2"}


@given(_frames, st.randoms())
def test_every_frame_is_in_one_set_whatever_the_order_they_are_read_in(members, chance):
    members = [
        m for number, m in enumerate(members) if m.stored not in {one.stored for one in members[:number]}
    ]
    sets = group_frames(members, RIG, NIGHT, SPELL)
    shuffled = list(members)
    chance.shuffle(shuffled)
    assert partition(group_frames(shuffled, RIG, NIGHT, SPELL)) == partition(sets)
    assert sorted(m.stored for one in sets for m in one.members) == sorted(m.stored for m in members)
    assert len({one.id for one in sets}) == len(sets)
    names = [f"{one.blink}/{m.name}".casefold() for one in sets for m in one.members]
    assert len(names) == len(set(names))
    assert not any(".." in one.blink.split("/") for one in sets)
