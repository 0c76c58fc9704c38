"""Plans of other programs are understood as they really write them, and what is hostile is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.errors import UserError
from pipeline.model.plans import Wish
from pipeline.rules.plan_imports import Dose, ImportedPlan, doses_of, line_of, read_plan, wishes_said
from pipeline.rules.plan_lists import degrees_of, wishes_in_list

HEADER = (
    "Catalogue Entry,Familiar Name,Alternative Entries,Type,Constellation,Right Ascension (j2000),"
    "Declination (j2000),Magnitude,Size,Surface Brightness (mag/arcsec2),Rises over 30º,Transit Time,"
    "Sets below 30º,Maximum Altitude,Position Angle (East),Next Opposition,Notes,Right Ascension (jNow),"
    "Declination (jNow),Label\r\n"
)
OLD_HEADER = "Catalogue Entry,Familiar Name,Type,Right Ascension,Declination,Magnitude,Size\n"


def plan(text: str, **more: Any) -> ImportedPlan:
    return read_plan(text.encode(), "a file", name=more.pop("name", "M31"), **more)


def places(found: ImportedPlan) -> list[tuple[str, float | None, float | None]]:
    return [(one.target, one.ra_deg, one.dec_deg) for one in found.wishes]


def test_coordinates_quoted_in_every_odd_way_are_read() -> None:
    rest = '5.7,71\',14,18:09 hr,x,x,x,30,x,"a note, ""quoted""",01h 34\' 51"",30º 47\' 37"",\n'
    found = plan(
        HEADER
        + f'M 33,Triangulum Galaxy,"NGC 598, UGC 1117",Galaxy,Tri,01h 33\' 51"",30º 39\' 37"",{rest}'
        + f'M 34,,,Cluster,Per,"01h 33\' 51""","-30º 39\' 37""",{rest}'
        + f'M 35,,,Cluster,Gem,"01h 33\' 51"","30º 39\' 37"",{rest}'
    )
    assert found.kind == "telescopius"
    assert places(found) == [
        ("Triangulum Galaxy", 23.4625, 30.660278),
        ("M 34", 23.4625, -30.660278),
        ("M 35", 23.4625, 30.660278),
    ]


def test_the_older_header_is_read_and_targets_may_be_named_by_their_catalogue() -> None:
    text = OLD_HEADER + 'M 33,Triangulum Galaxy,Galaxy,01h 33\' 51"",30º 39\' 37"",5.7,71\'\n'
    assert places(plan(text)) == [("Triangulum Galaxy", 23.4625, 30.660278)]
    assert places(plan(text, by_catalogue=True))[0][0] == "M 33"
    latin = read_plan(text.encode("cp1252"), "a file", name="x")
    assert latin.wishes[0].dec_deg == 30.660278


def test_a_list_is_dosed_for_each_filter() -> None:
    text = OLD_HEADER + 'M 33,,Galaxy,01h 33\' 51"",30º 39\' 37"",5.7,71\'\n'
    found = plan(text, doses=doses_of(["L=4,Ha=6.5"], ["OIII=40x300"]), rig="C8E")
    assert [(one.filter, one.hours, one.desired, one.exposure_s, one.rig) for one in found.wishes] == [
        ("L", 4.0, None, None, "C8E"),
        ("Ha", 6.5, None, None, "C8E"),
        ("OIII", None, 40, 300.0, "C8E"),
    ]


@pytest.mark.parametrize("said", ["L", "L=", "L=x", "=4", "L=-1", "L=nan", "L=inf"])
def test_hours_that_are_none_are_refused(said: str) -> None:
    with pytest.raises(UserError, match="write filter and hours"):
        doses_of([said], [])


def test_a_mosaics_panes_are_panels() -> None:
    found = plan(
        "Pane, RA, DEC, Position Angle (East), Pane width (arcmins), Pane height (arcmins), Overlap, Row, Column\n"
        "1, 0hr 56' 01\", 45º 51' 18\", 12.5, 10, 10, 10%, 1, 1\n"
        "2, 0hr 57' 01\", -0º 51' 18\", 12.5, 10, 10, 10%, 1, 2\n",
        doses=[Dose(filter="L", hours=2)],
    )
    assert found.kind == "mosaic"
    assert [(one.target, one.panel, one.dec_deg, one.hours) for one in found.wishes] == [
        ("M31", "1", 45.855, 2),
        ("M31", "2", -0.855, 2),
    ]


def test_target_schedulers_own_table_is_read() -> None:
    found = plan("name,ra,dec,rotation,roi,type\nM31 Panel 2,20h59m17.1s,+44d31m44s,90,100,x\n")
    (one,) = found.wishes
    assert (one.target, one.panel, one.ra_deg, one.dec_deg, one.rotation_deg) == (
        "M31",
        "2",
        314.82125,
        44.528889,
        90,
    )


TARGET_SET = """<?xml version="1.0" encoding="utf-8"?>
<ArrayOfCaptureSequenceList xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <CaptureSequenceList TargetName="M 33" RAHours="1" RAMinutes="33" RASeconds="51" NegativeDec="true" DecDegrees="0"
   DecMinutes="39" DecSeconds="37" PositionAngle="12">
  <CaptureSequence><Enabled>true</Enabled><ExposureTime>300</ExposureTime><ImageType>LIGHT</ImageType>
   <FilterType><Name>Ha</Name><FocusOffset>0</FocusOffset></FilterType><TotalExposureCount>20</TotalExposureCount>
   <ProgressExposureCount>3</ProgressExposureCount></CaptureSequence>
  <CaptureSequence><Enabled>false</Enabled><ExposureTime>60</ExposureTime><ImageType>LIGHT</ImageType>
   <TotalExposureCount>20</TotalExposureCount></CaptureSequence>
  <CaptureSequence><Enabled>true</Enabled><ExposureTime>1</ExposureTime><ImageType>FLAT</ImageType>
   <TotalExposureCount>20</TotalExposureCount></CaptureSequence>
 </CaptureSequenceList>
</ArrayOfCaptureSequenceList>"""


def test_a_target_set_says_what_it_will_shoot() -> None:
    found = plan(TARGET_SET)
    (one,) = found.wishes
    assert found.kind == "nina target set"
    assert (one.target, one.filter, one.exposure_s, one.desired) == ("M 33", "Ha", 300, 20)
    assert (one.ra_deg, one.dec_deg, one.rotation_deg) == (23.4625, -0.660278, 12)
    assert plan("\ufeff" + TARGET_SET.replace(' encoding="utf-8"', "")).wishes == found.wishes


def test_an_entity_bomb_is_refused_unread() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    with pytest.raises(UserError, match="DOCTYPE"):
        plan(bomb)


def _exposure(seconds: float, kind: str = "LIGHT") -> dict[str, Any]:
    return {
        "$type": "NINA.Sequencer.SequenceItem.Imaging.TakeExposure, NINA.Sequencer",
        "ExposureTime": seconds,
        "ImageType": kind,
    }


def _loop(times: int) -> dict[str, Any]:
    return {
        "$values": [{"$type": "NINA.Sequencer.Conditions.LoopCondition, NINA.Sequencer", "Iterations": times}]
    }


def _container(*items: object, kind: str = "SequentialContainer", **more: object) -> dict[str, Any]:
    return {
        "$type": f"NINA.Sequencer.Container.{kind}, NINA.Sequencer",
        "Items": {"$values": list(items)},
        **more,
    }


def test_a_sequences_loops_multiply_and_filters_are_followed() -> None:
    luminance = {"$id": "7", "_name": "L"}
    smart = _container(
        {"$type": "NINA.Sequencer.SequenceItem.FilterWheel.SwitchFilter, NINA", "Filter": luminance},
        _exposure(180.0),
        kind="SmartExposure",
        Conditions=_loop(10),
    )
    again = _container(
        {"$type": "NINA.Sequencer.SequenceItem.FilterWheel.SwitchFilter, NINA", "Filter": {"$ref": "7"}},
        _exposure(180.0),
        _exposure(1.0, "FLAT"),
        Conditions=_loop(5),
    )
    dawn = _container(_exposure(30.0), Conditions={"$values": [{"$type": "NINA.X.TimeCondition, NINA"}]})
    target = {
        "TargetName": "M31 Panel 2",
        "PositionAngle": 5,
        "InputCoordinates": {
            "RAHours": 1,
            "RAMinutes": 0,
            "RASeconds": 0.0,
            "DecDegrees": 41,
            "NegativeDec": False,
        },
    }
    root = _container(
        _container(smart, again, dawn, kind="DeepSkyObjectContainer", Target=target, Conditions=_loop(3))
    )
    found = plan(json.dumps(root))
    assert found.kind == "nina sequence"
    assert [(one.filter, one.exposure_s, one.desired) for one in found.wishes] == [
        ("L", 180.0, 45),
        ("L", 30.0, None),
    ]
    assert {(one.target, one.panel, one.ra_deg, one.dec_deg) for one in found.wishes} == {
        ("M31", "2", 15.0, 41.0)
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "a,b,c\n1,2,3\n",
        "{",
        "[]",
        "{}",
        "<x/>",
        "<x",
        '{"$type": 3}',
        "[" * 100_000,
        "\x00\x01",
        "Pane\n",
    ],
)
def test_what_is_no_plan_is_a_sentence(text: str) -> None:
    with pytest.raises(UserError):
        plan(text)


@given(st.binary(max_size=300))
def test_no_bytes_crash_it(content: bytes) -> None:
    for lead in (b"", b"{", b"<", HEADER.encode(), b"Pane,RA,DEC\n"):
        try:
            read_plan(lead + content, "a file", name="M31")
        except UserError as error:
            assert str(error)


def test_degrees_out_of_range_are_unknown() -> None:
    assert degrees_of("25h 0' 0", is_hours=True) is None
    assert degrees_of("12h 61' 0", is_hours=True) is None
    assert degrees_of("nothing", is_hours=True) is None


def test_wishes_survive_their_decision_and_what_was_tampered_with_is_passed_over() -> None:
    wish = Wish(target="M31", panel="2", filter="L", hours=4.0, is_mosaic=True, ra_deg=1.0)
    lines = json.loads(
        json.dumps([line_of(wish), {"target": 3}, "x", line_of(wish) | {"hours": "many", "source": "y"}])
    )
    first, second = wishes_said(lines, "autumn")
    assert first == Wish(**{**{k: getattr(wish, k) for k in Wish.__slots__}, "source": "autumn"})
    assert (second.hours, second.source) == (None, "autumn")
    assert list(wishes_said(None, "x")) == []


@pytest.mark.parametrize(("entry", "familiar", "is_meant"), [
    ("M 33", "Triangulum Galaxy", "M33"), ("NGC 7000, North America Nebula", "", "NGC 7000"),
    ("", "NGC 7000, North America Nebula", "NGC 7000"), ("", "M31 core", ""), ("Sh2-101", "Tulip", "Sh2-101"),
    ("", "Panel of nothing", ""),
])  # fmt: skip
def test_a_list_tells_which_object_of_a_catalogue_is_meant(entry: str, familiar: str, is_meant: str) -> None:
    rows = f'Catalogue Entry,Familiar Name,RA,Dec\n"{entry}","{familiar}",1.0,2.0\n'
    (wish,) = wishes_in_list(rows)
    assert wish.object == is_meant
    assert next(iter(wishes_said([line_of(wish)], "list"))).object == is_meant
