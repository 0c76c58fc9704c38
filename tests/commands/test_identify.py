"""`doit identify` as other tools use it: the fixed keys, any path, any file."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits as astropy_fits

from tests import forked

KEYS = ["path", "kind", "rig", "optic", "focal_ratio", "camera", "target", "panel", "night", "time_utc", "time_local", "filter", "exposure_s", "set_temp_c", "sensor_temp_c", "gain", "offset", "binning", "readout_mode", "hfr", "stars", "rms_arcsec", "dialect", "stage", "problems"]  # fmt: skip
RAW = "LIGHT\\C8E+ZWO ASI2600MM Pro\\M31 Panel 2\\DATE_2026-01-15\\FILTER_L_EXP_300.00_SETTEMP_-10.00\\2026-01-15_22-31-07_HFR_1.85_RMSAC_0.62_TEMP_-10.00.fits"


def doit(*words: str, folder: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NIGHTBUILD")}
    return forked.doit(folder, *words, env=environment, given=given)


def identify(*paths: str, folder: Path, given: str = "") -> list[dict[str, Any]]:
    result = doit("identify", "--json", *paths, folder=folder, given=given)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def card(key: str, value: object) -> str:
    shown = (
        value
        if isinstance(value, Raw)
        else f"'{value}'"
        if isinstance(value, str)
        else "T"
        if value is True
        else str(value)
    )
    return f"{key:<8}= {shown:>20}".ljust(80)


def fits(cards: dict[str, object], *, pixels: int = 64) -> bytes:
    structure = {"SIMPLE": True, "BITPIX": 16, "NAXIS": 2, "NAXIS1": 8, "NAXIS2": pixels // 8}
    text = "".join(card(k, v) for k, v in (structure | cards).items()) + "END".ljust(80)
    data = bytes(pixels * 2)
    return text.encode().ljust(-(-len(text) // 2880) * 2880) + data.ljust(-(-len(data) // 2880) * 2880, b"\0")


LIGHT = {"IMAGETYP": "LIGHT", "OBJECT": "M 31", "EXPTIME": 300.0, "DATE-OBS": "2026-01-15T22:31:07", "TELESCOP": "C8E",
         "FOCRATIO": 10.0, "INSTRUME": "ZWO ASI2600MM Pro", "FILTER": "L", "DATE-LOC": "2026-01-15T23:31:07"}  # fmt: skip


def test_one_json_object_a_line_with_exactly_the_promised_keys(tmp_path: Path) -> None:
    answers = identify(RAW, "nothing.fits", folder=tmp_path)
    assert [list(a) for a in answers] == [KEYS, KEYS]
    first = answers[0]
    assert (first["kind"], first["rig"], first["target"], first["panel"]) == (
        "LIGHT",
        "C8E@f10.0+ZWO ASI2600MM Pro",
        "M31",
        "2",
    )
    assert (first["night"], first["exposure_s"], first["set_temp_c"], first["hfr"]) == (
        "2026-01-15",
        300,
        -10,
        1.85,
    )
    assert answers[1]["target"] is None
    assert answers[1]["panel"] == ""


def test_paths_come_from_standard_input_too(tmp_path: Path) -> None:
    answers = identify("-", folder=tmp_path, given=f"{RAW}\n{RAW.replace(chr(92), '/')}\n")
    assert [a["target"] for a in answers] == ["M31", "M31"]


def test_a_path_with_an_equals_sign_and_one_with_blanks_are_paths(tmp_path: Path) -> None:
    answers = identify("a=b/FILTER_L_EXP_30.00/x y.fits", folder=tmp_path)
    assert answers[0]["exposure_s"] == 30


def test_a_real_file_speaks_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "x.fits").write_bytes(fits(LIGHT))
    answer = identify("x.fits", folder=tmp_path)[0]
    assert (answer["target"], answer["night"], answer["time_utc"]) == (
        "M 31",
        "2026-01-15",
        "2026-01-15T22:31:07Z",
    )
    assert answer["problems"] == []


def litter(folder: Path) -> dict[str, tuple[bytes | None, str]]:
    good = fits(LIGHT)
    return {
        "empty.fits": (b"", "not-a-frame"),
        "folder.fits": (None, "not-a-frame"),
        "lfs.fits": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "not-a-frame"),
        "junk.fits": (os.urandom(4000), "not-a-frame"),
        "cut-data.fits": (good[:2980], "cut-off"),
        "no-object.fits": (fits({k: v for k, v in LIGHT.items() if k != "OBJECT"}), "no-target"),
        "no-date.fits": (fits({k: v for k, v in LIGHT.items() if not k.startswith("DATE")}), "no-night"),
        "na-date.fits": (fits(LIGHT | {"DATE-OBS": "N/A"}), "no-time"),
        "year-102.fits": (fits(LIGHT | {"DATE-OBS": "0102-01-15T22:31:07"}), "no-time"),
        "text-number.fits": (fits(LIGHT | {"EXPTIME": "long"}), "not-a-number"),
        "._x.fits": (good, "litter"),
        "x.fits.part": (good, "unfinished"),
        "cut-header.fits": (good[:400], "cut-off"),
        "zeros.fits": (bytes(5760), "not-a-frame"),
        "nan.fits": (fits(LIGHT | {"EXPTIME": Raw("NaN")}), "bad-card"),
        "odd-cards.fits": (fits(LIGHT | {"GAIN": Raw("1 0 0 'x"), "OFFSET": Raw("(1,2)")}), "bad-card"),
        "no-metadata.xisf": (xisf(metadata=False), "no-metadata"),
        "no-image.xisf": (xisf(image=False), "not-a-frame"),
        "text.xisf": (b"XISF0100" + bytes(8) + b"<xisf", "not-a-frame"),
        "cut.fits.gz": (gzip.compress(good)[:200], "cut-off"),
        "cd.cr2": (b"II*\0\x10\0\0\0CR\2\0", "not-a-frame"),
    }


class Raw(str):
    """A card's value as it is to stand in the file, quoted or not."""


def xisf(*, metadata: bool = True, image: bool = True) -> bytes:
    """A light with its pixels inside the header, as PixInsight may write it."""
    keywords = "".join(f'<FITSKeyword name="{k}" value="{v!r}" comment=""/>' for k, v in LIGHT.items())
    pixels = '<Data encoding="base64">AAAA</Data>'
    picture = f'<Image geometry="8:8:1" sampleFormat="UInt16" location="embedded">{keywords}{pixels}</Image>'
    about = (
        '<Metadata><Property id="XISF:CreatorApplication" type="String">N.I.N.A. 3.2</Property></Metadata>'
    )
    inner = (picture if image else "") + (about if metadata else "")
    xml = f'<?xml version="1.0"?><xisf version="1.0" xmlns="http://www.pixinsight.com/xisf">{inner}</xisf>'.encode()
    return b"XISF0100" + len(xml).to_bytes(4, "little") + bytes(4) + xml


def test_every_bad_file_is_a_sentence_and_the_others_are_answered(tmp_path: Path) -> None:
    wanted = litter(tmp_path)
    for name, (data, _) in wanted.items():
        if data is None:
            (tmp_path / name).mkdir()
        else:
            (tmp_path / name).write_bytes(data)
    answers = identify(*wanted, folder=tmp_path)
    for answer, (name, (_, code)) in zip(answers, wanted.items(), strict=True):
        assert any(problem.startswith(f"{code}:") for problem in answer["problems"]), (
            name,
            answer["problems"],
        )


def test_what_is_still_known_of_a_cut_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "cut.fits").write_bytes(fits(LIGHT, pixels=8000)[:5000])
    answer = identify("cut.fits", folder=tmp_path)[0]
    assert answer["target"] == "M 31"
    assert answer["filter"] == "L"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15",
        "2026-01-15T22:31:07.123",
        "2026-01-15T22:31:07.123456",
        "2026-01-15T22:31:07.1234567Z",
        "2026-01-16T00:31:07+02:00",
    ],
)
def test_every_spelling_of_a_time_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.fits").write_bytes(fits(LIGHT | {"DATE-OBS": text}))
    answer = identify("x.fits", folder=tmp_path)[0]
    assert answer["night"] == "2026-01-15"


LOUD = "2026-01-15T23:31:07"
READABLE: dict[str, tuple[bytes, dict[str, Any]]] = {
    "embedded.xisf": (xisf(), {"target": "M 31", "exposure_s": 300, "rig": "C8E@f10.0+ZWO ASI2600MM Pro"}),
    "packed.fits.gz": (gzip.compress(fits(LIGHT)), {"target": "M 31", "filter": "L"}),
    "padded.fits": (fits(LIGHT).replace(b"END".ljust(80), b"END".ljust(80, b"\0")), {"target": "M 31", "filter": "L"}),
    "nul-in-text.fits": (fits(LIGHT | {"OBJECT": "M 31\0\0"}), {"target": "M 31"}),
    "junk.fits": (fits(LIGHT | {"OBJECT": "\x1b[2J\x07\x7f"}), {"filter": "L", "exposure_s": 300}),
    "traversal.fits": (fits(LIGHT | {"OBJECT": "../../etc"}), {"target": "../../etc"}),
    "number-as-text.fits": (fits(LIGHT | {"EXPTIME": "300.00", "GAIN": "100"}), {"exposure_s": 300, "gain": 100}),
    "nan.fits": (fits(LIGHT | {"CCD-TEMP": "NaN"}), {"sensor_temp_c": None, "target": "M 31"}),
    "doubled_FILTER_L_FILTER_R_EXP_NaN_HFR__HFR_2.5.fits": (fits(LIGHT), {"filter": "L", "exposure_s": 300}),
    "local-only.fits": (fits(LIGHT | {"DATE-OBS": "N/A"}), {"night": "2026-01-15", "time_utc": None, "time_local": LOUD}),
    "n" * 240 + ".fits": (fits(LIGHT), {"target": "M 31"}),
}  # fmt: skip


def test_what_is_odd_but_readable_is_read(tmp_path: Path) -> None:
    for name, (data, _) in READABLE.items():
        (tmp_path / name).write_bytes(data)
    answers = identify(*READABLE, folder=tmp_path)
    for answer, (name, (_, wanted)) in zip(answers, READABLE.items(), strict=True):
        assert {key: answer[key] for key in wanted} == wanted, name


def test_an_image_packed_by_fpack_speaks_by_its_first_extension(tmp_path: Path) -> None:
    image = astropy_fits.CompImageHDU(np.zeros((16, 16), np.int16), compression_type="RICE_1")
    image.header.update(LIGHT)
    astropy_fits.HDUList([astropy_fits.PrimaryHDU(), image]).writeto(tmp_path / "x.fits.fz")
    answer = identify("x.fits.fz", folder=tmp_path)[0]
    assert (answer["target"], answer["filter"], answer["problems"]) == ("M 31", "L", [])


def test_cards_that_cannot_be_read_leave_the_others_standing(tmp_path: Path) -> None:
    (tmp_path / "x.fits").write_bytes(fits({"GAIN": Raw("1 0 0 'x")} | LIGHT))
    answer = identify("x.fits", folder=tmp_path)[0]
    assert (answer["target"], answer["gain"]) == ("M 31", None)
    assert sum("GAIN" in problem for problem in answer["problems"]) == 1


@pytest.mark.parametrize(
    "path",
    ["D:\\" + "x" * 300 + "\\" + RAW, "C:\\" + "deep\\" * 80 + "x.fits", "a" * 300 + ".fits", "a\0b.fits"],
)
def test_a_path_this_disk_could_not_hold_speaks_by_its_names(tmp_path: Path, path: str) -> None:
    answer = identify("-", folder=tmp_path, given=path + "\n")[0]
    assert answer["problems"] == []


def test_a_list_of_paths_may_come_from_windows_or_hold_bytes_that_are_no_text(tmp_path: Path) -> None:
    listed = b"\xef\xbb\xbfFILTER_L/x.fits\r\n\r\nFILTER_R/caf\xe9.fits\r\n"
    result = forked.doit(tmp_path, "identify", "--json", "-", given=listed)
    assert result.returncode == 0, result.stderr
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["filter"] for answer in answers] == ["L", "R"]
    assert answers[0]["path"] == "FILTER_L/x.fits"


def test_json_with_sources_has_one_key_more(tmp_path: Path) -> None:
    (tmp_path / "x.fits").write_bytes(fits(LIGHT))
    answer = identify("--sources", "x.fits", folder=tmp_path)[0]
    assert list(answer) == [*KEYS, "sources"]
    assert answer["sources"]["filter"] == "header FILTER"


def test_what_people_read_fits_eighty_columns(tmp_path: Path) -> None:
    (tmp_path / "FILTER_L").mkdir()
    (tmp_path / "FILTER_L" / "x.fits").write_bytes(fits(LIGHT | {"FILTER": "R"}))
    for words in ([], ["--sources"]):
        lines = doit("identify", *words, "FILTER_L/x.fits", folder=tmp_path).stdout.splitlines()
        assert max(map(len, lines)) <= 80
        assert [line for line in lines if line.startswith("  ! ")] == [
            "  ! filter: the name says 'L', the header says 'R'; the name is believed"
        ]


def test_a_table_for_people_and_the_source_of_each_value(tmp_path: Path) -> None:
    (tmp_path / "x.fits").write_bytes(fits(LIGHT))
    shown = doit("identify", "x.fits", folder=tmp_path).stdout
    assert "LIGHT · M 31 · night of 2026-01-15 · L · 300 s" in shown
    assert "header FILTER" in doit("identify", "--sources", "x.fits", folder=tmp_path).stdout


def test_a_broken_rig_file_is_named_and_nothing_is_guessed(tmp_path: Path) -> None:
    rigs = tmp_path / "rigs"
    rigs.mkdir()
    (rigs / "library.toml").write_text("settle_second = 5\n")
    told = {**os.environ, "NIGHTBUILD_RIGS": str(rigs)}
    result = forked.doit(tmp_path, "identify", "x.fits", env=told)
    assert result.returncode == 3
    assert "settle_second" in result.stderr
    assert "Traceback" not in result.stderr
