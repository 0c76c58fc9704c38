from __future__ import annotations

from pipeline.rules.frame_words import frame_values
from tests.factories import make_frame


def test_each_value_has_its_unit_and_its_source():
    frame = make_frame(hfr_px=2.31, rms_arcsec=0.6, sources={"exposure_s": "header EXPTIME"})
    told = {name: (value, source) for name, value, source in frame_values(frame)}
    assert told["exposure"] == ("300 s", "header EXPTIME")
    assert told["set temp"] == ("-10 °C", "")
    assert (told["hfr"][0], told["rms"][0], told["night"][0]) == ("2.31 px", "0.6″", "2026-01-14")


def test_what_is_not_known_is_not_said():
    told = {name for name, _, _ in frame_values(make_frame(filter="", gain=None))}
    assert told.isdisjoint({"filter", "gain", "problems", "path"})
