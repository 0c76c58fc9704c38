"""The one reader of headers: what is no frame is refused in one plain sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.model.errors import CutOff, FrameError, NotAFrame
from pipeline.world.headers import FRAME_SUFFIXES, read_header
from tests.amounts import examples

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 52200000\n"


def make(folder: Path, data: bytes, name: str = "x.fits") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", [".fits", ".fits.gz", ".xisf", ".cr2", ".cr3", ".tif"])
def test_an_empty_file_is_cut_off_whatever_it_is_called(tmp_path, suffix):
    with pytest.raises(CutOff, match=r"empty \(0 bytes\)"):
        read_header(make(tmp_path, b"", f"x{suffix}"))


def test_a_git_lfs_pointer_names_the_command_that_fetches_the_frame(tmp_path):
    with pytest.raises(NotAFrame, match="a Git LFS pointer, not the frame: run `git lfs pull`"):
        read_header(make(tmp_path, LFS))


def test_a_text_file_called_fits_is_shown_by_its_first_words(tmp_path):
    with pytest.raises(NotAFrame, match='text, not an image: it begins "Dear diary, clouds again'):
        read_header(make(tmp_path, b"Dear diary,\nclouds again tonight.\n"))


def test_text_that_begins_like_fits_is_no_fits(tmp_path):
    with pytest.raises(NotAFrame, match="text"):
        read_header(make(tmp_path, b"SIMPLE things are the best." * 10))


def test_a_file_of_zeros_is_a_copy_that_did_not_finish(tmp_path):
    with pytest.raises(CutOff, match="only zeros"):
        read_header(make(tmp_path, bytes(10_000)))


def test_an_unknown_format_shows_its_first_bytes(tmp_path):
    with pytest.raises(NotAFrame, match="89 50 4e 47"):
        read_header(make(tmp_path, b"\x89PNG\r\n\x1a\n" + bytes(100)))


def test_a_folder_called_fits_is_no_file(tmp_path):
    (tmp_path / "x.fits").mkdir()
    with pytest.raises(NotAFrame, match="a folder, not a file"):
        read_header(tmp_path / "x.fits")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_called_fits_does_not_hold_the_night_up(tmp_path):
    os.mkfifo(tmp_path / "x.fits")
    with pytest.raises(NotAFrame, match="not an ordinary file"):
        read_header(tmp_path / "x.fits")


def test_a_missing_file_is_the_callers_to_explain(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_header(tmp_path / "x.fits")


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all"
)
def test_an_unreadable_file_is_the_callers_to_explain(tmp_path):
    path = make(tmp_path, b"SIMPLE")
    path.chmod(0)
    with pytest.raises(PermissionError):
        read_header(path)


def test_a_file_with_another_formats_ending_is_read_and_mentioned(tmp_path):
    fits.PrimaryHDU(np.zeros((4, 4), np.int16)).writeto(tmp_path / "x.fits")
    (tmp_path / "x.fits").rename(tmp_path / "x.xisf")
    header = read_header(tmp_path / "x.xisf")
    assert (header.container, header.cards["NAXIS1"]) == ("fits", 4)
    assert [str(problem) for problem in header.problems] == [
        "misnamed: the name ends in .xisf, but the file is FITS"
    ]


def test_reading_headers_imports_neither_astropy_nor_numpy(tmp_path):
    fits.PrimaryHDU(np.zeros((4, 4), np.int16)).writeto(tmp_path / "x.fits")
    code = (
        "import sys, pathlib; from pipeline.world.headers import read_header; "
        "read_header(pathlib.Path(sys.argv[1])); print(sorted({'astropy', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x.fits")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.strip() == "[]"


@settings(
    max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(FRAME_SUFFIXES),
    st.sampled_from(
        [
            b"",
            b"SIMPLE  =",
            b"XISF0100",
            b"II*\0",
            b"MM\0*",
            b"\0\0\0\x18ftypcrx ",
            b"\x1f\x8b",
            b"\x1f\x8b\x08",
        ]
    ),
    st.binary(max_size=600),
)
def test_no_bytes_whatever_crash_the_reader(tmp_path, suffix, magic, junk):
    path = make(tmp_path, magic + junk, f"x{suffix}")
    try:
        header = read_header(path)
    except FrameError as refusal:
        assert str(refusal).isprintable()
    else:
        assert all(str(problem).isprintable() for problem in header.problems)
