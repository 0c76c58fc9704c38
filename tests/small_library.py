"""What tests of decisions need beside a living library: odd frames, the shipped rigs, and the tree as a person sees it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np

from pipeline.engine.printing import text_lines
from pipeline.model.answers import Answer
from pipeline.model.frames import Value
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.library import init_library
from tests.factories import NINA_LIGHT
from tests.living_library import START, LivingLibrary, put

C8E = "C8E@f10.0+ZWO ASI2600MM Pro"
_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}
_ASIDE = {".nightbuild", "_Decisions", "_Ledger"}


def bare_library(root: Path) -> LivingLibrary:
    """A library without settings of its own: the rigs that came with Nightbuild hold."""
    init_library(root)
    return LivingLibrary(root)


def shoot(
    library: LivingLibrary, original: str, number: int = 1, /, *, age_s: float = 3600, **changes: Value | None
) -> Path:
    """A light of M31 with the C8E under this name in the inbox; `KEY=None` takes a card away, `__` is a dash."""
    begun = START + timedelta(minutes=5 * number)
    times = {
        "DATE-OBS": f"{begun:%Y-%m-%dT%H:%M:%S}",
        "DATE-LOC": f"{begun + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
    }
    said = {key.replace("__", "-"): value for key, value in changes.items()}
    cards = NINA_LIGHT | times | {"OBJECT": "M31"} | said
    kept = {key: value for key, value in cards.items() if key not in _LAYOUT and value is not None}
    pixels = np.random.default_rng(number).integers(500, 60_000, (8, 12)).astype(np.uint16)
    return put(library.inbox / original, image_bytes(pixels, as_cards(kept)), age_s=age_s)


def tree(library: LivingLibrary) -> dict[str, bytes | None]:
    """Every file and folder outside caches, decisions and ledger: path to bytes, None for a folder."""
    inside = [(path, path.relative_to(library.root)) for path in sorted(library.root.rglob("*"))]
    return {
        short.as_posix(): path.read_bytes() if path.is_file() else None
        for path, short in inside
        if short.parts[0] not in _ASIDE
    }


def said(answer: Answer) -> str:
    """An answer as a person reads it."""
    return "\n".join(text_lines(answer))
