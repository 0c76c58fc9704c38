"""For tests of the commands that look: a real library of tiny frames, `doit` typed in it, and proof of no touch."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.model.answers import Answer, Context
from pipeline.world.fits_image import image_bytes
from pipeline.world.fits_text import Card
from pipeline.world.library import init_library
from pipeline.world.selected import select_library
from tests import forked
from tests.factories import NINA_LIGHT
from tests.stages.night_library import NO_EYES
from tests.typed import typed

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
NIGHT = "2026-01-14"
_LONG_AGO = 1_768_500_000
_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}


def new_library(root: Path, settings: str = "", *, eyes: bool = False) -> Path:
    """An empty library with one rig; with `eyes`, what it takes is offered to somebody."""
    init_library(root)
    rigs = root / "_Rigs"
    rigs.mkdir()
    (rigs / f"{RIG}.toml").write_text(
        'optic = "C8E"\nfocal_ratio = 10\ncamera = "ZWO ASI2600MM Pro"\n' + ("" if eyes else NO_EYES),
        encoding="utf-8",
    )
    (rigs / "library.toml").write_text(settings, encoding="utf-8")
    return root


def drop(inbox: Path, name: str, *, minute: int = 0, seed: int = 0, **cards: Any) -> Path:
    """A light of M31 at 00:<minute> of that night, with what the test changes; `KEY=None` takes a card away."""
    merged = {
        **NINA_LIGHT,
        "DATE-LOC": f"2026-01-15T00:{minute:02d}:33.12",
        "DATE-OBS": f"2026-01-14T23:{minute:02d}:33.12",
        "OBJECT": "M31",
        **{key.replace("__", "-"): value for key, value in cards.items()},
    }
    told = [Card(key, value) for key, value in merged.items() if key not in _LAYOUT and value is not None]
    pixels = np.random.default_rng(seed or minute + 1).integers(0, 60_000, (8, 12), dtype=np.uint16)
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_bytes(pixels, told))
    os.utime(path, (_LONG_AGO, _LONG_AGO))
    return path


def cut(path: Path) -> Path:
    """A copy that was cut off."""
    path.write_bytes(path.read_bytes()[:-2800])
    os.utime(path, (_LONG_AGO, _LONG_AGO))
    return path


def doit(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a person types, away from a terminal; the night itself in this process, a command in one of its own."""
    if not words and not environment:
        return typed(folder)
    return forked.doit(folder, *words, env={**os.environ, **environment})


def asked(folder: Path, *words: str) -> Any:
    """The answer as data, from a process of its own."""
    result = doit(folder, *words, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def answered(folder: Path, name: str, *words: str) -> Answer:
    """The command's answer as the same function gives it to any caller, in this process: a tenth of the time."""
    module = import_module(f"pipeline.commands.{name}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    context = Context(folder=folder, library=select_library(folder, {}))
    answer: Answer = module.run(parser.parse_args(list(words)), context)
    return answer


def listed(folder: Path) -> dict[str, tuple[object, ...]]:
    """Every file and folder with its bytes, times and mode: what must be the same before and after a look."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        held = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (seen.st_mtime_ns, seen.st_mode, seen.st_nlink, held)
    return found
