"""NINA's `.profile` files: the XML in which the capture program keeps a rig, read and never written.

Written by .NET's DataContractSerializer, while NINA runs and by every plugin; so a file may be half written,
hold characters XML forbids, or be no profile. Each ends as a sentence about it, and the others are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from pipeline.model.errors import ConfigError
from pipeline.model.profiles import NinaProfile, ProfileCamera, ProfileOptic, ProfileSite

LARGEST_BYTES = 64 * 1024 * 1024
"""Real ones have some ten kilobytes; plugins that keep pictures in them have been seen."""
_KINDS = ("DARK", "FLAT", "BIAS")
_NO_DEVICE = {"", "no_device"}
_CHARACTER = re.compile(rb"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_DRIVER = re.compile(r"^ASCOM\.|\.Camera$", re.IGNORECASE)
_TRIMMINGS = re.compile(r"\s*(?:\((?:ASCOM|Alpaca)\)|#\d+)\s*$", re.IGNORECASE)


def find_profiles(place: Path) -> list[Path]:
    r"""List the profiles of a folder, such as %LocalAppData%\NINA\Profiles, or the one file itself."""
    if not place.is_dir():
        return [place]
    named = (path for path in place.iterdir() if path.suffix.lower() == ".profile")
    return sorted(path for path in named if path.is_file() and not path.name.startswith("."))


def read_profiles(paths: Iterable[Path]) -> tuple[list[NinaProfile], list[str]]:
    """Read each profile that can be read; of each other, a sentence says why not."""
    profiles: list[NinaProfile] = []
    sentences: list[str] = []
    for path in paths:
        try:
            profiles.append(read_profile(path))
        except ConfigError as error:
            sentences.append(str(error))
    return profiles, sentences


def read_profile(path: Path) -> NinaProfile:
    """Read one profile; ConfigError with a sentence when it cannot be."""
    if not path.is_file():  # a pipe would wait for ever
        raise ConfigError(str(path), "", "is not a plain file" if path.exists() else "there is no such file")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigError(str(path), "", "too large for a NINA profile")
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(str(path), "", f"could not be read: {reason}. If NINA holds it, copy it") from error
    return profile_of(content, str(path))


def profile_of(content: bytes, path: str) -> NinaProfile:
    """Understand the bytes of a profile; `path` is for the sentences."""
    root = _parse(content, path)
    guid, name = _text(root, "Id").lower(), _text(root, "Name")
    if _local(root) != "Profile" or not guid:
        raise ConfigError(path, "", "XML, but no NINA profile: its root is no <Profile> with an <Id>")
    filters, skipped = _filters(root)
    images = _child(root, "ImageFileSettings")
    return NinaProfile(
        path=path,
        id=guid,
        name=name,
        optic=_optic(_child(root, "TelescopeSettings")),
        camera=_camera(_child(root, "CameraSettings")),
        site=_site(_child(root, "AstrometrySettings")),
        filters=filters,
        skipped_slots=skipped,
        pattern=_raw(images, "FilePattern").strip() or None,
        other_patterns=tuple(kind for kind in _KINDS if _text(images, f"FilePattern{kind}")),
    )


class _Refusing(ElementTree.TreeBuilder):
    """Builds the tree, and stops at a document type: NINA writes none, and entities hide behind them."""

    def doctype(self, name: str, _public: str | None, _system: str | None) -> None:
        raise _DoctypeError(name)


class _DoctypeError(Exception):
    """The XML declares a document type."""


def _parse(content: bytes, path: str) -> Element:
    parser = ElementTree.XMLParser(target=_Refusing())
    try:
        parser.feed(_CHARACTER.sub(_lawful, content))
        return parser.close()
    except _DoctypeError as error:
        raise ConfigError(path, "", "holds a DOCTYPE, which no NINA profile does; it was not read") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ConfigError(path, "", f"is no whole XML ({error}); save the profile in NINA again") from error


def _lawful(found: re.Match[bytes]) -> bytes:
    """Drop references to characters XML forbids: plugins store them, and NINA's own reader takes them."""
    code = int(found[1], 16) if found[1] else int(found[2])
    plain = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
    return found[0] if plain or 0x10000 <= code <= 0x10FFFF else b""


def _optic(settings: Element | None) -> ProfileOptic:
    return ProfileOptic(
        name=_text(settings, "Name"),
        focal_length_mm=_positive(settings, "FocalLength"),
        focal_ratio=_positive(settings, "FocalRatio"),
    )


def _camera(settings: Element | None) -> ProfileCamera | None:
    device = _text(settings, "Id")
    if device.lower() in _NO_DEVICE:
        return None
    name = _text(settings, "LastDeviceName") or ("" if _DRIVER.search(device) else device)
    bayer = _text(settings, "BayerPattern").upper()
    bits = _positive(settings, "BitDepth")
    return ProfileCamera(
        id=device,
        name=_TRIMMINGS.sub("", name),
        pixel_um=_positive(settings, "PixelSize"),
        bit_depth=int(bits) if bits else None,
        bit_scaling=_text(settings, "BitScaling").lower() != "false",
        bayer=bayer if re.fullmatch("[RGB]{4}", bayer) else None,
    )


def _site(settings: Element | None) -> ProfileSite | None:
    latitude, longitude = _number(settings, "Latitude"), _number(settings, "Longitude")
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    if latitude == longitude == 0:  # NINA's default, in the sea
        return None
    return ProfileSite(
        latitude_deg=latitude, longitude_deg=longitude, elevation_m=_number(settings, "Elevation")
    )


def _filters(root: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the wheel's filters in its order, and the slots skipped because they let no light through."""
    wheel = _child(_child(root, "FilterWheelSettings"), "FilterWheelFilters")
    slots = [slot for slot in ([] if wheel is None else wheel) if _local(slot) == "FilterInfo"]
    slots.sort(key=lambda slot: _number(slot, "_position") or 0.0)
    names = dict.fromkeys(filter(None, (_text(slot, "_name") for slot in slots)))
    shut = tuple(name for name in names if name.casefold().startswith(("dark", "blank")))
    return tuple(name for name in names if name not in shut), shut


def _local(element: Element) -> str:
    """Give the tag without its namespace, which has changed with NINA's versions."""
    return element.tag.rpartition("}")[2]


def _child(parent: Element | None, name: str) -> Element | None:
    return next((child for child in ([] if parent is None else parent) if _local(child) == name), None)


def _raw(parent: Element | None, name: str) -> str:
    child = _child(parent, name)
    return "" if child is None else child.text or ""


def _text(parent: Element | None, name: str) -> str:
    return " ".join(_raw(parent, name).split())


def _number(parent: Element | None, name: str) -> float | None:
    try:
        value = float(_text(parent, name))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _positive(parent: Element | None, name: str) -> float | None:
    value = _number(parent, name)
    return value if value is not None and value > 0 else None
