"""The first rig file of a stranger: what the headers of its waiting frames say, and the questions they leave open.

Made to be read and edited, like `rules/rig_text`'s; the policies may be taken over from a rig that is known.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

from pipeline.model.errors import ConfigError
from pipeline.model.frames import Frame, Kind
from pipeline.rules.profiles import RigParts
from pipeline.rules.rig_text import WHEEL, one_line, with_word
from pipeline.rules.spoken import counted
from pipeline.rules.targets import target_key
from pipeline.rules.toml_text import quoted, tables

POLICIES = ("views", "names", "cull", "blink", "accept", "matching", "grouping", "masters")
"""What one rig may take over from another: how frames are judged, not what took them."""
_BAYER = ("RGGB", "BGGR", "GRBG", "GBRG")
_NO_WHEEL = (
    "# No frame names a filter. What sits in the drawer, also when no program names it:",
    "# [[filters]]",
    '# name = "UVIR"',
    '# aliases = [""]',
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RigFacts:
    """What the frames of one rig agree on; None where they are silent."""

    frames: int = 0
    pixel_um: float | None = None
    """At binning 1."""
    focal_length_mm: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    bayer: str | None = None
    filters: tuple[str, ...] = ()
    camera_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`12 frames: 3.76 µm, 2032 mm, 6248 × 4176 px, filters L, R`."""
        said = [
            f"{self.pixel_um:g} µm" if self.pixel_um else "",
            f"{self.focal_length_mm:g} mm" if self.focal_length_mm else "",
            f"{self.width_px} × {self.height_px} px" if self.width_px and self.height_px else "",
            self.bayer or "",
            f"filters {', '.join(self.filters)}" if self.filters else "",
        ]
        return f"{counted(self.frames, 'frame')}: {', '.join(filter(None, said)) or 'nothing more'}"


class Policies(NamedTuple):
    """What is taken over from another rig's file, as it stands there."""

    above: str
    """Keys above all tables."""
    tables: str


def facts_of(frames: Sequence[Frame]) -> RigFacts:
    """What most of these frames say, the lights first."""
    raw = [
        frame for frame in frames if frame.planes in {None, 1} and not (frame.kind and frame.kind.is_master)
    ]
    raw.sort(key=lambda frame: frame.kind is not Kind.LIGHT)
    bayer = _most(raw, lambda frame: frame.bayer)
    size = _most(raw, _size)
    return RigFacts(
        frames=len(frames),
        pixel_um=_most(raw, lambda frame: frame.pixel_um and round(frame.pixel_um / (frame.binning or 1), 3)),
        focal_length_mm=_most(raw, lambda frame: frame.focal_length_mm),
        width_px=size[0] if size else None,
        height_px=size[1] if size else None,
        bayer=bayer if bayer in _BAYER else None,
        filters=_filters(raw),
        camera_ids=tuple(sorted({frame.camera_id for frame in raw if frame.camera_id})),
    )


def compose_draft(parts: RigParts, facts: RigFacts, on: date, policies: Policies | None = None) -> str:
    """The text of the rig's file.

    Args:
        parts: What names the rig.
        facts: What its frames say.
        on: Today.
        policies: What it takes over, as `policies_of` found it.
    """
    policies = policies or Policies("", "")
    sections = (
        _head(parts, facts, on),
        (*_optic(parts, facts), *policies.above.splitlines()),
        _camera(parts, facts),
        *_wheel(facts),
    )
    text = "\n".join("".join(f"{line}\n" for line in lines) for lines in map(tuple, sections))
    return f"{text}\n{policies.tables}\n" if policies.tables else text


def policies_of(text: str, file: str) -> Policies:
    """A rig file's policies as they stand there.

    Raises:
        ConfigError: they are laid out in a way that cannot be copied.
    """
    first, *others = tables(text)
    above = [text[one.start : one.end].strip("\r\n") for one in first.statements if one.key in POLICIES]
    below = [
        text[t.start : t.end].strip("\r\n") for t in others if t.name.partition(".")[0].strip() in POLICIES
    ]
    found = Policies("\n".join(above).replace("\r\n", "\n"), "\n\n".join(below).replace("\r\n", "\n"))
    wanted = {key: value for key, value in tomllib.loads(text).items() if key in POLICIES}
    if _read(f"{found.above}\n{found.tables}") != wanted:
        raise ConfigError(
            file, "", "is laid out in a way only you can copy from: leave --from out, edit by hand"
        )
    return found


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _most(frames: Iterable[Frame], value: Callable[[Frame], T | None]) -> T | None:
    counted_values = Counter(said for frame in frames if (said := value(frame)))
    return counted_values.most_common(1)[0][0] if counted_values else None


def _size(frame: Frame) -> tuple[int, int] | None:
    if not frame.width_px or not frame.height_px:
        return None
    return frame.width_px * (frame.binning or 1), frame.height_px * (frame.binning or 1)


def _filters(frames: Iterable[Frame]) -> tuple[str, ...]:
    spellings: dict[str, str] = {}
    for frame in frames:
        written = " ".join((frame.filter or "").split())
        if written and written.isprintable() and frame.kind in {Kind.LIGHT, Kind.FLAT}:
            spellings.setdefault(target_key(written), written)
    return tuple(spellings.values())


def _head(parts: RigParts, facts: RigFacts, on: date) -> Iterator[str]:
    waiting = f"the headers of {counted(facts.frames, 'waiting frame')}" if facts.frames else "its name alone"
    yield f"# The rig {one_line(parts.name)}."
    yield f"# Written on {on} from {waiting}. Edit it freely: what stands here outranks names and headers."


def _optic(parts: RigParts, facts: RigFacts) -> Iterator[str]:
    length = facts.focal_length_mm
    yield f"optic = {quoted(parts.optic)}"
    yield f"focal_ratio = {parts.focal_ratio!r}"
    if length:
        yield with_word(
            f"aperture_mm = {round(length / parts.focal_ratio, 1)!r}", "focal length / focal ratio"
        )
        yield with_word(f"focal_length_mm = {length!r}", "effective, with reducer or extender")
    else:
        yield with_word("# focal_length_mm = 530.0", "effective, with reducer or extender")
    yield with_word('# sites = ["backyard"]', "a [[site]] of library.toml")


def _camera(parts: RigParts, facts: RigFacts) -> Iterator[str]:
    yield "[camera]"
    yield f"name = {quoted(parts.camera)}"
    if facts.pixel_um:
        yield with_word(f"pixel_um = {facts.pixel_um!r}", "at binning 1")
    if facts.width_px and facts.height_px:
        yield f"width_px = {facts.width_px}"
        yield f"height_px = {facts.height_px}"
    if facts.bayer:
        yield f"bayer = {quoted(facts.bayer)}"
    else:
        yield with_word('# bayer = "RGGB"', "a colour camera has one; a mono camera has none")
    yield with_word("# cooled = false", "where there is no set point")
    if facts.camera_ids:
        ids = ", ".join(quoted(one_line(one)) for one in facts.camera_ids)
        yield with_word(f"# ids = [{ids}]", "only where two bodies share a model")


def _wheel(facts: RigFacts) -> Iterator[Sequence[str]]:
    yield WHEEL if facts.filters else _NO_WHEEL
    for name in facts.filters:
        yield ("[[filters]]", f"name = {quoted(name)}")
