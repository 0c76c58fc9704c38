"""Which rig a NINA profile drives."""

from __future__ import annotations

import pytest

from pipeline.model.profiles import NinaProfile, ProfileCamera, ProfileOptic, ProfileSite
from pipeline.model.rigs import Alias, Camera, Rig, Site
from pipeline.rules.profiles import RigParts, find_rig, group_by_rig, parts_of, remarks_on, site_names

C8 = Rig(
    name="C8@f10.0+ASI", optic="C8", focal_ratio=10.0, camera=Camera(name="ASI"), profile_ids=("GUID-1",)
)
R135 = Rig(
    name="R135@f2.8+AP26CC",
    optic="R135",
    focal_ratio=2.8,
    camera=Camera(name="AP26CC"),
    optic_aliases=(Alias(name="Rokinon"),),
)
HOME = Site(name="home", latitude=40.0, longitude=-3.0)


def profile(name, guid="guid-x", optic=None, camera="", **more):
    return NinaProfile(
        path=f"{name}.profile",
        id=guid,
        name=name,
        optic=optic or ProfileOptic(),
        camera=ProfileCamera(id="x", name=camera) if camera else None,
        **more,
    )


@pytest.mark.parametrize(
    ("one", "parts"),
    [
        (profile("C8E@f10+ZWO ASI2600MM Pro"), RigParts("C8E", 10.0, "ZWO ASI2600MM Pro")),
        (
            profile("x", optic=ProfileOptic(name="SQA55", focal_ratio=5.3), camera="ATR"),
            RigParts("SQA55", 5.3, "ATR"),
        ),
        (profile("Default"), None),
        (profile("@f5+x"), None),
        (profile("x", optic=ProfileOptic(name="a@b", focal_ratio=5.3), camera="ATR"), None),
    ],
)
def test_a_profile_names_its_rig_or_its_telescope_and_camera_do(one, parts):
    assert parts_of(one) == parts


def test_a_rig_that_lists_the_profile_is_its_rig_whatever_it_is_called():
    assert find_rig(profile("Default", guid="guid-1"), [R135, C8]) is C8
    assert find_rig(profile("R135@f2.8+AP26CC", guid="guid-1"), [R135, C8]) is C8


def test_a_rig_is_found_by_its_name_with_any_digits_and_by_aliases():
    assert find_rig(profile("c8@f10+asi"), [R135, C8]) is C8
    assert find_rig(profile("Rokinon@f2.80+AP26CC"), [R135, C8]) is R135
    assert find_rig(profile("R135@f2.0+AP26CC"), [R135, C8]) is None


def test_profiles_of_one_rig_come_together_and_the_nameless_apart():
    one, two, three = profile("C8@f10+ASI"), profile("b", guid="guid-1"), profile("New@f4+Cam")
    twin, lost = profile("new@f4.0+cam", guid="g"), profile("Default")
    driven, nameless = group_by_rig([one, two, three, twin, lost], [C8])
    assert [(item.rig, item.parts.name, item.profiles) for item in driven] == [
        (C8, "C8@f10.0+ASI", (one, two)),
        (None, "New@f4.0+Cam", (three, twin)),
    ]
    assert nameless == [lost]


def test_a_known_site_is_named_and_an_unknown_one_is_told():
    here = ProfileSite(latitude_deg=40.05, longitude_deg=-3.05)
    there = ProfileSite(latitude_deg=10.0, longitude_deg=20.0)
    assert site_names([profile("a", site=here), profile("b", site=here)], [HOME]) == ["home"]
    (driven,), _ = group_by_rig([profile("C8@f10+ASI", site=there, skipped_slots=("DARK",))], [C8])
    remarks = list(remarks_on(driven, [HOME]))
    assert "slots without light skipped: DARK" in remarks
    assert any("latitude = 10, longitude = 20" in remark for remark in remarks)


def test_a_profile_called_after_another_rig_is_told():
    (driven,), _ = group_by_rig([profile("R135@f2.8+AP26CC", guid="guid-1")], [C8])
    assert any("known as a profile of this rig" in remark for remark in remarks_on(driven, []))
