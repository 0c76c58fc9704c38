"""Where masters lie in their libraries: layout's twin, and the only joiner of these paths.

    _Bias Library/<camera>/masterBias_EXPOSURE_0.00_SETTEMP_-10.00_GAIN_100_OFFSET_50_READOUTM_Low.fits
    _Dark Library/<camera>/masterDark_EXPOSURE_300.00_SETTEMP_-10.00_GAIN_100_OFFSET_50.fits    (masterFlatDark_..)
    _Flat Stash/<camera>/<optic>/DATE_2026-01-14/masterFlat_FILTER_L_SETTEMP_-10.00_GAIN_100_OFFSET_50_FOCALLEN_264.fits
      …/superseded/  what a newer master took the name of        …/held/  what waits for `doit master NAME --ok`

What a master does not say is left out of its name. Libraries of other generations (`_Flats Stash`, `MASTER FLAT/`) are
read too, and the one that is there is written, in its own order of words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from pipeline.model.errors import FrameError
from pipeline.model.frames import Frame, Kind
from pipeline.rules.escape import PATH_CHARS, escape, shorten
from pipeline.rules.keyvalue import key_at
from pipeline.rules.layout import base_name, night_part, number_text

SUPERSEDED = "superseded"
HELD = "held"

_HOMES: Mapping[Kind, tuple[str, ...]] = {
    Kind.BIAS: ("_Bias Library", "MASTER BIAS"),
    Kind.DARK: ("_Dark Library", "MASTER DARK"),
    Kind.FLAT: ("_Flat Stash", "_Flats Stash", "MASTER FLAT"),
}
"""The usual name first; where several are there, the first of them is written."""
LIBRARIES = tuple(name for names in _HOMES.values() for name in names)
"""Every folder at the library's root in which masters may lie."""

_SHELF: Mapping[Kind, Kind] = {Kind.FLATDARK: Kind.DARK}
"""Flat-darks lie with the darks."""
_WORDS: Mapping[Kind, str] = {
    Kind.BIAS: "masterBias",
    Kind.DARK: "masterDark",
    Kind.FLAT: "masterFlat",
    Kind.FLATDARK: "masterFlatDark",
}
_BY_BATCH_FILE: Mapping[Kind, tuple[str, ...]] = {
    Kind.BIAS: ("EXPOSURE", "SETTEMP", "GAIN", "OFFSET", "READOUTM"),
    Kind.DARK: ("EXPOSURE", "SETTEMP", "GAIN", "OFFSET", "READOUTM"),
    Kind.FLAT: ("FILTER", "SETTEMP", "GAIN", "OFFSET", "FOCALLEN", "READOUTM"),
}
_BY_TOOLS: Mapping[Kind, tuple[str, ...]] = {
    Kind.BIAS: ("GAIN", "OFFSET", "SETTEMP", "READOUTM"),
    Kind.DARK: ("EXPOSURE", "GAIN", "OFFSET", "SETTEMP", "READOUTM"),
    Kind.FLAT: ("FILTER", "GAIN", "OFFSET", "SETTEMP", "FOCALLEN", "READOUTM"),
}
_NAME_CHARS, _LEAST_NAME = 110, 24
_PART_CHARS = 50
"""Of a camera's or an optic's folder."""
_ROOM_CHARS = PATH_CHARS - len(f"/{SUPERSEDED}/") - len("_DATE_2026-01-14~99.fits")
"""For folders and name, so that a master can be moved to `superseded` whatever it is called."""


@dataclass(frozen=True, slots=True)
class Homes:
    """Which folders a library keeps its masters in."""

    named: Mapping[Kind, str] = field(
        default_factory=lambda: {kind: names[0] for kind, names in _HOMES.items()}
    )
    """By raw kind (flat-darks lie with the darks)."""

    def of(self, kind: Kind) -> str:
        """The folder for masters of this kind, raw or master."""
        raw = kind.raw
        return self.named[_SHELF.get(raw, raw)]


USUAL = Homes()


def homes_in(names: Collection[str]) -> Homes:
    """The folders a library writes its masters to, by what is found at its root."""
    there = {name.casefold(): name for name in sorted(names, reverse=True)}
    found = {
        kind: next((there[name.casefold()] for name in known if name.casefold() in there), known[0])
        for kind, known in _HOMES.items()
    }
    return Homes(found)


def libraries_in(names: Iterable[str]) -> list[str]:
    """Those of the names at a library's root that are libraries of masters."""
    known = {name.casefold() for name in LIBRARIES}
    return sorted(name for name in names if name.casefold() in known)


def library_path(frame: Frame, homes: Homes = USUAL, *, suffix: str = ".fits", number: int = 1) -> str:
    """Where a master lies.

    Args:
        frame: What it is, or what the exposures are that it is made of.
        homes: The folders this library uses.
        suffix: `.fits` or `.xisf`.
        number: 2 and up where another master has the name and differs in what the name does not say.

    Raises:
        FrameError: it does not say what its place depends on.
    """
    raw = frame.kind.raw if frame.kind is not None else None
    if raw is None or raw not in _WORDS:
        raise FrameError(f"{frame.path}: is no bias, dark, flat or flat-dark, so no library holds its master")
    if not frame.camera:
        raise FrameError(f"{frame.path}: names no camera, so its master has no place in a library")
    folders = [homes.of(raw), _part(frame.camera)]
    if raw is Kind.FLAT:
        if frame.night is None:
            raise FrameError(f"{frame.path}: is of no night we know, so its master flat has no place")
        folders += [*([_part(frame.optic)] if frame.optic else ()), night_part(frame.night)]
    home = "/".join(folders)
    room = max(min(_NAME_CHARS, _ROOM_CHARS - len(home)), _LEAST_NAME)
    stem = shorten(_stem(frame, raw, homes.of(raw)), room)
    return f"{home}/{_numbered(stem, number)}{suffix.lower()}"


def superseded_path(path: str, night: date | None, number: int = 1) -> str:
    """Where a master goes when a newer one takes its name; `night` is its own, `number` the n-th of that name."""
    folder, name = _plain(path)
    stem, suffix = base_name(name)
    dated = f"_{night_part(night)}" if night is not None and night_part(night) not in folder else ""
    return f"{folder}/{SUPERSEDED}/{_numbered(stem, number)}{dated}{suffix}"


def held_path(path: str, number: int = 1) -> str:
    """Where a master waits that was found unlike the one before it."""
    folder, name = _plain(path)
    stem, suffix = base_name(name)
    return f"{folder}/{HELD}/{_numbered(stem, number)}{suffix}"


def plain_path(path: str, number: int = 1) -> str:
    """The place of a master that is held or superseded by its own folder and name; the n-th of that name."""
    folder, name = _plain(path)
    stem, suffix = base_name(name)
    return f"{folder}/{_numbered(stem, number)}{suffix}"


def is_superseded(path: str) -> bool:
    """True for a master another one took the name of."""
    return _folder(path) == SUPERSEDED


def is_held(path: str) -> bool:
    """True for a master that lies where those wait that nobody has said ok to."""
    return _folder(path) == HELD


def _numbered(stem: str, number: int) -> str:
    """`masterDark~2_EXPOSURE_300.00`: behind the first word, where no value is read wrongly for it."""
    first, rest, others = stem.partition("_")
    return f"{first}~{number}{rest}{others}" if number > 1 else stem


def _folder(path: str) -> str:
    parts = path.split("/")
    return parts[-2] if len(parts) > 1 else ""


def _plain(path: str) -> tuple[str, str]:
    """The folder a master belongs in, and its name."""
    folder, _, name = path.rpartition("/")
    return folder.removesuffix(f"/{HELD}").removesuffix(f"/{SUPERSEDED}"), name


def _part(text: str) -> str:
    """A folder's name, never that of a folder masters are moved to."""
    also = text[:1] if text.casefold() in {SUPERSEDED, HELD} else ""
    return shorten(escape(text, also=also), _PART_CHARS)


def _stem(frame: Frame, raw: Kind, home: str) -> str:
    orders = _BY_BATCH_FILE if home.startswith("_") else _BY_TOOLS
    return "_".join((_WORDS[raw], *_tokens(frame, orders[_SHELF.get(raw, raw)])))


def _tokens(frame: Frame, order: Iterable[str]) -> Iterator[str]:
    values = _values(frame)
    for key in order:
        text = values.get(key, "")
        if text:
            yield f"{key}_{escape(text, also=_token_break(text))}"
    if frame.binning is not None and frame.binning != 1:
        yield f"BINNING_{frame.binning}"


def _token_break(text: str) -> str:
    """Underscores stay readable (`Ha_3nm`) unless a word between them would be read as a key."""
    return "_" if any(not piece or key_at(piece) for piece in text.split("_")) else ""


def _values(frame: Frame) -> dict[str, str]:
    return {
        "FILTER": frame.filter or "",
        "EXPOSURE": "" if frame.exposure_s is None else number_text(frame.exposure_s),
        "SETTEMP": "" if frame.set_temp_c is None else number_text(frame.set_temp_c),
        "GAIN": _whole(frame.gain),
        "OFFSET": _whole(frame.offset),
        "FOCALLEN": _whole(frame.focal_length_mm),
        "READOUTM": frame.readout_mode or "",
    }


def _whole(number: float | None) -> str:
    """As headers write it: `100`, `0.5`."""
    return "" if number is None else f"{number:.10g}"
