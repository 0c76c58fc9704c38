"""XISF headers from real files: as NINA and PixInsight write them, cut, lying, hostile."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.world.headers import read_header

KEYWORDS = """
<FITSKeyword name="IMAGETYP" value="'LIGHT'" comment="Type of exposure"/>
<FITSKeyword name="EXPTIME" value="300.0" comment="[s]"/>
<FITSKeyword name="GAIN" value="100" comment=""/>
<FITSKeyword name="OBJECT" value="'Barnard''s Star  '" comment=""/>
<FITSKeyword name="SIMPLE" value="T" comment=""/>
<FITSKeyword name="OBJECT" value="'second'" comment=""/>
<FITSKeyword name="HISTORY" value="" comment="ImageIntegration.pixelCombination: Average"/>
"""
PROPERTIES = """
<Property id="Observation:Time:Start" type="TimePoint" value="2026-01-15T05:12:33.1234567Z"/>
<Property id="Instrument:Telescope:FocalLength" type="Float32" value="0.55"/>
<Property id="Instrument:ExposureTime" type="Float32" value="299"/>
<Property id="Instrument:Camera:XBinning" type="Int32" value="2"/>
<Property id="Instrument:Filter:Name" type="String">Hα</Property>
<Property id="PCL:Secret" type="String">nothing to us</Property>
<ColorFilterArray pattern="RGGB" width="2" height="2"/>
"""
METADATA = (
    """<Metadata><Property id="XISF:CreatorApplication" type="String">N.I.N.A. 3.2</Property></Metadata>"""
)


def write(
    path: Path, image: str = KEYWORDS, *, attributes: str = "", after: str = METADATA, head: str = ""
) -> Path:
    """One image of 60 × 40 pixels at byte 4096."""
    opening = 'geometry="60:40:1" sampleFormat="UInt16" colorSpace="Gray" imageType="Light"'
    where = attributes or 'location="attachment:4096:4800"'
    root = f'<xisf version="1.0"><Image {opening} {where}>{image}</Image>{after}</xisf>'
    return write_raw(path, f'<?xml version="1.0" encoding="UTF-8"?>{head}{root}'.encode())


def write_raw(path: Path, xml: bytes, length: int | None = None, data: int = 8896) -> Path:
    head = b"XISF0100" + (len(xml) if length is None else length).to_bytes(4, "little") + bytes(4)
    path.write_bytes((head + xml).ljust(data, b"\0"))
    return path


def codes(header) -> list[str]:
    return [problem.code for problem in header.problems]


def test_fits_keywords_are_typed_as_fits_would_and_the_first_of_two_speaks(tmp_path):
    header = read_header(write(tmp_path / "a.xisf"))
    assert header.container == "xisf"
    assert header.problems == ()
    assert dict(header.cards) == {
        "IMAGETYP": "LIGHT",
        "EXPTIME": 300.0,
        "GAIN": 100,
        "OBJECT": "Barnard's Star",
        "SIMPLE": True,
        "NAXIS": 2,
        "NAXIS1": 60,
        "NAXIS2": 40,
        "BITPIX": 16,
        "SWCREATE": "N.I.N.A. 3.2",
    }
    assert type(header.cards["GAIN"]) is int
    assert header.whole_bytes == 4096 + 4800


def test_properties_fill_what_the_keywords_leave_open(tmp_path):
    cards = read_header(write(tmp_path / "a.xisf", KEYWORDS + PROPERTIES)).cards
    assert cards["DATE-OBS"] == "2026-01-15T05:12:33.1234567"
    assert cards["FOCALLEN"] == 550.0
    assert cards["EXPTIME"] == 300.0
    assert (cards["XBINNING"], cards["FILTER"], cards["BAYERPAT"]) == (2, "Hα", "RGGB")


def test_without_keywords_the_properties_and_attributes_speak_alone(tmp_path):
    cards = read_header(write(tmp_path / "a.xisf", PROPERTIES)).cards
    assert (cards["EXPTIME"], cards["IMAGETYP"]) == (299.0, "Light")


def test_a_colour_image_has_three_axes(tmp_path):
    path = write(tmp_path / "a.xisf")
    path.write_bytes(path.read_bytes().replace(b'"60:40:1"', b'"60:40:3"'))
    cards = read_header(path).cards
    assert (cards["NAXIS"], cards["NAXIS3"]) == (3, 3)


def test_only_the_first_of_many_images_speaks(tmp_path):
    second = '<Image geometry="9:9:1"><FITSKeyword name="FILTER" value="\'rejection\'"/></Image>'
    cards = read_header(write(tmp_path / "a.xisf", after=second + METADATA)).cards
    assert "FILTER" not in cards
    assert (cards["NAXIS1"], cards["SWCREATE"]) == (60, "N.I.N.A. 3.2")


@pytest.mark.parametrize("where", ['location="embedded"', 'location="inline:base64"'])
def test_pixels_within_the_header_are_stepped_over(tmp_path, where):
    pixels = f'<Data encoding="base64">{"AAAA" * 100_000}</Data>'
    path = write(tmp_path / "a.xisf", pixels + KEYWORDS, attributes=where)
    header = read_header(path)
    assert header.cards["OBJECT"] == "Barnard's Star"
    assert header.whole_bytes == path.stat().st_size
    assert header.problems == ()


def test_a_header_without_metadata_is_read_and_mentioned(tmp_path):
    header = read_header(write(tmp_path / "a.xisf", after=""))
    assert header.cards["GAIN"] == 100
    assert codes(header) == ["no-metadata"]


def test_pixels_cut_off_say_how_far_they_reach(tmp_path):
    path = write(tmp_path / "a.xisf")
    os.truncate(path, 5000)
    header = read_header(path)
    assert [str(each) for each in header.problems] == [
        "cut-off: the data end after 5.0 of 8.9 kB (copy cut off?)"
    ]


def test_xml_cut_off_keeps_the_keywords_before_the_cut(tmp_path):
    path = write(tmp_path / "a.xisf", KEYWORDS + "x" * 500)
    os.truncate(path, 700)
    header = read_header(path)
    assert (header.cards["EXPTIME"], codes(header)) == (300.0, ["cut-off"])
    assert "XISF header ends after" in header.problems[0].text


def test_a_file_cut_before_its_image_is_cut_off(tmp_path):
    path = write(tmp_path / "a.xisf")
    for length in (8, 12, 16, 60):
        os.truncate(path, length)
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises((CutOff, NotAFrame)):
            read_header(path)


def test_broken_xml_keeps_what_came_before(tmp_path):
    header = read_header(write(tmp_path / "a.xisf", KEYWORDS + "<a></b>"))
    assert (header.cards["EXPTIME"], codes(header)) == (300.0, ["bad-xml"])


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 500_000])
def test_a_header_length_that_lies_is_not_believed(tmp_path, length):
    xml = write(tmp_path / "a.xisf").read_bytes()[16:].rstrip(b"\0")
    header = read_header(write_raw(tmp_path / "b.xisf", xml, length))
    assert header.cards["EXPTIME"] == 300.0
    assert "cut-off" in codes(header)


def test_a_header_length_that_is_too_short_keeps_what_lies_within(tmp_path):
    xml = write(tmp_path / "a.xisf").read_bytes()[16:].rstrip(b"\0")
    header = read_header(write_raw(tmp_path / "b.xisf", xml, 500))
    assert (header.cards["EXPTIME"], codes(header)) == (300.0, ["bad-xml"])


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE xisf [<!ENTITY a "b">]>',
        '<!DOCTYPE xisf SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_a_doctype_is_refused(tmp_path, doctype):
    with pytest.raises(NotAFrame, match="refused: it declares a DOCTYPE"):
        read_header(write(tmp_path / "a.xisf", head=doctype))


def test_a_bottomless_nest_is_refused(tmp_path):
    with pytest.raises(NotAFrame, match="refused: its elements are nested"):
        read_header(write_raw(tmp_path / "a.xisf", b"<a>" * 100_000))


def test_a_tag_without_end_is_refused(tmp_path):
    with pytest.raises(NotAFrame, match="refused: one of its tags has no end"):
        read_header(write_raw(tmp_path / "a.xisf", b'<xisf version="' + b"A" * 3_000_000))


def test_a_header_without_an_image_is_no_frame(tmp_path):
    with pytest.raises(NotAFrame, match="without an image"):
        read_header(write_raw(tmp_path / "a.xisf", b'<xisf version="1.0"></xisf>'))


def test_nan_and_names_that_are_none_are_named(tmp_path):
    bad = '<FITSKeyword name="CCD-TEMP" value="1E999"/><FITSKeyword name="a&#10;b" value="5"/>'
    bad += '<Property id="Instrument:Sensor:Temperature" type="Float32" value="nan"/>'
    header = read_header(write(tmp_path / "a.xisf", KEYWORDS + bad))
    assert "CCD-TEMP" not in header.cards
    assert codes(header) == ["bad-card", "bad-card"]


def test_a_block_at_a_place_that_is_none_is_named(tmp_path):
    header = read_header(
        write(tmp_path / "a.xisf", attributes='location="attachment:99999999999999999999:-1"')
    )
    assert codes(header) == ["bad-xml"]


def test_thousands_of_keywords_are_read_quickly(tmp_path):
    many = "".join(f'<FITSKeyword name="K{number}" value="{number}"/>' for number in range(20_000))
    begun = time.process_time()
    assert read_header(write(tmp_path / "a.xisf", many)).cards["K19999"] == 19999
    assert time.process_time() - begun < 5
