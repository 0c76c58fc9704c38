"""Masters matched to one set: the rig's rules, the person's pins, the nights its rig was changed on, the other lights.

    match_set(set, masters) ─▶ SetMatch      of lights: dark, flat, bias; of flats: what is taken from them

Nothing is opened and nothing is written: `world/chosen` looks whether what was chosen is sound, and freezes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from pipeline.model.frames import Frame, Kind
from pipeline.model.masters import Change, Master, SetMatch
from pipeline.rules.changes import find_changes
from pipeline.rules.matching import match_flat, match_light, need_of
from pipeline.rules.pins import Pin, changes_of, pins_of
from pipeline.rules.racks import Racks, sorted_racks
from pipeline.rules.targets import target_key
from pipeline.world.library import OpenLibrary
from pipeline.world.looking import SetNow
from pipeline.world.master_places import find_master


def match_set(
    now: SetNow, masters: Sequence[Master] | Racks, *, pins: Mapping[Kind, str] | None = None
) -> SetMatch:
    """What this set would be calibrated with now; empty for darks and bias, which need nothing.

    Args:
        now: The set.
        masters: All there are.
        pins: Masters to be taken as pinned; None: those a person pinned.
    """
    need, racks, rules = need_of(now.frames), sorted_racks(masters), now.rig.matching
    pins, cooled = pins_now(now, racks) if pins is None else pins, now.rig.camera.cooled
    if now.frames.kind is Kind.FLAT:
        return match_flat(need, racks, rules, cooled=cooled, pins=pins)
    if now.frames.kind is not Kind.LIGHT:
        return SetMatch()
    return match_light(
        need,
        racks,
        rules,
        cooled=cooled,
        pins=pins,
        changes=changes_now(now, racks.by_path.values()),
        night_filters=night_filters(now),
    )


def pins_now(now: SetNow, racks: Racks) -> dict[Kind, str]:
    """The paths of the pinned masters, by raw kind, as they lie now."""
    pins = pins_of(now.frames, now.book.decisions)
    return {kind: _path_now(now.book.library, pin, racks) for kind, pin in pins.items()}


def changes_now(now: SetNow, masters: Iterable[Master]) -> tuple[Change, ...]:
    """The nights from which on the set's rig was another: a person's marks, and jumps in what frames say of it."""
    light = need_of(now.frames)
    by_hand = changes_of(now.frames.rig, now.book.decisions)
    told = find_changes(now.frames.rig, _by_night(light, masters))
    return tuple(sorted((*by_hand, *told), key=lambda one: (one.night, one.by_hand)))


def night_filters(now: SetNow) -> Mapping[date, frozenset[str]]:
    """Through which filters this rig shot lights in the night of the set."""
    told: dict[date, set[str]] = {}
    for one in now.book.sets:
        frame = one.members[0].frame
        if one.kind is Kind.LIGHT and one.rig == now.frames.rig and frame.night is not None:
            told.setdefault(frame.night, set()).add(frame.filter or "")
    return {night: frozenset(found) for night, found in told.items()}


def _path_now(library: OpenLibrary, pin: Pin, racks: Racks) -> str:
    """Where a pinned master lies; the name that was pinned, when none has its bytes any more."""
    if not pin.sha256:
        return pin.path
    found = find_master(library, pin.path, pin.sha256, shelf=racks.by_path.values())
    return found.path if found is not None else pin.path


def _by_night(light: Frame, masters: Iterable[Master]) -> dict[date, list[Frame]]:
    """What is known of the light's own train, night by night: its flats, and the light."""
    train, found = _train(light), dict[date, list[Frame]]()
    flats = [one.frame for one in masters if one.frame.kind is Kind.MASTER_FLAT]
    for frame in (*(flat for flat in flats if _train(flat) == train), light):
        if frame.night is not None:
            found.setdefault(frame.night, []).append(frame)
    return found


def _train(frame: Frame) -> tuple[str, str]:
    return target_key(frame.optic or ""), target_key(frame.camera or "")
