"""XISF pixels of every kind the format allows, and what becomes of damaged, cut and hostile files."""

from __future__ import annotations

import itertools
import pickle
import tracemalloc
import zlib
from pathlib import Path

import lz4.block
import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.model.errors import CutOff, FrameError, NightbuildError, NotAFrame
from pipeline.world.pictures import open_picture
from pipeline.world.xisf_image import open_xisf
from tests.amounts import examples
from tests.world.xisf_writer import ATTACHED_AT, DIGESTS, FORMATS, write_xisf

CHANCE = np.random.default_rng(11)
GRAY = (CHANCE.normal(1000, 30, (23, 17))).astype(np.uint16)
CODECS = ("", *(codec + end for codec in ("zlib", "lz4", "lz4hc", "zstd") for end in ("", "+sh")))


def colours(dtype: str) -> np.ndarray:
    return (CHANCE.random((3, 9, 7)) * 200).astype(dtype)


def read(path: Path) -> np.ndarray:
    return open_xisf(path).pixels()


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("place", ["attachment", "inline", "embedded"])
def test_every_place_and_packing_gives_the_pixels_back(tmp_path: Path, place: str, codec: str) -> None:
    for dtype, big, normal in itertools.product(FORMATS, (False, True), (False, True)):
        pixels = colours(dtype)
        path = write_xisf(tmp_path / "a.xisf", pixels, place=place, codec=codec, big=big, normal=normal)
        image = open_xisf(path)
        assert image.shape == pixels.shape
        assert image.dtype == pixels.dtype
        assert image.by_strips == (place == "attachment" and not codec)
        assert np.array_equal(image.pixels(), pixels), (dtype, big, normal)


@pytest.mark.parametrize("encoding", ["base64", "hex"])
@pytest.mark.parametrize("place", ["inline", "embedded"])
def test_text_in_the_header_is_read_in_both_encodings(tmp_path: Path, place: str, encoding: str) -> None:
    thumbnail = '<Thumbnail geometry="1:1:1" location="embedded"><Data encoding="hex">00</Data></Thumbnail>'
    path = write_xisf(tmp_path / "a.xisf", GRAY, place=place, encoding=encoding, inside=thumbnail)
    assert np.array_equal(read(path), GRAY)


@pytest.mark.parametrize("codec", CODECS[1:])
@pytest.mark.parametrize("parts", [2, 3, 7])
def test_a_block_packed_in_parts_is_put_together(tmp_path: Path, codec: str, parts: int) -> None:
    assert np.array_equal(read(write_xisf(tmp_path / "a.xisf", GRAY, codec=codec, parts=parts)), GRAY)


@pytest.mark.parametrize("codec", ["zlib", "lz4+sh", "zstd"])
def test_a_part_that_packing_would_not_shrink_is_stored_as_it_is(tmp_path: Path, codec: str) -> None:
    noise = CHANCE.integers(0, 65536, (40, 30)).astype(np.uint16)
    assert np.array_equal(read(write_xisf(tmp_path / "a.xisf", noise, codec=codec, parts=3)), noise)
    assert np.array_equal(read(write_xisf(tmp_path / "b.xisf", noise, codec=codec)), noise)


@pytest.mark.parametrize("checksum", DIGESTS)
@pytest.mark.parametrize("codec", ["", "zstd+sh"])
@pytest.mark.parametrize("place", ["attachment", "inline", "embedded"])
def test_one_changed_byte_is_found_by_the_checksum(
    tmp_path: Path, place: str, codec: str, checksum: str
) -> None:
    path = write_xisf(tmp_path / "a.xisf", GRAY, place=place, codec=codec, checksum=checksum, encoding="hex")
    assert np.array_equal(read(path), GRAY)
    data = bytearray(path.read_bytes())
    at = ATTACHED_AT + 40 if place == "attachment" else data.index(b"\n", data.index(b"<Image")) + 60
    data[at] = data[at] ^ 1 if place == "attachment" else (ord("0") if data[at] != ord("0") else ord("1"))
    path.write_bytes(bytes(data))
    with pytest.raises(FrameError, match=r"a\.xisf.*checksum"):
        read(path)


def test_a_plain_picture_whose_file_was_hashed_just_now_need_not_be_proved_again(tmp_path: Path) -> None:
    path = write_xisf(tmp_path / "a.xisf", GRAY, checksum="sha-1")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert open_picture(path, prove=False).shape == GRAY.shape
    with pytest.raises(FrameError, match="checksum"):
        open_picture(path)


def test_a_checksum_nobody_knows_is_refused_rather_than_passed_over(tmp_path: Path) -> None:
    with pytest.raises(NotAFrame, match="md5"):
        read(write_xisf(tmp_path / "a.xisf", GRAY, also={"checksum": "md5:00"}))


@pytest.mark.parametrize("normal", [False, True])
@pytest.mark.parametrize("big", [False, True])
def test_strips_are_the_rows_of_the_whole_and_travel_to_a_worker(
    tmp_path: Path, big: bool, normal: bool
) -> None:
    pixels = colours("u2")
    path = write_xisf(tmp_path / "a.xisf", pixels, big=big, normal=normal)
    image = pickle.loads(pickle.dumps(open_xisf(path)))
    strips = [image.rows(y, y + 4) for y in range(0, 9, 4)]
    assert np.array_equal(np.concatenate(strips, axis=1), pixels)
    assert image.rows(9, 12).shape == (3, 0, 7)
    assert image.rows(-5, 2).shape == (3, 2, 7)
    strips[0][...] = 0  # the caller's own


@pytest.mark.parametrize("codec", ["", "lz4"])
def test_strips_of_a_gray_picture_are_the_rows_of_the_whole(tmp_path: Path, codec: str) -> None:
    image = open_xisf(write_xisf(tmp_path / "a.xisf", GRAY, codec=codec))
    assert np.array_equal(image.rows(3, 8), GRAY[3:8])


def test_one_strip_of_a_plain_picture_takes_no_more_memory_than_its_rows(tmp_path: Path) -> None:
    image = open_xisf(write_xisf(tmp_path / "a.xisf", np.zeros((4000, 500), np.uint16)))
    tracemalloc.start()
    image.rows(100, 110)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000


def test_of_several_images_the_first_is_read(tmp_path: Path) -> None:
    second = '<Image geometry="1:1:1" sampleFormat="UInt8" location="inline:hex">ff</Image>'
    assert np.array_equal(read(write_xisf(tmp_path / "a.xisf", GRAY, after=second)), GRAY)


def test_xml_that_breaks_behind_the_image_does_not_matter(tmp_path: Path) -> None:
    assert np.array_equal(read(write_xisf(tmp_path / "a.xisf", GRAY, after="<broken")), GRAY)


@pytest.mark.parametrize("codec", ["", "zlib"])
def test_a_cut_file_says_so(tmp_path: Path, codec: str) -> None:
    path = write_xisf(tmp_path / "a.xisf", GRAY, codec=codec)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CutOff, match=r"a\.xisf.*cut off"):
        open_xisf(path)


def test_a_file_cut_in_its_header_says_so(tmp_path: Path) -> None:
    path = write_xisf(tmp_path / "a.xisf", GRAY)
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(CutOff, match="header ends"):
        open_xisf(path)


def test_a_file_that_shrinks_after_it_was_opened_says_so(tmp_path: Path) -> None:
    for codec in ("", "zlib"):
        path = write_xisf(tmp_path / "a.xisf", GRAY, codec=codec)
        image = open_xisf(path)
        path.write_bytes(path.read_bytes()[: ATTACHED_AT + 9])
        with pytest.raises(CutOff):
            image.pixels()


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ({"sampleFormat": "Complex32"}, "Complex32"),
        ({"sampleFormat": "UInt64"}, "UInt64"),
        ({"sampleFormat": ""}, "no kind"),
        ({"geometry": "17:23"}, "no flat picture"),
        ({"geometry": "17:23:2:2"}, "no flat picture"),
        ({"geometry": "17:0:1"}, "no flat picture"),
        ({"geometry": "17:-23:1"}, "not understood"),
        ({"geometry": "17:٣:1"}, "not understood"),
        ({"geometry": "99999999999:1:1"}, "not understood"),
        ({"geometry": "999999999:999999999:1"}, "takes"),
        ({"geometry": "17:24:1"}, "takes"),
        ({"location": "attachment:-1:782"}, "not read"),
        ({"location": "url(http://example.org/a)"}, "not in this file"),
        ({"location": ""}, "nowhere"),
        ({"location": "inline:utf7"}, "utf7"),
        ({"location": "inline:base64"}, "takes"),
        ({"compression": "zlib+sh:782"}, "zlib\\+sh"),
        ({"compression": "lzma:782"}, "lzma"),
        ({"compression": "zlib:999999999999"}, "unpacks to"),
        ({"compression": "zlib:782", "location": f"attachment:{ATTACHED_AT}:781"}, "broken"),
        ({"compression": "zlib:782", "subblocks": "1,2"}, "parts"),
        ({"compression": "zlib:782", "subblocks": "999,782"}, "parts"),
        ({"compression": "zlib:782", "subblocks": "a"}, "parts"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, attributes: dict[str, str], word: str) -> None:
    noise = CHANCE.integers(0, 65536, (23, 17)).astype(np.uint16)
    path = write_xisf(tmp_path / "a.xisf", noise, also=attributes)
    with pytest.raises(FrameError, match=word) as caught:
        read(path)
    assert "a.xisf" in str(caught.value)


def test_a_doctype_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xisf"
    xml = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xisf><Image geometry="1:1:1">&a;</Image></xisf>'
    path.write_bytes(b"XISF0100" + len(xml).to_bytes(4, "little") + bytes(4) + xml)
    with pytest.raises(NotAFrame, match="DOCTYPE"):
        open_xisf(path)


@pytest.mark.parametrize(
    "xml",
    [
        b"<a>" * 500,
        b'<Image x="' + b"a" * 3_000_000,
        b"<xisf></xisf>",
        b"\xff\xfe",
        b"",
        b"<xisf><Image/></xisf>",
    ],
)
def test_xml_of_strangers_ends_in_a_sentence(tmp_path: Path, xml: bytes) -> None:
    (tmp_path / "a.xisf").write_bytes(b"XISF0100" + len(xml).to_bytes(4, "little") + bytes(4) + xml)
    with pytest.raises(NotAFrame, match=r"a\.xisf"):
        open_xisf(tmp_path / "a.xisf")


@pytest.mark.parametrize("codec", ["zlib", "lz4", "zstd", "zstd-silent"])
def test_a_bomb_makes_no_more_than_its_picture_takes(tmp_path: Path, codec: str) -> None:
    zeros = bytes(16 << 20)
    bomb = {
        "zlib": lambda: zlib.compress(zeros),
        "lz4": lambda: lz4.block.compress(zeros, store_size=False),
        "zstd": lambda: zstandard.ZstdCompressor().compress(zeros),
        "zstd-silent": lambda: zstandard.ZstdCompressor(write_content_size=False).compress(zeros),
    }[codec]()
    said = {
        "compression": f"{codec.partition('-')[0]}:782",
        "location": f"attachment:{ATTACHED_AT}:{len(bomb)}",
    }
    path = write_xisf(tmp_path / "a.xisf", GRAY, also=said)
    path.write_bytes(path.read_bytes()[:ATTACHED_AT] + bomb)
    tracemalloc.start()
    with pytest.raises(FrameError, match="broken"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(bomb) * 3 + 1_000_000


def test_a_packed_picture_larger_than_any_camera_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    said = {"geometry": "99999:99999:1", "compression": f"zlib:{99999 * 99999 * 2}"}
    with pytest.raises(NotAFrame, match="larger than any camera"):
        open_xisf(write_xisf(tmp_path / "a.xisf", GRAY, also=said))


WAYS = st.sampled_from(
    [
        {},
        {"codec": "zlib+sh", "parts": 2},
        {"codec": "lz4"},
        {"codec": "zstd"},
        {"place": "inline"},
        {"place": "embedded", "codec": "lz4hc+sh", "encoding": "hex"},
        {"checksum": "sha-1", "big": True},
    ]
)


@settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    way=WAYS,
    changes=st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 255)), min_size=1, max_size=12),
    cut=st.none() | st.integers(0, 6000),
)
def test_bytes_changed_at_random_end_as_pixels_or_as_a_sentence(
    tmp_path: Path, way: dict, changes: list[tuple[int, int]], cut: int | None
) -> None:
    path = write_xisf(tmp_path / "a.xisf", GRAY, **way)
    data = bytearray(path.read_bytes()[:cut])
    for at, value in changes:
        if data:
            data[at % len(data)] = value
    path.write_bytes(bytes(data))
    try:
        pixels = open_picture(path).pixels()
    except NightbuildError as error:
        assert str(path) in str(error)
    else:
        assert pixels.ndim in {2, 3}


ATTRIBUTE = st.sampled_from(
    [
        "geometry",
        "location",
        "compression",
        "subblocks",
        "checksum",
        "byteOrder",
        "bounds",
        "pixelStorage",
        "encoding",
    ]
)
ATTRIBUTE_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=30) | st.from_regex(
    r"\A(?:attachment|zlib|lz4|zstd|inline|sha-1|\d{1,12})(?:\+sh)?[:,]\d{0,12}(?:[:,]\d{0,9}){0,3}\Z"
)


@settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(way=WAYS, said=st.dictionaries(ATTRIBUTE, ATTRIBUTE_TEXT, min_size=1, max_size=3))
def test_attributes_of_any_text_end_as_pixels_or_as_a_sentence(
    tmp_path: Path, way: dict, said: dict[str, str]
) -> None:
    path = write_xisf(tmp_path / "a.xisf", GRAY, **way, also=said)
    try:
        open_xisf(path).pixels()
    except NightbuildError as error:
        assert str(path) in str(error)
