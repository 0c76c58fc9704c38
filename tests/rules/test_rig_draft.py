from __future__ import annotations

import tomllib
from datetime import date

import pytest

from pipeline.model.errors import ConfigError
from pipeline.model.frames import Kind
from pipeline.rules.profiles import RigParts
from pipeline.rules.rig_draft import RigFacts, compose_draft, facts_of, policies_of
from pipeline.rules.rigfiles import read_rig
from tests.factories import make_frame

PARTS = RigParts("Esprit 100", 5.5, 'ASI "2600" MC')
TODAY = date(2026, 1, 15)


def drafted(facts, policies=None):
    text = compose_draft(PARTS, facts, TODAY, policies)
    rig, flaws = read_rig(PARTS.stem, tomllib.loads(text))
    assert flaws == ()
    return rig


def test_the_file_says_what_most_of_the_lights_say():
    frames = [
        make_frame(
            filter=name, pixel_um=7.52, binning=2, width_px=3124, height_px=2088, bayer="RGGB", planes=1
        )
        for name in ("L", "Ha", "ha")
    ]
    frames.append(make_frame(kind=Kind.DARK, filter="Dark", pixel_um=3.0))
    facts = facts_of(frames)
    rig = drafted(facts)
    assert (rig.camera.pixel_um, rig.camera.width_px, rig.camera.height_px) == (3.76, 6248, 4176)
    assert rig.camera.bayer == "RGGB"
    assert [item.name for item in rig.filters] == ["L", "Ha"]
    assert "4 frames: 3.76 µm" in str(facts)


def test_a_name_alone_makes_a_file_that_can_be_read():
    rig = drafted(RigFacts())
    assert (rig.optic, rig.focal_ratio, rig.camera.name) == ("Esprit 100", 5.5, 'ASI "2600" MC')
    assert rig.filters == ()


def test_hostile_headers_make_a_file_that_can_be_read():
    frames = [make_frame(filter='x"]\n[cull]', camera_id="a\nb", pixel_um=1e-9, focal_length_mm=1e300)]
    rig = drafted(facts_of(frames))
    assert rig.filters == () or rig.filters[0].name.isprintable()


def test_policies_are_taken_over_with_their_comments():
    known = 'optic = "A"\r\nviews = "copy"\r\n\r\n[cull.pass1]\r\nhfr = 4.0  # strict\r\n\r\n[camera]\r\nname = "B"\r\n'
    policies = policies_of(known, "known.toml")
    rig = drafted(RigFacts(filters=("L",)), policies)
    assert rig.views == "copy"
    assert rig.cull.pass1 is not None
    assert rig.cull.pass1.hfr == 4.0
    assert "# strict" in compose_draft(PARTS, RigFacts(), TODAY, policies)


def test_a_layout_that_cannot_be_copied_is_refused():
    with pytest.raises(ConfigError, match="edit by hand"):
        policies_of("cull.pass1.hfr = 4.0\n", "known.toml")
