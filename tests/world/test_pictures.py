"""Any picture by strips, in the camera's numbers: FITS and XISF, plain and packed, integers and floats."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from pipeline.model.errors import CutOff, FrameError, NotAFrame
from pipeline.world import pictures
from pipeline.world.fits_image import write_image
from pipeline.world.fits_text import Card
from pipeline.world.gauging import Task, gauge
from pipeline.world.pictures import lay_out, open_picture
from pipeline.world.pixel_files import read_pixels
from tests.world.xisf_writer import write_xisf

CHANCE = np.random.default_rng(3)
LIGHT = CHANCE.normal(1200, 25, (60, 44)).astype(np.uint16)


def plain_fits(path: Path, pixels: np.ndarray, *cards: Card) -> Path:
    write_image(path, pixels, cards)
    return path


def packed_fits(path: Path, pixels: np.ndarray) -> Path:
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels)]).writeto(path)
    return path


WRITERS: dict[str, Callable[[Path], Path]] = {
    "plain.fits": lambda folder: plain_fits(folder / "a.fits", LIGHT),
    "packed.fz": lambda folder: packed_fits(folder / "a.fits.fz", LIGHT),
    "packed called .fits": lambda folder: packed_fits(folder / "b.fits", LIGHT),
    "gzipped": lambda folder: fits.writeto(folder / "a.fits.gz", LIGHT) or folder / "a.fits.gz",
    "plain.xisf": lambda folder: write_xisf(folder / "a.xisf", LIGHT),
    "lz4.xisf": lambda folder: write_xisf(folder / "b.xisf", LIGHT, codec="lz4+sh"),
    "inline.xisf": lambda folder: write_xisf(folder / "c.xisf", LIGHT, place="inline"),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_strips_of_every_kind_are_the_camera_s_own_integers(tmp_path: Path, kind: str) -> None:
    picture = pickle.loads(pickle.dumps(open_picture(WRITERS[kind](tmp_path))))
    assert (picture.shape, picture.dtype, picture.adu_scale) == (LIGHT.shape, np.uint16, 1.0)
    assert picture.by_strips == kind.startswith("plain")
    strips = [picture.rows(y, y + 13) for y in range(0, 60, 13)]
    assert np.array_equal(np.concatenate(strips), LIGHT)
    for strip in strips:
        strip[...] = 0  # the caller's own: the next one sees nothing of it
    assert np.array_equal(picture.rows(0, 60), LIGHT)
    assert np.array_equal(picture.pixels(), LIGHT)
    assert picture.pixels().dtype == np.uint16


@pytest.mark.parametrize("dtype", ["u1", "u4", "f4", "f8"])
def test_other_samples_of_both_formats_come_as_integers_or_float32(tmp_path: Path, dtype: str) -> None:
    values = (CHANCE.random((9, 8)) * 250).astype(dtype)
    fits.writeto(tmp_path / "a.fits", values)
    for path in (tmp_path / "a.fits", write_xisf(tmp_path / "a.xisf", values)):
        picture = open_picture(path)
        assert picture.dtype == (np.float32 if dtype.startswith("f") else np.dtype(dtype))
        assert picture.pixels().dtype == picture.dtype
        assert np.allclose(picture.pixels(), values)


def test_float_fits_is_scaled_by_its_card(tmp_path: Path) -> None:
    unit = (LIGHT / 65535).astype(np.float32)
    for scale, factor in ((65535, 65535), (4096.0, 4096), (1, 1)):
        picture = open_picture(plain_fits(tmp_path / f"{scale}.fits", unit, Card("ADUSCALE", scale)))
        assert picture.adu_scale == factor
        assert np.allclose(picture.rows(5, 9), unit[5:9] * factor, rtol=1e-6)


@pytest.mark.parametrize(
    "card", [Card("ADUSCALE", "much"), Card("ADUSCALE", -1), Card("ADUSCALE", True), None]
)
def test_float_fits_without_a_sound_card_is_judged_by_its_values(tmp_path: Path, card: Card | None) -> None:
    unit = (LIGHT / 65535).astype(np.float32)
    unit[7, 3], unit[8, 3] = np.nan, 1.6
    cards = [card] if card else []
    assert open_picture(plain_fits(tmp_path / "unit.fits", unit, *cards)).adu_scale == 65535
    in_adu = plain_fits(tmp_path / "adu.fits", LIGHT.astype(np.float32), *cards)
    assert open_picture(in_adu).adu_scale == 1
    assert np.array_equal(open_picture(in_adu).pixels(), LIGHT)


def test_a_float_picture_of_nothing_but_nan_is_left_as_it_is(tmp_path: Path) -> None:
    path = plain_fits(tmp_path / "a.fits", np.full((5, 5), np.nan, np.float32))
    assert open_picture(path).adu_scale == 1


def test_a_packed_float_fits_is_judged_by_its_values_too(tmp_path: Path) -> None:
    fits.writeto(tmp_path / "a.fits.gz", (LIGHT / 65535).astype(np.float32))
    picture = open_picture(tmp_path / "a.fits.gz")
    assert (picture.adu_scale, picture.by_strips) == (65535, False)
    assert np.allclose(picture.rows(2, 4), LIGHT[2:4], atol=0.01)


@pytest.mark.parametrize(
    ("said", "inside", "scale"),
    [
        ({"bounds": "0:1"}, "", 65535),
        ({"bounds": " 0.0 : 1.0 "}, "", 65535),
        ({"bounds": "0:65535"}, "", 1),
        ({"bounds": "a:b"}, "", 1),
        ({}, "", 65535),
        ({"bounds": "0:1"}, '<FITSKeyword name="ADUSCALE" value="16384" comment=""/>', 16384),
    ],
)
@pytest.mark.parametrize("codec", ["", "zstd"])
def test_float_xisf_is_scaled_by_its_keyword_its_bounds_or_its_values(
    tmp_path: Path, said: dict[str, str], inside: str, scale: float, codec: str
) -> None:
    unit = (LIGHT / 65535).astype(np.float32)
    picture = open_picture(write_xisf(tmp_path / "a.xisf", unit, inside=inside, codec=codec, also=said))
    assert picture.adu_scale == scale
    assert np.allclose(picture.rows(0, 3), unit[:3] * scale, rtol=1e-6)


def test_float_xisf_in_the_camera_s_numbers_without_bounds_stays_so(tmp_path: Path) -> None:
    picture = open_picture(write_xisf(tmp_path / "a.xisf", LIGHT.astype(np.float32)))
    assert np.array_equal(picture.pixels(), LIGHT)


def test_a_colour_picture_has_its_planes_first(tmp_path: Path) -> None:
    planes = CHANCE.integers(0, 65536, (3, 6, 5)).astype(np.uint16)
    for path in (
        plain_fits(tmp_path / "a.fits", planes),
        write_xisf(tmp_path / "a.xisf", planes, codec="zlib", normal=True),
    ):
        picture = open_picture(path)
        assert (picture.shape, picture.height, picture.width) == ((3, 6, 5), 6, 5)
        assert np.array_equal(picture.rows(1, 4), planes[:, 1:4])


def test_a_packed_picture_is_unpacked_once_for_all_its_strips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed_fits(tmp_path / "a.fits.fz", LIGHT)
    calls: list[Path] = []
    genuine = pictures.unpack
    monkeypatch.setattr(pictures, "unpack", lambda path: calls.append(path) or genuine(path))
    picture = open_picture(tmp_path / "a.fits.fz")
    monkeypatch.setattr(pictures.PackedFits, "pixels", lambda self: calls.append(self.path) or LIGHT)
    for y in range(0, 60, 5):
        picture.rows(y, y + 5)
    assert len(calls) == 1


def test_a_packed_file_that_changed_is_unpacked_again(tmp_path: Path) -> None:
    path = write_xisf(tmp_path / "a.xisf", LIGHT, codec="lz4")
    old = open_picture(path)
    assert np.array_equal(old.rows(0, 2), LIGHT[:2])
    write_xisf(path, LIGHT + 1, codec="lz4")
    os.utime(path, ns=(1, 1))
    assert np.array_equal(open_picture(path).rows(0, 2), LIGHT[:2] + 1)


def test_few_unpacked_pictures_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = pictures._Kept()
    monkeypatch.setattr(pictures, "_KEPT", kept)
    monkeypatch.setattr(pictures, "_KEPT_BYTES", 3 * LIGHT.nbytes)
    opened = [open_picture(write_xisf(tmp_path / f"{n}.xisf", LIGHT + n, codec="lz4")) for n in range(6)]
    for n, picture in enumerate(opened):
        assert np.array_equal(picture.rows(1, 2), LIGHT[1:2] + n)
    assert len(kept._known) == 3


def test_a_packed_picture_is_laid_out_for_who_reads_many_by_strips(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    plain = open_picture(WRITERS["plain.xisf"](tmp_path))
    assert lay_out(plain, tmp_path / "scratch" / "never.fits") is plain
    packed = write_xisf(tmp_path / "p.xisf", LIGHT, codec="zlib")
    flat = write_xisf(
        tmp_path / "f.xisf",
        (LIGHT / 65535).astype(np.float32),
        codec="zstd",
        checksum="sha-1",
        also={"bounds": "0:1"},
    )
    for path in (packed, flat):
        laid = lay_out(open_picture(path), tmp_path / "scratch" / f"{path.stem}.fits")
        assert laid.by_strips
        assert np.allclose(laid.rows(4, 9), LIGHT[4:9], atol=0.01)
        assert laid.dtype == open_picture(path).dtype


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.fits", b"hello, this is no picture at all", "text"),
        ("a.fits", b"", "empty"),
        ("a.xisf", b"\0" * 100, "zeros"),
    ],
)
def test_what_is_no_picture_says_what_it_is(tmp_path: Path, name: str, data: bytes, word: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FrameError, match=word) as caught:
        open_picture(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize(("name", "word"), [("a.tif", "a TIFF"), ("a.nef", "a camera RAW")])
def test_tiff_and_camera_raw_say_plainly_that_they_are_not_read(tmp_path: Path, name: str, word: str) -> None:
    Image.fromarray(LIGHT).save(tmp_path / name, "TIFF")
    with pytest.raises(NotAFrame, match=f"{word}: its pixels are not read"):
        open_picture(tmp_path / name)


def test_a_folder_named_like_a_frame_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.fits").mkdir()
    with pytest.raises((NotAFrame, OSError)):
        open_picture(tmp_path / "a.fits")


def test_cut_files_say_so(tmp_path: Path) -> None:
    for kind in ("plain.fits", "plain.xisf"):
        path = WRITERS[kind](tmp_path)
        path.write_bytes(path.read_bytes()[:-4000])
        with pytest.raises(CutOff, match="cut off"):
            open_picture(path)


def test_broken_packed_fits_ends_in_a_sentence(tmp_path: Path) -> None:
    for path in (WRITERS["packed.fz"](tmp_path), WRITERS["gzipped"](tmp_path)):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(FrameError, match=path.name):
            open_picture(path)


def test_light_and_flat_in_xisf_are_measured_like_those_in_fits(tmp_path: Path) -> None:
    def said(path: Path, is_light: bool) -> dict[str, float]:
        seen = path.stat()
        row = gauge(
            Task(
                path=str(path),
                stored=path.name,
                size=seen.st_size,
                mtime_ns=seen.st_mtime_ns,
                is_light=is_light,
                saturation_adu=65535.0,
                bayer=None,
                wants_hash=False,
            )
        )
        assert not row.trouble
        return dict(row.values) | dict(row.levels)

    frame = CHANCE.normal(1200, 25, (300, 320)).astype(np.uint16)
    ours = plain_fits(tmp_path / "a.fits", frame)
    for codec in ("", "lz4hc+sh"):
        xisf = write_xisf(tmp_path / f"a{codec}.xisf", frame, codec=codec)
        for is_light in (True, False):
            assert said(xisf, is_light) == said(ours, is_light) != {}


def test_pixels_for_measures_and_previews_are_in_the_camera_s_numbers(tmp_path: Path) -> None:
    unit = write_xisf(tmp_path / "a.xisf", (LIGHT / 65535).astype(np.float32), also={"bounds": "0:1"})
    assert np.allclose(read_pixels(unit), LIGHT, atol=0.01)
