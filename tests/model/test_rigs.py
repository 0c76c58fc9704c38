"""Every setting has its manual, and the values keep to what they promise."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.library import Configuration, Library, TargetList
from pipeline.model.policies import CullPass
from pipeline.model.rigs import Camera, Rig, Span
from pipeline.model.services import SyncSettings
from pipeline.rules.keys import walk_keys
from pipeline.world.manuals import describe, find_manuals

NIGHTS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@pytest.mark.parametrize("settings", [Rig, Library, TargetList])
def test_every_key_a_person_may_write_has_a_manual_under_it(settings):
    silent = {
        f"{owner.__name__}.{key.name}"
        for _, owner, key in walk_keys(settings)
        if owner is not SyncSettings and not find_manuals(owner).get(key.name)
    }
    assert silent == set()


@pytest.mark.parametrize("settings", [Rig, Library])
def test_describe_lists_every_key_once_with_its_type_and_default(settings):
    entries = {entry.key: entry for entry in describe(settings)}
    assert len(entries) == len(describe(settings))
    assert all(entry.type for entry in entries.values())
    if settings is Rig:
        assert entries["focal_ratio"].default == "required"
        assert entries["focal_ratio"].type == "a number"
        assert entries["masters.dark.min_frames"].default == "10"
        assert entries["filters[].valid_from"].manual.startswith("The first night")
        assert entries["cull.pass1.auto_percent"].type == 'a number or "always"'
    else:
        assert entries["retire"].default == '"later"'
        assert entries["retire.after_days"].default == "required"
        assert (
            entries["site[].latitude" if "site[].latitude" in entries else "sites[].latitude"].type
            == "a number"
        )


def test_a_span_holds_from_its_first_night_until_before_its_last():
    span = Span(valid_from=date(2025, 11, 23), valid_to=date(2025, 12, 1))
    assert not span.holds(date(2025, 11, 22))
    assert span.holds(date(2025, 11, 23))
    assert span.holds(date(2025, 11, 30))
    assert not span.holds(date(2025, 12, 1))


def test_without_a_night_a_span_holds_when_it_still_is_so():
    assert Span(valid_from=date(2025, 11, 23)).holds(None)
    assert not Span(valid_to=date(2025, 11, 23)).holds(None)


def test_a_span_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="later than"):
        Span(valid_from=date(2025, 11, 23), valid_to=date(2025, 11, 23))


@given(st.tuples(NIGHTS, NIGHTS, NIGHTS, NIGHTS))
def test_two_spans_meet_exactly_when_a_night_is_in_both(nights):
    one, other = (_span(*nights[:2]), _span(*nights[2:]))
    candidates = {one.valid_from, other.valid_from}
    shared = [night for night in candidates if one.holds(night) and other.holds(night)]
    assert one.meets(other) == other.meets(one) == bool(shared)
    if shared:
        both = one.overlap(other)
        assert both.holds(max(shared))
        assert not both.holds(both.valid_to)


def _span(first, second):
    start, end = sorted((first, second))
    return Span(valid_from=start, valid_to=end + timedelta(days=1))


def test_cull_limits_are_those_that_were_set():
    assert CullPass(hfr=4.6, rms_arcsec=2.0, auto_percent=30).limits == {"hfr": 4.6, "rms_arcsec": 2.0}
    assert CullPass().limits == {}


def test_a_stranger_has_the_defaults_and_its_own_name():
    nameless = Rig(name="-", optic="-", focal_ratio=1, camera=Camera(name="-", cooled=False))
    rig = Configuration(stranger=nameless).describe_stranger(
        name="A@f5.0+B", optic="A", focal_ratio=5.0, camera="B"
    )
    assert (rig.name, rig.optic, rig.focal_ratio, rig.camera.name) == ("A@f5.0+B", "A", 5.0, "B")
    assert not rig.camera.cooled


def test_settings_can_be_compared_and_hashed_so_that_a_changed_rig_is_seen():
    rig = Rig(name="A@f5.0+B", optic="A", focal_ratio=5.0, camera=Camera(name="B"))
    assert hash(rig) == hash(Rig(name="A@f5.0+B", optic="A", focal_ratio=5.0, camera=Camera(name="B")))
    assert {item.name for item in fields(Rig)} >= {"cull", "matching", "grouping", "masters"}
