"""What a person may correct, as a witness: `doit correct PATH target=M31 exposure=300`.

Values are checked when they are given, and written down as plain numbers, dates and words, so that a decision on disk
can be heard for ever after. Whose corrections a frame hears, and which of two outranks, is `rules/corrected`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from pipeline.model.errors import UserError
from pipeline.model.frames import Evidence, Kind
from pipeline.rules import values
from pipeline.rules.kinds import kind_of_folder
from pipeline.rules.layout import ratio_text
from pipeline.rules.nights import FIRST_YEAR, LAST_YEAR
from pipeline.rules.phrases import listed, nearest
from pipeline.rules.rigfiles import split_rig_name
from pipeline.rules.targets import split_panel, tidied

CORRECT = "correct"
KEYS = ("target", "panel", "filter", "rig", "exposure", "kind", "night", "set_temp")
"""What may be corrected."""

_MAY_BE_EMPTY = frozenset({"panel", "filter"})
_LONGEST = 300
_LIGHTS_ONLY = ("target", "panel")
_NO_FILTER = frozenset({Kind.DARK, Kind.BIAS, Kind.FLATDARK})
_EXAMPLES = {"exposure": "300", "set_temp": "-10", "night": "2026-01-14", "target": "M31", "kind": "LIGHT"}
_OUTSIDE = ("spoken", "problems", "dialect", "stage")

Values = dict[str, object]
"""Corrections as a decision keeps them: `{"target": "M31", "exposure": 300.0}`."""


def check_corrections(words: Iterable[str]) -> Values:
    """`["target=M31", "exposure=5min"]` as values to decide on: `{"target": "M31", "exposure": 300.0}`.

    Raises:
        UserError: a word is no `key=value`, a key is none or said twice, or a value cannot be.
    """
    found: Values = {}
    for word in words:
        key, equals, value = word.partition("=")
        name = key.strip().replace("-", "_").casefold()
        if not equals or name not in KEYS:
            raise UserError(_no_key(word, name, said=bool(equals)))
        if name in found:
            raise UserError(f"{name} is said twice; say it once.")
        found[name] = _plain(name, _legible(name, value))
    return _with_panel(found)


def as_evidence(corrected: Mapping[str, object], place: str = "") -> Evidence | None:
    """The corrections as what a witness says; None when there are none.

    Args:
        corrected: As a decision keeps them; what is not understood there is passed over, see `misread`.
        place: Where it was said, for `doit why`: empty for the file itself, `of the night`.
    """
    said: dict[str, Any] = {}
    for key in KEYS:
        if key in corrected:
            said |= _heard(key, corrected[key])
    return Evidence(**said, spoken=dict.fromkeys(said, place)) if said else None


def misread(corrected: Mapping[str, object]) -> list[str]:
    """The keys of a decision that cannot be heard: of a newer version, or edited by hand."""
    return [key for key in corrected if key in KEYS and not _heard(key, corrected[key])]


def overlaid(*witnesses: Evidence | None) -> Evidence | None:
    """Several corrections as one; the first named outranks the later."""
    merged: dict[str, Any] = {}
    spoken: dict[str, str] = {}
    for said in reversed(witnesses):
        if said is not None:
            new = {name: getattr(said, name) for name in said.spoken if name not in _OUTSIDE}
            merged |= new
            spoken |= {name: said.spoken[name] for name in new}
    return Evidence(**merged, spoken=spoken) if merged else None


def fitting(said: Evidence, kind: Kind | None) -> Evidence | None:
    """What of a correction of a whole night concerns a frame of this kind: no dark has a target or a filter."""
    if said.kind is not None:
        kind = said.kind
    dropped = (
        set()
        if kind in {Kind.LIGHT, Kind.SNAPSHOT, Kind.STACK, Kind.MASTER_LIGHT, None}
        else set(_LIGHTS_ONLY)
    )
    if kind is not None and kind.raw in _NO_FILTER:
        dropped.add("filter")
    if not dropped & said.spoken.keys():
        return said
    kept = {name: place for name, place in said.spoken.items() if name not in dropped}
    return Evidence(**{name: getattr(said, name) for name in kept}, spoken=kept) if kept else None


def corrections_text(corrected: Mapping[str, object]) -> str:
    """`target=M31, exposure=300`: as they were typed."""
    return ", ".join(f"{key}={value_text(corrected[key])}" for key in KEYS if key in corrected)


def value_text(value: object) -> str:
    """300.0 as 300; words as they are."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def night_from(text: str) -> date | None:
    """The night a person wrote, `2026-01-14` or a folder's `DATE_2026-01-14`; None for anything else."""
    try:
        night = date.fromisoformat(text.strip().removeprefix("DATE_"))
    except ValueError:
        return None
    return night if FIRST_YEAR <= night.year <= LAST_YEAR else None


def _heard(key: str, value: object) -> dict[str, Any]:
    try:
        return _READERS[key](str(value))
    except UserError:
        return {}


def _plain(key: str, value: str) -> object:
    """The value as it is written down: numbers as numbers, words tidied, spellings the one we use."""
    said = _READERS[key](value)
    if key in {"exposure", "set_temp"}:
        return next(iter(said.values()))
    if key == "rig":
        return f"{said['optic']}@f{ratio_text(said['focal_ratio'])}+{said['camera']}"
    return str(said[key].isoformat()) if key == "night" else str(said[key])


def _with_panel(found: Values) -> Values:
    """`M31 Panel 2` is panel 2 of M31, as a header's would be; with `panel=` beside it, it is a name."""
    target, panel = split_panel(str(found.get("target", "")))
    return found if not panel or "panel" in found else {**found, "target": target, "panel": panel}


def _legible(key: str, value: str) -> str:
    value = value.strip()
    odd = next((char for char in value if not char.isprintable() and not char.isspace()), None)
    if odd is not None:
        raise UserError(f"{key}: the value holds {odd!r}, which cannot be shown; type it without.")
    if len(value) > _LONGEST:
        raise UserError(f"{key}: {len(value)} characters are too long; at most {_LONGEST}.")
    if not value and key not in _MAY_BE_EMPTY:
        example = f", such as {key}={_EXAMPLES[key]}" if key in _EXAMPLES else ""
        raise UserError(
            f"{key}= needs a value{example}. Only {listed(sorted(_MAY_BE_EMPTY))} may be empty: there is none."
        )
    return value


def _no_key(word: str, key: str, *, said: bool) -> str:
    possible = listed(KEYS)
    if not said:
        return f'{word!r}: write key=value, with quotes round blanks: "target=NGC 7000". Keys are {possible}.'
    close = nearest(key, KEYS)
    return (
        f"There is no {key!r} to correct{f'; did you mean {close}?' if close else '.'} Keys are {possible}."
    )


def _rig(text: str) -> dict[str, Any]:
    parts = split_rig_name(text.strip())
    if parts is None or not parts[0].strip() or not parts[2].strip() or not 0.3 <= parts[1] <= 100:
        raise UserError(f"{text!r} is no rig: write <optic>@f<ratio>+<camera>, such as C8E@f10.0+ASI2600MM.")
    optic, ratio, camera = parts
    return {"optic": optic.strip(), "focal_ratio": ratio, "camera": camera.strip()}


def _kind(text: str) -> dict[str, Any]:
    word = text.strip().upper()
    kind = next((k for k in Kind if k.value == word), None) or kind_of_folder(text)
    if kind is None:
        known = [k.value for k in Kind]
        close = nearest(word, known)
        raise UserError(
            f"{text!r} is no kind of frame{f'; did you mean {close}?' if close else '.'} Kinds are {listed(known)}."
        )
    return {"kind": kind}


def _night(text: str) -> dict[str, Any]:
    night = night_from(text)
    if night is None:
        raise UserError(f"{text!r} is no night: write the evening's date, 2026-01-14.")
    return {"night": night}


def _number(field: str, read: Callable[[str], float | None], wanted: str) -> Callable[[str], dict[str, Any]]:
    def reader(text: str) -> dict[str, Any]:
        number = read(text.strip())
        if number is None:
            raise UserError(f"{text!r} is no {wanted}.")
        return {field: number}

    return reader


def _target(text: str) -> dict[str, Any]:
    target = tidied(text)
    if not target:
        raise UserError(f"{text!r} names no target.")
    return {"target": target}


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "target": _target,
    "panel": lambda text: {"panel": values.panel(text) or ""},
    "filter": lambda text: {"filter": " ".join(text.split())},
    "rig": _rig,
    "exposure": _number("exposure_s", values.exposure, "exposure: write seconds, 300, or 5min"),
    "kind": _kind,
    "night": _night,
    "set_temp": _number("set_temp_c", values.temperature, "temperature: write degrees Celsius, -10"),
}
