"""A real library that a night arrives in, and `doit` run in it as a person would: in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import count
from pathlib import Path

import numpy as np

from pipeline.model.frames import Value
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.library import init_library
from tests.factories import NINA_LIGHT
from tests.typed import typed

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
OTHER_RIG = "SQA55@f5.3+ATR585M"
OTHER: dict[str, Value] = {"TELESCOP": "SQA55", "INSTRUME": "ATR585M", "FOCRATIO": 5.3, "FOCALLEN": 291.0}
"""Cards of the other rig."""
RIG_FILES = {
    RIG: 'optic = "C8E"\nfocal_ratio = 10\ncamera = "ZWO ASI2600MM Pro"\n',
    OTHER_RIG: 'optic = "SQA55"\nfocal_ratio = 5.3\ncamera = "ATR585M"\n',
}
NO_EYES = "[blink]\nlight = false\nflat = false\ndark = false\nbias = false\nflatdark = false\n"
"""For tests of the store alone: nothing is given a place in anybody's folders."""
SETTINGS = 'settle_seconds = 0\nretire = "manual"\n'
LONG_AGO_S = 1_768_500_000
_writes = count(1)
_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}


def new_library(root: Path, *rigs: str, eyes: bool = False) -> Path:
    """An empty library that knows these rigs; with `eyes`, what they take is offered to somebody."""
    init_library(root)
    (root / "_Rigs").mkdir()
    for rig in rigs:
        know(root, rig, eyes=eyes)
    configure(root)
    return root


def know(library: Path, rig: str, *, eyes: bool = False) -> None:
    """A rig file, as a person writes it."""
    text = RIG_FILES[rig] + ("" if eyes else NO_EYES)
    write_settings(library / "_Rigs" / f"{rig}.toml", text)


def configure(library: Path, settings: str = "") -> None:
    """The library's own settings."""
    write_settings(library / "_Rigs/library.toml", SETTINGS + settings)


def write_settings(path: Path, text: str) -> None:
    """A settings file that has rested, so that it is read once and not by every task; a later one looks later."""
    path.write_text(text, encoding="utf-8")
    moment = LONG_AGO_S + next(_writes)
    os.utime(path, (moment, moment))


def drop(folder: Path, name: str, *, minute: int = 0, **cards: Value | None) -> Path:
    """A light of M31 at 00:<minute> after the evening of 2026-01-14; `__` is a dash, None takes a card away."""
    changed = {key.replace("__", "-"): value for key, value in cards.items()}
    clock = f"{minute // 60:02}:{minute % 60:02}:33.12"
    times = {"DATE-LOC": f"2026-01-15T{clock}", "DATE-OBS": f"2026-01-15T{clock}"}
    told = NINA_LIGHT | times | {"OBJECT": "M31"} | changed
    wanted = {key: value for key, value in told.items() if key not in _LAYOUT and value is not None}
    pixels = np.random.default_rng(minute + 1).integers(0, 60_000, (8, 12), dtype=np.uint16)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_bytes(pixels, as_cards(wanted)))
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    return path


def doit(library: Path) -> subprocess.CompletedProcess[str]:
    """The night."""
    return typed(library)


def run(library: Path) -> str:
    """A night that goes well."""
    result = doit(library)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout


def is_idle(library: Path) -> bool:
    """A second run executes nothing and changes nothing."""
    before = outside_caches(library)
    return run(library).startswith("Nothing due") and outside_caches(library) == before


def outlives_its_caches(library: Path) -> bool:
    """Without them, the next run changes nothing outside them, and the one after does nothing."""
    before = outside_caches(library)
    shutil.rmtree(library / ".nightbuild")
    run(library)
    return outside_caches(library) == before and is_idle(library)


def outside_caches(library: Path) -> dict[str, tuple[object, ...]]:
    """Every file and folder with its bytes, time, mode and number of names."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(library.rglob("*")):
        inside = path.relative_to(library)
        if inside.parts[0] != ".nightbuild":
            seen = path.lstat()
            held = path.read_bytes() if path.is_file() else b""
            found[str(inside)] = (seen.st_mtime_ns, seen.st_mode, seen.st_nlink, held)
    return found
