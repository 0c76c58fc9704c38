"""The text of a new rig file: pleasant to read, and read back as the rig."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from pipeline.model.errors import ConfigError
from pipeline.model.profiles import NinaProfile, ProfileCamera, ProfileOptic
from pipeline.rules.profiles import RigParts
from pipeline.rules.rig_text import compose
from pipeline.rules.rig_update import update
from pipeline.rules.rigfiles import read_rig

ON = date(2026, 1, 10)
PARTS = RigParts("C8E", 10.0, "ZWO ASI2600MM Pro")
PROFILE = NinaProfile(
    path="x.profile",
    id="0a1b",
    name="C8E@f10.0+ZWO ASI2600MM Pro",
    optic=ProfileOptic(name="C8E", focal_length_mm=2032.0, focal_ratio=10.0),
    camera=ProfileCamera(id="ASCOM.ASICamera2.Camera", name="ZWO ASI2600MM Pro", pixel_um=3.76),
    filters=("L", "R", "G", "B", "S", "H", "O"),
    pattern="$$DATEMINUS12$$\\$$TARGETNAME$$_$$FILTER$$",
)


def read(text, parts=PARTS):
    rig, flaws = read_rig(parts.stem, tomllib.loads(text))
    assert flaws == ()
    assert rig is not None
    return rig


def test_a_new_rig_file_reads_back_as_the_profile_had_it():
    rig = read(compose(PARTS, [PROFILE], ON, ["backyard"]))
    assert (rig.name, rig.optic, rig.focal_ratio) == ("C8E@f10.0+ZWO ASI2600MM Pro", "C8E", 10.0)
    assert (rig.focal_length_mm, rig.aperture_mm) == (2032.0, 203.2)
    assert (rig.camera.name, rig.camera.pixel_um, rig.camera.bayer) == ("ZWO ASI2600MM Pro", 3.76, None)
    assert [item.name for item in rig.filters] == ["L", "R", "G", "B", "S", "H", "O"]
    assert rig.names.pattern == PROFILE.pattern
    assert [use.name for use in rig.sites] == ["backyard"]
    assert rig.profile_ids == ("0a1b",)


def test_a_new_rig_file_is_pleasant_to_read():
    text = compose(PARTS, [PROFILE], ON)
    assert text.startswith("# The rig C8E@f10.0+ZWO ASI2600MM Pro.\n# Written on 2026-01-10 from")
    assert text.endswith("\n")
    assert "\n\n\n" not in text
    assert max(map(len, text.splitlines())) <= 110


def test_what_nina_does_not_know_is_left_to_the_person_as_a_comment():
    bare = NinaProfile(path="x", id="1", name="A@f5+B")
    text = compose(RigParts("A", 5.0, "B"), [bare], ON)
    assert "# focal_length_mm" in text
    assert '# aliases = [""]' in text
    rig = read(text, RigParts("A", 5.0, "B"))
    assert (rig.filters, rig.focal_length_mm, rig.names.pattern) == ((), None, None)


def test_a_colour_camera_and_unscaled_bits_are_told():
    camera = ProfileCamera(id="C", name="C", bayer="RGGB", bit_depth=14, bit_scaling=False)
    text = compose(PARTS, [NinaProfile(path="x", id="1", name="n", camera=camera)], ON)
    assert read(text).camera.bayer == "RGGB"
    assert read(text).camera.saturation_adu == 16383


def test_two_profiles_of_one_rig_make_one_file_with_all_their_filters():
    other = NinaProfile(path="y", id="2", name="narrow", filters=("l", "Ha 3nm"))
    rig = read(compose(PARTS, [PROFILE, other], ON))
    assert [item.name for item in rig.filters][-2:] == ["O", "Ha 3nm"]
    assert rig.profile_ids == ("0a1b", "2")


def test_names_that_need_quoting_come_through():
    parts = RigParts('Größe "8\\" /3', 4.75, "Kamera [1] # x")
    odd = NinaProfile(path="x", id="1", name="a\nb", filters=('H"α"', "x\\y"))
    rig = read(compose(parts, [odd], ON), parts)
    assert (rig.optic, rig.camera.name) == (parts.optic, parts.camera)
    assert [item.name for item in rig.filters] == ['H"α"', "x\\y"]


def test_a_profile_no_rig_file_can_hold_is_refused_with_its_reason():
    with pytest.raises(ConfigError, match="focal_ratio"):
        compose(RigParts("A", 0.01, "B"), [PROFILE], ON)


def test_a_fresh_rig_file_needs_no_update():
    text = compose(PARTS, [PROFILE], ON)
    assert update(text, [PROFILE], ON, "x").changes == ()
