"""The one reader of frame headers: whatever the file is, its cards come back as a `Header`.

What a file is, its first bytes say; its name only tells a camera's RAW from any other TIFF. What cannot be
known is a sentence among the header's problems; only where nothing can be known is `NotAFrame` or `CutOff`
raised, without the path, which the caller adds. Trouble with the disk or the share passes as `OSError`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.model.frames import Header, Problem
from pipeline.world import tiff, xisf
from pipeline.world.camera_raw import read_cr3, read_raw
from pipeline.world.fits import read_fits
from pipeline.world.fits_cards import legible
from pipeline.world.window import Gunzipped, Window, open_window

FITS_SUFFIXES = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fts.gz", ".fz")
XISF_SUFFIXES = (".xisf",)
RAW_SUFFIXES = (".cr2", ".cr3", ".nef", ".arw", ".dng")
TIFF_SUFFIXES = (".tif", ".tiff")
FRAME_SUFFIXES = (*FITS_SUFFIXES, *XISF_SUFFIXES, *RAW_SUFFIXES, *TIFF_SUFFIXES)
"""Endings, lower case, of what may be a frame."""

_CONTAINERS = {"fits": FITS_SUFFIXES, "xisf": XISF_SUFFIXES, "raw": RAW_SUFFIXES, "tiff": TIFF_SUFFIXES}
_LFS_POINTER = b"version https://git-lfs"
_GZIP = b"\x1f\x8b"


def read_header(path: Path) -> Header:
    """Read what a file says of its exposure, without its pixels.

    Raises:
        NotAFrame: the bytes are no image we know, or the path is no file.
        CutOff: the file ends before it says anything.
        OSError: the file cannot be opened or read.
    """
    name = os.fspath(path).lower()
    with open_window(path) as window:
        header = _read(window, name)
        short = _cut_off(header, window.size)
    misnamed = _misnamed(header, name)
    new = [problem for problem in (misnamed, short) if problem is not None]
    return replace(header, problems=(*new, *header.problems)) if new else header


def _read(window: Window, name: str) -> Header:
    start = window.at(0, 512)
    if start[:10].replace(b" ", b"").startswith(b"SIMPLE="):
        return read_fits(window)
    if start.startswith(xisf.SIGNATURE):
        return xisf.read_xisf(window)
    if start.startswith(tiff.MAGICS):
        is_raw = name.endswith(RAW_SUFFIXES) or start[8:10] == b"CR"
        return read_raw(window) if is_raw else tiff.read_tiff(window)
    if start[4:8] == b"ftyp":
        return read_cr3(window)
    if start.startswith(_GZIP) and not isinstance(window, Gunzipped):
        return _read(Gunzipped(window), name)
    raise _refusal(start, window)


def _refusal(start: bytes, window: Window) -> NotAFrame | CutOff:
    """Why these bytes are no frame, in the words of a person who looked at them."""
    if not start:
        return window.trouble or CutOff("the file is empty (0 bytes)")
    if not start.strip(b"\0"):
        return CutOff("the file holds only zeros (a copy that did not finish?)")
    if start.startswith(_LFS_POINTER):
        return NotAFrame("a Git LFS pointer, not the frame: run `git lfs pull`")
    if any(magic.startswith(start) for magic in (b"SIMPLE  =", xisf.SIGNATURE, *tiff.MAGICS)):
        return CutOff(f"the file ends after {len(start)} bytes (copy cut off?)")
    if _is_text(start):
        words = legible(" ".join(start[:60].decode(errors="ignore").split()))
        return NotAFrame(f'text, not an image: it begins "{words}"')
    return NotAFrame(f"no image format we know: it begins with the bytes {start[:8].hex(' ')}")


def _is_text(start: bytes) -> bool:
    text = start.decode(errors="ignore")
    return "\0" not in text and len(text) >= len(start) * 3 // 4 and "".join(text.split()).isprintable()


def _misnamed(header: Header, name: str) -> Problem | None:
    """A file whose ending promises another format than its bytes hold."""
    if name.endswith(_CONTAINERS[header.container]) or not name.endswith(FRAME_SUFFIXES):
        return None
    ending = Path(name).suffix
    return Problem("misnamed", f"the name ends in {ending}, but the file is {header.container.upper()}")


def _cut_off(header: Header, size: int | None) -> Problem | None:
    """A file shorter than its own header says, unless that was said already."""
    whole = header.whole_bytes
    if (
        whole is None
        or size is None
        or size >= whole
        or any(each.code == "cut-off" for each in header.problems)
    ):
        return None
    return Problem("cut-off", f"the data end after {_of_sizes(size, whole)} (copy cut off?)")


def _of_sizes(size: int, whole: int) -> str:
    unit, name = (1_000_000, "MB") if whole >= 1_000_000 else (1_000, "kB")
    is_close = f"{size / unit:,.1f}" == f"{whole / unit:,.1f}"
    return f"{size:,} of {whole:,} bytes" if is_close else f"{size / unit:,.1f} of {whole / unit:,.1f} {name}"
