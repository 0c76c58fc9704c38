"""Previews are made once, alike within a set, whole or not at all; one bad frame is a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.model.errors import UserError
from pipeline.world.fits_image import write_image
from pipeline.world.previews import INDEX, PictureWanted, make_previews

FOLDER = "_Reports/blink/C8E_2026-01-14_files/1"


def sky(level: float = 1000.0, shape: tuple[int, ...] = (60, 90), seed: int = 1):
    chance = np.random.Generator(np.random.PCG64(seed))
    return (level + chance.normal(0, 30, shape)).astype(np.uint16)


def photograph(root: Path, name: str, pixels=None, **changes) -> PictureWanted:
    path = root / "rig" / name
    path.parent.mkdir(exist_ok=True)
    write_image(path, sky() if pixels is None else pixels, [], replace=True)
    return wanted(root, name, **changes)


def wanted(root: Path, name: str, **changes) -> PictureWanted:
    seen = (root / "rig" / name).stat()
    values = {"source": f"rig/{name}", "size": seen.st_size, "mtime_ns": seen.st_mtime_ns}
    return PictureWanted(**(values | changes))


def look(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in (root / FOLDER).rglob("*")
    }


def make(root: Path, frames: list[PictureWanted], **changes):
    made: list[str] = []
    found = make_previews(root, FOLDER, frames, progress=made.append, **({"workers": 1} | changes))
    return found, made


def brightness(root: Path, picture: str) -> float:
    with Image.open(root / picture) as image:
        return float(np.median(np.asarray(image)))


def test_a_frame_gets_a_preview_and_a_thumbnail(tmp_path):
    one = photograph(tmp_path, "a.fits")
    found, made = make(tmp_path, [one])
    preview = found[one.source]
    assert (preview.width, preview.height, preview.trouble) == (90, 60, "")
    with Image.open(tmp_path / preview.preview) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (90, 60), "L")
    assert (tmp_path / preview.thumb).is_file()
    assert preview.full == preview.preview
    assert made == ["rig/a.fits"]


def test_a_large_frame_gets_a_second_picture_with_every_pixel(tmp_path):
    one = photograph(tmp_path, "a.fits", sky(shape=(100, 2600)))
    found, _ = make(tmp_path, [one])
    preview = found[one.source]
    with Image.open(tmp_path / preview.preview) as small:
        assert small.size == (1300, 50)
    *_, left, right = preview.files
    with Image.open(tmp_path / left) as one_tile, Image.open(tmp_path / right) as other:
        assert (one_tile.size, other.size) == ((2096, 100), (504, 100))
    with Image.open(tmp_path / preview.thumb) as thumb:
        assert max(thumb.size) <= 240


def test_pictures_with_every_pixel_can_be_done_without(tmp_path):
    one = photograph(tmp_path, "a.fits", sky(shape=(100, 2600)))
    found, _ = make(tmp_path, [one], full_size=False)
    assert found[one.source].full == ""
    assert make(tmp_path, [one], full_size=False)[1] == []
    assert make(tmp_path, [one])[0][one.source].tile_px > 0


def test_a_second_time_makes_and_touches_nothing(tmp_path):
    frames = [photograph(tmp_path, name) for name in ("a.fits", "b.fits")]
    first, _ = make(tmp_path, frames)
    before = look(tmp_path)
    second, made = make(tmp_path, frames)
    assert (second, made, look(tmp_path)) == (first, [], before)


def test_a_late_frame_costs_one_frame_and_leaves_the_others_stretch(tmp_path):
    first = photograph(tmp_path, "a.fits")
    make(tmp_path, [first])
    before = look(tmp_path)
    late = photograph(tmp_path, "b.fits", sky(1100, seed=2))
    found, made = make(tmp_path, [first, late])
    assert made == ["rig/b.fits"]
    after = look(tmp_path)
    assert {name: after[name] for name in before if INDEX not in name} == {
        name: seen for name, seen in before.items() if INDEX not in name
    }
    assert brightness(tmp_path, found["rig/b.fits"].preview) > brightness(
        tmp_path, found["rig/a.fits"].preview
    )


def test_a_frame_whose_bytes_changed_is_drawn_again(tmp_path):
    make(tmp_path, [photograph(tmp_path, "a.fits")])
    changed = photograph(tmp_path, "a.fits", sky(seed=3), mtime_ns=1)
    assert make(tmp_path, [changed])[1] == ["rig/a.fits"]


@pytest.mark.parametrize("which", range(4))
def test_a_picture_that_vanished_is_made_again(tmp_path, which):
    one = photograph(tmp_path, "a.fits", sky(shape=(100, 2600)))
    found, _ = make(tmp_path, [one])
    lost = tmp_path / found[one.source].files[which]
    lost.unlink()
    assert make(tmp_path, [one])[1] == ["rig/a.fits"]
    assert lost.is_file()


@pytest.mark.parametrize(
    "garbage", [b"", b"[]", b"{", b'{"version": "1", "stretch": null, "made": {"rig/a.fits": {"preview": "../../x"}}}']
)  # fmt: skip
def test_an_index_that_is_not_ours_is_as_none(tmp_path, garbage):
    one = photograph(tmp_path, "a.fits")
    first, _ = make(tmp_path, [one])
    (tmp_path / FOLDER / INDEX).write_bytes(garbage)
    second, made = make(tmp_path, [one])
    assert (second, made) == (first, ["rig/a.fits"])


def test_the_stretch_comes_from_the_middle_of_the_set_by_background(tmp_path):
    frames = [
        photograph(tmp_path, f"{n}.fits", sky(1000 if n else 30_000, seed=n), background_adu=1000.0 if n else 30_000.0)
        for n in range(7)
    ]  # fmt: skip
    found, _ = make(tmp_path, frames)
    assert brightness(tmp_path, found["rig/3.fits"].preview) == pytest.approx(64, abs=4)
    assert brightness(tmp_path, found["rig/0.fits"].preview) > 200


def test_an_unreadable_frame_is_a_sentence_and_the_rest_goes_on(tmp_path):
    good, bad = photograph(tmp_path, "a.fits"), photograph(tmp_path, "b.fits")
    os.truncate(tmp_path / "rig/b.fits", 4000)
    gone = PictureWanted(source="rig/gone.fits", size=1, mtime_ns=1)
    (tmp_path / "rig/folder.fits").mkdir()
    folder = PictureWanted(source="rig/folder.fits", size=1, mtime_ns=1)
    raw = PictureWanted(source="rig/x.cr2", size=1, mtime_ns=1)
    found, _ = make(tmp_path, [bad, gone, good, folder, raw])
    assert found[good.source].trouble == ""
    for one in (bad, gone, folder, raw):
        assert found[one.source].trouble.startswith("no preview: ")
        assert found[one.source].preview == ""
        assert one.source in found[one.source].trouble
        assert str(tmp_path) not in found[one.source].trouble
    assert "cut off" in found[bad.source].trouble


def test_odd_pictures_are_shown(tmp_path):
    frames = [
        photograph(tmp_path, "pixel.fits", np.full((1, 1), 7, np.uint16)),
        photograph(tmp_path, "constant.fits", np.full((8, 8), 1000, np.uint16)),
        photograph(tmp_path, "nan.fits", np.full((8, 8), np.nan, np.float32)),
        photograph(tmp_path, "colour.fits", np.full((3, 8, 8), 0.5, np.float32)),
        photograph(tmp_path, "long.fits", np.full((1, 170_000), 7, np.uint16)),
        photograph(tmp_path, "mosaic.fits", sky(), bayer="RGGB"),
    ]
    found, _ = make(tmp_path, frames)
    assert [one.trouble for one in found.values()] == [""] * len(frames)
    with Image.open(tmp_path / found["rig/mosaic.fits"].preview) as image:
        assert image.mode == "RGB"


@pytest.mark.parametrize("ending", ["fits.fz", "fits.gz"])
def test_packed_frames_are_shown_too(tmp_path, ending):
    from astropy.io import fits

    path = tmp_path / "rig" / f"a.{ending}"
    path.parent.mkdir()
    if ending.endswith("fz"):
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(sky())]).writeto(path)
    else:
        fits.PrimaryHDU(sky()).writeto(path)
    good = wanted(tmp_path, path.name)
    broken = photograph(tmp_path, f"b.{ending}")
    (tmp_path / broken.source).write_bytes(b"no FITS at all")
    found, _ = make(tmp_path, [good, broken])
    assert brightness(tmp_path, found[good.source].preview) == pytest.approx(64, abs=3)
    assert found[broken.source].trouble.startswith("no preview: ")


def test_hostile_names_stay_in_their_folder_and_never_share_a_picture(tmp_path):
    names = [
        "a.fits",
        "A.fits",
        "x" * 120 + ".fits",
        "per%2F cent.fits",
        "..fits",
        "<script>.fits",
        "nächste.fits",
    ]
    if os.name == "nt":
        names.remove("<script>.fits")
    frames = [photograph(tmp_path, name) for name in names if not (tmp_path / "rig" / name).exists()]
    found, _ = make(tmp_path, frames)
    previews = [one.preview for one in found.values()]
    assert len({name.casefold() for name in previews}) == len(previews)
    assert {str(Path(name).parent).replace("\\", "/") for name in previews} == {FOLDER}
    assert all(len(Path(name).name.encode()) <= 90 for name in previews)


def test_a_folder_that_leads_out_of_the_library_is_refused(tmp_path):
    one = photograph(tmp_path, "a.fits")
    with pytest.raises(UserError, match="leads out"):
        make_previews(tmp_path, "../elsewhere", [one])


def test_no_half_picture_is_left_behind(tmp_path):
    make(tmp_path, [photograph(tmp_path, "a.fits")])
    assert not [name for name in look(tmp_path) if name.endswith(".part")]


def test_many_frames_are_made_by_several_workers(tmp_path):
    frames = [photograph(tmp_path, f"{n}.fits", sky(seed=n)) for n in range(5)]
    os.truncate(tmp_path / "rig/2.fits", 10)
    found, made = make(tmp_path, frames, workers=2)
    assert made == [one.source for one in frames]
    assert [bool(one.trouble) for one in found.values()] == [False, False, True, False, False]
    assert make(tmp_path, frames, workers=2)[1] == []
