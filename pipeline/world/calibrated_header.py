"""What a calibrated light says of itself, so that its header alone tells how it was made and whether it is current.

    CALIBRAT CALDATE CALSOFT CALSTEPS CALSCORE CALNEG CALCLIP CALUNDIV CALFILL CALBASIS LIGHTHSH
    CALPIXEL BIASMAST BIASHASH  DARKMAST DARKHASH DARKSCAL
    FLATMAST FLATHASH  FDARKMST FDRKHASH  PEDESTAL ADUSCALE

PEDESTAL has PixInsight's sign: a positive number of the camera's units (16-bit DN) that *was added* to each pixel, and
is to be subtracted to come back to zero; ImageCalibration writes it so ("Value in DN added to enforce positivity") and
subtracts it when it reads such a file. SBIG's older convention (a value to *add*, mostly −100) is the opposite; a light
that carries it loses that with its dark, so the card is replaced and its value told in HISTORY.

CALDATE is the newest time light and masters say of themselves: the clock would make every copy's bytes differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.model.calibrated import Counts
from pipeline.model.calibration import Calibrate
from pipeline.model.errors import NightbuildError
from pipeline.model.frames import Kind, Value
from pipeline.model.masters import ADUSCALE
from pipeline.world.fits_text import Card
from pipeline.world.headers import read_header
from pipeline.world.pixel_digest import DIGITS, digest_of_pixels

BASIS, PIXELS, SOFTWARE = "CALBASIS", "CALPIXEL", "Nightbuild"
_NAMES: Mapping[Kind, tuple[str, str]] = {
    Kind.BIAS: ("BIASMAST", "BIASHASH"),
    Kind.DARK: ("DARKMAST", "DARKHASH"),
    Kind.FLAT: ("FLATMAST", "FLATHASH"),
    Kind.FLATDARK: ("FDARKMST", "FDRKHASH"),
}
SPOKEN = frozenset(
    {
        "CALIBRAT",
        "CALDATE",
        "CALSOFT",
        "CALSTEPS",
        "CALSCORE",
        "CALNEG",
        "CALCLIP",
        "CALUNDIV",
        "CALFILL",
        BASIS,
    }
    | {"LIGHTHSH", "CALPIXEL", "DARKSCAL", "PEDESTAL", ADUSCALE}
    | {key for pair in _NAMES.values() for key in pair}
)
"""Keywords the copy says itself; the light's own are replaced."""
_TIMES = ("DATE", "DATE-OBS", "DATE-END")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?")
_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A master that takes part."""

    kind: Kind
    name: str
    sha256: str
    cards: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done to a light."""

    used: tuple[Used, ...]
    steps: tuple[str, ...]
    """What was really done: `("DARK", "FLAT")`."""
    dark_scale: float
    policy: Calibrate
    basis: str
    light_sha256: str
    time: str
    old_pedestal: Value | None = None
    counts: Counts = field(default_factory=Counts)
    score: float = 0.0
    pixels: str = " " * DIGITS
    """Digest of the pixels as they are stored, known when they are written."""


def cards_for(done: Done) -> list[Card]:
    """The cards; as many whatever the numbers are, so that room can be kept for them."""
    return [*_calibration(done), *_masters(done), *_numbers(done), *_history(done)]


def _calibration(done: Done) -> Iterator[Card]:
    yield Card("CALIBRAT", True, "bias, dark, flat as CALSTEPS says")
    yield Card("CALDATE", done.time, "newest time of light and masters")
    yield Card("CALSOFT", f"{SOFTWARE} {_version()}", "calibrated by")
    yield Card("CALSTEPS", " + ".join(done.steps) or "NONE", "what was done")
    yield Card(BASIS, done.basis, "digest of light, masters, settings")
    yield Card("LIGHTHSH", done.light_sha256[:_HASH_DIGITS], "SHA-256 of the light, first digits")
    yield Card(PIXELS, done.pixels, "CRC-32 of these pixels")


def _masters(done: Done) -> Iterator[Card]:
    for one in done.used:
        name, hashed = _NAMES[one.kind]
        yield Card(name, one.name, f"master {one.kind.value.lower()}")
        yield Card(hashed, one.sha256[:_HASH_DIGITS], "its SHA-256, first digits")
        flat_dark = one.cards.get("FDARKMST")
        if one.kind is Kind.FLAT and isinstance(flat_dark, str) and flat_dark:
            yield Card("FDARKMST", flat_dark, "taken from the flats when their master was made")
    if any(one.kind is Kind.DARK for one in done.used):
        yield Card("DARKSCAL", float(done.dark_scale), "factor of the dark above the bias")


def _numbers(done: Done) -> Iterator[Card]:
    counts, policy = done.counts, done.policy
    if policy.pedestal:
        whole = int(policy.pedestal) if policy.pedestal == int(policy.pedestal) else policy.pedestal
        yield Card("PEDESTAL", whole, "value in DN added; subtract it")
    if policy.output == "float32":
        yield Card(ADUSCALE, 65535.0, "what 1.0 stands for, in DN")
    yield Card("CALNEG", counts.negative + counts.blank, "pixels below 0, set to 0")
    yield Card("CALCLIP", counts.clipped, "pixels above the top, set to it")
    yield Card("CALUNDIV", counts.undivided, "pixels too dark in the flat")
    yield Card("CALFILL", counts.filled, "defects filled")
    yield Card("CALSCORE", float(done.score), "0 to 100")


def _history(done: Done) -> Iterator[Card]:
    words = {
        "BIAS": "bias subtracted",
        "DARK": "dark subtracted",
        "DARK SCALED": f"dark scaled by {done.dark_scale:.6g} above the bias, subtracted",
        "FLAT": "divided by the flat over the level of its middle",
        "DEFECTS": "defects filled from neighbours",
        "PEDESTAL": f"pedestal of {done.policy.pedestal:.10g} DN added",
    }
    for step in done.steps:
        yield Card("HISTORY", f"{SOFTWARE}: {words[step]}")
    for one in done.used:
        yield Card("HISTORY", f"{SOFTWARE}: {one.kind.value.lower()} {one.name}")
        yield Card("HISTORY", f"sha256:{one.sha256}")
    if done.old_pedestal is not None:
        yield Card("HISTORY", f"{SOFTWARE}: the light said PEDESTAL = {done.old_pedestal}")


def layout_for(shape: tuple[int, ...], bitpix: int) -> list[Card]:
    """The cards that describe the array."""
    axes = [Card(f"NAXIS{number}", length) for number, length in enumerate(reversed(shape), 1)]
    words = [Card("BZERO", 32768), Card("BSCALE", 1)] if bitpix == 16 else []
    first = [Card("SIMPLE", True, "FITS standard"), Card("BITPIX", bitpix), Card("NAXIS", len(shape))]
    return [*first, *axes, *words, Card("EXTEND", True)]


def newest_time(headers: Iterable[Mapping[str, Value]]) -> str:
    """The newest time any of these headers says; empty where none does."""
    said = (cards.get(key) for cards in headers for key in _TIMES)
    return max((text for text in said if isinstance(text, str) and _ISO.fullmatch(text)), default="")


def basis_in(cards: Mapping[str, Value]) -> str:
    """What a file of ours was made from, as a digest; empty for what is not ours."""
    by, basis = cards.get("CALSOFT"), cards.get(BASIS)
    is_mine = cards.get("CALIBRAT") is True and isinstance(by, str) and by.startswith(f"{SOFTWARE} ")
    return basis if is_mine and isinstance(basis, str) else ""


def hashes_in(cards: Mapping[str, Value]) -> dict[Kind, str]:
    """The first digits of the masters' SHA-256 that a calibrated file names, by raw kind."""
    said = {kind: cards.get(hashed) for kind, (_, hashed) in _NAMES.items()}
    return {kind: text for kind, text in said.items() if isinstance(text, str) and text}


def master_names_in(cards: Mapping[str, Value]) -> dict[Kind, str]:
    """The names of the masters a calibrated file was made with, by raw kind; a flat's own flat-dark too."""
    said = {kind: cards.get(name) for kind, (name, _) in _NAMES.items()}
    return {kind: text for kind, text in said.items() if isinstance(text, str) and text}


def cards_of_ours(path: Path, light_sha256: str = "", basis: str = "") -> Mapping[str, Value] | None:
    """The cards of a file that we calibrated and nobody changed since; None for any other. All its pixels are read.

    Args:
        path: Of the file.
        light_sha256: The light it is to be the copy of, where that is known.
        basis: What it is to be made from, where the light is not known.
    """
    try:
        cards = read_header(path).cards
        is_meant = bool(basis_in(cards)) and not path.is_symlink()
        if light_sha256:
            is_meant &= cards.get("LIGHTHSH") == light_sha256[:_HASH_DIGITS]
        elif basis:
            is_meant &= basis_in(cards) == basis
        if not is_meant or not isinstance(cards.get(PIXELS), str):
            return None
        return cards if digest_of_pixels(path) == cards[PIXELS] else None
    except (NightbuildError, OSError):
        return None


def is_ours(path: Path, light_sha256: str = "", basis: str = "") -> bool:
    """True for a file that we calibrated and nobody changed since."""
    return cards_of_ours(path, light_sha256, basis) is not None


def _version() -> str:
    try:
        return version("nightbuild")
    except PackageNotFoundError:
        return "0"
