"""The text of a new rig file: what a NINA profile knows, and a word on what only a person does.

Made to be read and edited: the commented lines are the questions worth a minute of the owner's time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from pipeline.model.errors import ConfigError
from pipeline.model.profiles import NinaProfile, ProfileCamera
from pipeline.rules.profiles import RigParts
from pipeline.rules.rig_update import wheel_of
from pipeline.rules.rigfiles import read_rig
from pipeline.rules.toml_text import quoted

_COLUMN = 36
"""Where the comments begin."""
WHEEL = (
    "# The wheel, in the order in which reports show it. Under a filter there may stand, too:",
    '#   aliases = ["Ha", "H-alpha"]       what programs call it',
    "#   astrobin_id = 1234                from the address of its page on AstroBin",
    "#   valid_from, valid_to              the first night with it, the first night without it",
)
NO_WHEEL = (
    "# The profile has no filter wheel. What sits in the drawer, also when no program names it:",
    "# [[filters]]",
    '# name = "UVIR"',
    '# aliases = [""]',
)
_BAYER = ("RGGB", "BGGR", "GRBG", "GBRG")


def compose(parts: RigParts, profiles: Sequence[NinaProfile], on: date, sites: Sequence[str] = ()) -> str:
    """Write the rig file of profiles that drive one rig; the first of them speaks for optic and camera.

    Raises:
        ConfigError: a profile holds what no rig file may; the sentence says what.
    """
    first = profiles[0]
    sections = (
        _head(parts, profiles, on),
        (*_optic(parts, profiles), *_sites(sites)),
        _camera(parts, first.camera),
        _names(first.pattern),
        *_filters(wheel_of(profiles).values()),
    )
    text = "\n".join("".join(f"{line}\n" for line in lines) for lines in map(tuple, sections) if lines)
    _, flaws = read_rig(parts.stem, tomllib.loads(text))
    if flaws:
        raise ConfigError(first.path, flaws[0].key, flaws[0].expected)
    return text


def _head(parts: RigParts, profiles: Sequence[NinaProfile], on: date) -> Iterator[str]:
    names = ", ".join(f'"{one_line(profile.name)}"' for profile in profiles)
    yield f"# The rig {one_line(parts.name)}."
    yield f"# Written on {on} from the NINA profile{'s' if len(profiles) > 1 else ''} {names}."
    yield "# Edit it freely: what stands here outranks names and headers. When the wheel changes,"
    yield "# `doit rig X.profile --update` adds what is new and leaves the rest as you wrote it."


def _optic(parts: RigParts, profiles: Sequence[NinaProfile]) -> Iterator[str]:
    length = profiles[0].optic.focal_length_mm
    yield f"optic = {quoted(parts.optic)}"
    yield f"focal_ratio = {parts.focal_ratio!r}"
    if length:
        aperture_mm = round(length / parts.focal_ratio, 1)
        yield with_word(f"aperture_mm = {aperture_mm!r}", "focal length / focal ratio")
        yield with_word(f"focal_length_mm = {length!r}", "effective, with reducer or extender")
    else:
        yield with_word("# focal_length_mm = 530.0", "effective, with reducer or extender")
    ids = ", ".join(quoted(guid) for guid in dict.fromkeys(profile.id for profile in profiles))
    yield f"profile_ids = [{ids}]"


def _camera(parts: RigParts, camera: ProfileCamera | None) -> Iterator[str]:
    yield "[camera]"
    yield f"name = {quoted(parts.camera)}"
    if camera is None:
        return
    if camera.pixel_um:
        yield with_word(f"pixel_um = {camera.pixel_um!r}", "at binning 1")
    if camera.bayer in _BAYER:
        yield f"bayer = {quoted(camera.bayer)}"
    else:
        yield with_word('# bayer = "RGGB"', "a colour camera has one; a mono camera has none")
    if camera.bit_depth and 8 <= camera.bit_depth < 16 and not camera.bit_scaling:
        yield with_word(f"saturation_adu = {2**camera.bit_depth - 1}", f"{camera.bit_depth} bits, unscaled")
    if camera.id != camera.name:
        yield with_word(f"# ids = [{quoted(one_line(camera.id))}]", "only where two bodies share a model")


def _names(pattern: str | None) -> Iterator[str]:
    if pattern and pattern.isprintable():
        yield "[names]"
        yield "# As typed in NINA: Options, Imaging, Image file pattern."
        yield f"pattern = {quoted(pattern)}"


def _sites(sites: Sequence[str]) -> Iterator[str]:
    if sites:
        listed = ", ".join(map(quoted, sites))
        yield with_word(f"sites = [{listed}]", "for frames whose header has no coordinates")
    else:
        yield with_word('# sites = ["backyard"]', "a [[site]] of library.toml")


def _filters(wheel: Iterable[str]) -> Iterator[Sequence[str]]:
    names = list(wheel)
    yield WHEEL if names else NO_WHEEL
    for name in names:
        yield ("[[filters]]", f"name = {quoted(name)}")


def with_word(line: str, word: str) -> str:
    """A line with a comment behind it, all comments of a file in one column."""
    return f"{line:{_COLUMN}}  # {word}"


def one_line(text: str) -> str:
    """A text that may stand in a comment."""
    return "".join(char if char.isprintable() else " " for char in text)
