"""Which rig a frame is of."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.model.rigs import Alias, Camera
from pipeline.rules.recognise import Parts, camera_of, filter_of, is_one_thing, recognise, same_rig
from tests.factories import make_rig

C8 = make_rig()
C8_REDUCED = make_rig(name="C8E@f7.0+ZWO ASI2600MM Pro", focal_ratio=7.0, focal_length_mm=1422.0)
NIGHT = date(2026, 1, 14)


def name_of(parts: Parts, *rigs: object, inbox_rig: str | None = None) -> str | None:
    found = recognise(parts, rigs or (C8, C8_REDUCED), inbox_rig).rig  # type: ignore[arg-type]
    return found.name if found else None


def test_optic_ratio_and_camera_name_a_rig_however_spelt() -> None:
    assert name_of(Parts(optic="c8e", focal_ratio=10, camera="asi2600mm  pro")) == C8.name
    assert name_of(Parts(optic="C8E", focal_ratio=7.0001, camera="ZWO ASI2600MM Pro")) == C8_REDUCED.name


def test_a_camera_alone_names_no_rig() -> None:
    assert name_of(Parts(camera="ZWO ASI2600MM Pro"), C8) is None


def test_the_focal_length_decides_between_two_ratios_of_one_optic() -> None:
    parts = Parts(optic="C8E", camera="ZWO ASI2600MM Pro", focal_length_mm=1430.0)
    assert name_of(parts) == C8_REDUCED.name


def test_where_nothing_decides_the_rivals_are_named() -> None:
    found = recognise(Parts(optic="C8E", camera="ZWO ASI2600MM Pro"), (C8, C8_REDUCED))
    assert found.rig is None
    assert found.rivals == (C8.name, C8_REDUCED.name)


def test_a_focal_length_alone_must_agree() -> None:
    assert name_of(Parts(camera="ZWO ASI2600MM Pro", focal_length_mm=2030.0)) == C8.name
    assert name_of(Parts(camera="ZWO ASI2600MM Pro", focal_length_mm=494.0)) is None


def test_the_inbox_speaks_where_nothing_contradicts_it() -> None:
    assert name_of(Parts(), inbox_rig="C8E@f10+ZWO ASI2600MM Pro") == C8.name
    assert name_of(Parts(optic="RedCat", camera="X", focal_ratio=4.9), inbox_rig=C8.name) is None


def test_an_alias_holds_only_between_its_dates() -> None:
    rig = make_rig(optic_aliases=(Alias(name="Edge 8", valid_to=date(2026, 1, 1)),))
    parts: dict[str, Any] = {"optic": "Edge 8", "focal_ratio": 10.0, "camera": "ZWO ASI2600MM Pro"}
    assert name_of(Parts(**parts, night=date(2025, 12, 31)), rig) == rig.name
    assert name_of(Parts(**parts, night=NIGHT), rig) is None


def test_two_bodies_of_one_model_are_two_cameras_when_told_apart() -> None:
    one = make_rig(
        camera=Camera(name="ZWO ASI2600MM Pro A", ids=("A1",)),
        camera_aliases=(Alias(name="ZWO ASI2600MM Pro"),),
    )
    two = make_rig(
        name="C8E@f10.0+ZWO ASI2600MM Pro B",
        camera=Camera(name="ZWO ASI2600MM Pro B", ids=("B2",)),
        camera_aliases=(Alias(name="ZWO ASI2600MM Pro"),),
    )
    parts: dict[str, Any] = {"optic": "C8E", "focal_ratio": 10.0, "camera": "ZWO ASI2600MM Pro"}
    assert name_of(Parts(**parts, camera_id="B2"), one, two) == two.name
    assert name_of(Parts(**parts, camera_id="A1"), one, two) == one.name
    assert camera_of("ZWO ASI2600MM Pro", "B2", (one, two), NIGHT) == "ZWO ASI2600MM Pro B"


def test_rig_names_compare_their_ratio_as_a_number() -> None:
    assert same_rig("C8E@f10+X", "C8E@f10.0+x")
    assert not same_rig("C8E@f10+X", "C8E@f7+X")


def test_a_filter_name_means_the_filter_that_was_in_the_wheel_that_night() -> None:
    assert (filter_of("Ha", C8, date(2025, 6, 1)) or C8.filters[0]).name == "H"
    assert (filter_of("ha", C8, NIGHT) or C8.filters[0]).name == "H3"
    assert filter_of("OIII", C8, NIGHT) is None


def test_another_body_of_the_model_is_a_stranger_and_is_told_so() -> None:
    rig = make_rig(camera=Camera(name="ZWO ASI2600MM Pro", ids=("A1",)))
    parts = Parts(optic="C8E", focal_ratio=10.0, camera="ZWO ASI2600MM Pro", camera_id="C3")
    assert recognise(parts, (rig,)).strangers == (rig.name,)
    assert recognise(parts, (C8,)).rig is C8


def test_a_serial_number_is_one_in_any_letters() -> None:
    rig = make_rig(camera=Camera(name="ZWO ASI2600MM Pro", ids=("ZWOptical_ab12",)))
    parts = Parts(optic="C8E", focal_ratio=10.0, camera="ZWO ASI2600MM Pro", camera_id="zwoptical_AB12")
    assert recognise(parts, (rig,)).rig is rig


def test_two_names_of_one_thing_are_no_disagreement() -> None:
    rig = make_rig(optic_aliases=(Alias(name="EdgeHD 8", valid_to=date(2026, 1, 1)),))
    assert is_one_thing("camera", ("asi2600mm pro", "ZWO ASI2600MM Pro"), rig, NIGHT)
    assert is_one_thing("filter", ("H3", "Ha"), rig, NIGHT)
    assert not is_one_thing("filter", ("H", "Ha"), rig, NIGHT)
    assert not is_one_thing("filter", ("X", "Y"), rig, NIGHT)
    assert not is_one_thing("optic", ("C8E", "EdgeHD 8"), rig, NIGHT)
    assert is_one_thing("optic", ("C8E", "EdgeHD 8"), rig, date(2025, 12, 31))
    assert not is_one_thing("target", ("C8E", "C8E"), rig, NIGHT)
