"""NINA profiles: what is read from one, and what ends as a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.errors import ConfigError
from pipeline.model.profiles import ProfileCamera, ProfileOptic, ProfileSite
from pipeline.world.nina_profile import find_profiles, profile_of, read_profile, read_profiles
from tests.profiles import GUID, NAMESPACE, profile_text


def read(**parts):
    return profile_of(profile_text(**parts).encode(), "x.profile")


def test_a_profile_says_what_nina_knows_of_the_rig():
    profile = read()
    assert profile.id == GUID.lower()
    assert profile.name == "C8E@f10.0+ZWO ASI2600MM Pro"
    assert profile.optic == ProfileOptic(name="C8E", focal_length_mm=2032, focal_ratio=10)
    assert profile.camera == ProfileCamera(
        id="ASCOM.ASICamera2.Camera", name="ZWO ASI2600MM Pro", pixel_um=3.76, bit_depth=16
    )
    assert profile.site == ProfileSite(latitude_deg=40.5, longitude_deg=-3.25, elevation_m=120)
    assert profile.filters == ("L", "R", "Ha")
    assert profile.pattern == "$$DATEMINUS12$$\\$$IMAGETYPE$$\\$$TARGETNAME$$_$$FILTER$$"
    assert profile.other_patterns == ("FLAT",)


def test_filters_come_in_the_order_of_the_wheel():
    text = profile_text(filters=("L", "R", "S", "H", "O"))
    shuffled = text.replace(">3</a:_position>", ">9</a:_position>")
    assert profile_of(shuffled.encode(), "x").filters == ("L", "R", "S", "O", "H")


def test_slots_that_are_shut_are_skipped_and_named():
    profile = read(filters=("L", "DARK", "Blank 2", "darkness", "H"))
    assert profile.filters == ("L", "H")
    assert profile.skipped_slots == ("DARK", "Blank 2", "darkness")


def test_a_native_driver_names_the_camera_itself():
    camera = read(camera="<Id>ZWO ASI2600MC Duo #1</Id>").camera
    assert camera is not None
    assert (camera.name, camera.id) == ("ZWO ASI2600MC Duo", "ZWO ASI2600MC Duo #1")


def test_what_was_never_set_is_not_known():
    profile = read(
        camera="<Id>No_Device</Id>",
        telescope="<FocalLength>NaN</FocalLength><FocalRatio>NaN</FocalRatio><Name/>",
        site="<Latitude>0</Latitude><Longitude>0</Longitude>",
        filters=(),
    )
    assert profile.camera is None
    assert profile.optic == ProfileOptic()
    assert profile.site is None
    assert profile.filters == ()


def test_a_profile_of_an_older_nina_is_read_whatever_its_namespaces():
    text = profile_text().replace(NAMESPACE + ".Core.Model.Equipment", NAMESPACE + ".Model.MyFilterWheel")
    bare = text.replace(f'xmlns="{NAMESPACE}.Profile" ', "")
    assert profile_of(bare.encode(), "x").filters == ("L", "R", "Ha")


def test_characters_xml_forbids_are_dropped_as_nina_itself_reads_over_them():
    stored = "<PluginSettings><Value>loops&#x1;Numeric&#0;None&#xFFFF;&#65;</Value></PluginSettings>"
    assert read(extra=stored).filters == ("L", "R", "Ha")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "no whole XML"),
        (b"\x00\x01\x02 junk", "no whole XML"),
        (profile_text().encode()[:900], "no whole XML"),
        (b"<html><Id>1</Id></html>", "no NINA profile"),
        (b"<Profile><Name>x</Name></Profile>", "no NINA profile"),
        (b"<Profile><Id>1</Id>&boom;</Profile>", "no whole XML"),
        (b'<?xml version="1.0" encoding="klingon"?><Profile><Id>1</Id></Profile>', "no whole XML"),
        (b'<!DOCTYPE lolz [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Profile><Id>&b;</Id></Profile>', "DOCTYPE"),
        (b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Profile><Id>&f;</Id></Profile>', "DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Profile><Id>1</Id></Profile>', "DOCTYPE"),
    ],
)
def test_a_hostile_or_broken_profile_ends_as_a_sentence(content, word):
    with pytest.raises(ConfigError, match=word) as caught:
        profile_of(content, "rigs/bad.profile")
    assert "bad.profile" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_profile_or_a_sentence(content):
    try:
        profile_of(content, "x")
    except ConfigError as error:
        assert str(error)


@given(st.integers(0, 4000), st.integers(0, 255))
def test_a_profile_with_one_damaged_byte_never_stops_the_others(place, byte):
    content = bytearray(profile_text().encode())
    content[place % len(content)] = byte
    try:
        profile_of(bytes(content), "x")
    except ConfigError as error:
        assert str(error)


def test_a_very_deep_profile_is_read():
    deep = b"<Profile><Id>1</Id>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</Profile>"
    assert profile_of(deep, "x").id == "1"


def test_one_unreadable_profile_among_many_is_reported_and_the_others_are_read(tmp_path: Path):
    (tmp_path / "b.profile").write_text(profile_text(name="B"), encoding="utf-8")
    (tmp_path / "a.profile").write_text(profile_text(name="Größe"), encoding="utf-8-sig")
    (tmp_path / "c.PROFILE").write_text("<Profile>", encoding="utf-8")
    (tmp_path / "._b.profile").write_bytes(b"\0")
    (tmp_path / "notes.txt").write_text("no", encoding="utf-8")
    (tmp_path / "folder.profile").mkdir()
    found = find_profiles(tmp_path)
    assert [path.name for path in found] == ["a.profile", "b.profile", "c.PROFILE"]
    profiles, sentences = read_profiles(found)
    assert [profile.name for profile in profiles] == ["Größe", "B"]
    assert len(sentences) == 1
    assert "c.PROFILE" in sentences[0]


def test_a_profile_that_is_not_there_or_no_file_is_a_sentence(tmp_path: Path):
    with pytest.raises(ConfigError, match="no such file"):
        read_profile(tmp_path / "none.profile")
    with pytest.raises(ConfigError, match="not a plain file"):
        read_profile(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.profile")
        with pytest.raises(ConfigError, match="not a plain file"):
            read_profile(tmp_path / "pipe.profile")
