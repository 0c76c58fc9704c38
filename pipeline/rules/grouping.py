"""Frames into sets: what belongs together, what a set is called, and the folders it is seen in.

    frames of one night's journal ─group_frames─▶ FrameSets, each with its members in the order they were taken

Numbers are compared as numbers; two sets that would share a folder (another gain) are told apart by `~2`. What a
correction moved to another rig or night shows in the folders; the set stays filed where its frames are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from pipeline.model.frames import Frame, Kind
from pipeline.model.library import TargetAlias
from pipeline.model.policies import Blink
from pipeline.model.sets import FrameSet, Member
from pipeline.rules.layout import (
    accepted_folder,
    number_text,
    offered_folder,
    rejected_folder,
    set_name,
    target_part,
    twin_path,
)
from pipeline.rules.targets import panel_key, target_key

OFFERED_KINDS = (Kind.LIGHT, Kind.FLAT, Kind.DARK, Kind.BIAS, Kind.FLATDARK)
"""Snapshots, stacks and masters form no sets."""

_UNREAD = frozenset({"unreadable", "not-a-frame", "cut-off", "no-image"})
"""Stored frames were whole when they came: these have been lost or harmed since."""

Spell = Callable[[str], str]
"""A target to the folder it has in every view."""
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def speller(folders: Mapping[str, str], aliases: Iterable[TargetAlias]) -> Spell:
    """How targets are spelled in folders: an alias speaks first, then the first spelling this library used.

    Args:
        folders: What a target is equal by, to its folder in the store.
        aliases: Spellings a person joined.
    """
    joined = {
        target_key(name): target_part(alias.name)
        for alias in aliases
        for name in (alias.name, *alias.aliases)
    }

    def spell(target: str) -> str:
        key = target_key(target)
        return joined.get(key) or folders.get(key) or target_part(target)

    return spell


def is_shown(kind: Kind, blink: Blink) -> bool:
    """True when frames of this kind are offered to eyes."""
    return {
        Kind.LIGHT: blink.light,
        Kind.FLAT: blink.flat,
        Kind.DARK: blink.dark,
        Kind.BIAS: blink.bias,
        Kind.FLATDARK: blink.flatdark,
    }[kind]


def group_frames(members: Iterable[Member], owner: str, night: date, spell: Spell) -> tuple[FrameSet, ...]:
    """The sets of one night's journal, by folder and then by when they began."""
    sets: dict[tuple[object, ...], list[Member]] = {}
    beside: dict[str, tuple[object, ...]] = {}
    shown = [member for member in members if member.frame.kind in OFFERED_KINDS]
    for member in sorted(shown, key=_is_unread):
        key, folder = _key(member.frame, owner, night, spell), member.stored.rpartition("/")[0]
        if _is_unread(member):
            key = beside.get(folder, key)
        beside.setdefault(folder, key)
        sets.setdefault(key, []).append(member)
    homes: dict[str, list[list[Member]]] = {}
    for found in sets.values():
        found.sort(key=lambda member: (_is_unread(member), _began(member)))
        homes.setdefault(_offered(found[0].frame, owner, night, spell), []).append(found)
    return tuple(one for blink in sorted(homes) for one in _of_folder(blink, homes[blink], owner, night))


def _is_unread(member: Member) -> bool:
    """True for a stored frame that is away or damaged: it stays with those it lies beside, and takes no set's name."""
    return any(problem.code in _UNREAD for problem in member.frame.problems)


def _of_folder(blink: str, groups: list[list[Member]], owner: str, night: date) -> Iterable[FrameSet]:
    """The sets that share a folder, in the order they came: what comes later takes no other's name.

    No two of their frames share a name there.
    """
    taken: set[str] = set()
    for number, found in enumerate(groups, 1):
        frame = found[0].frame
        moved = (
            "" if (frame.night or night) == night and _filed_under(frame, owner) == owner else f"~of {night}"
        )
        yield FrameSet(
            id=set_name(blink) + (f"~{number}" if number > 1 else "") + moved,
            owner=owner,
            night=night,
            rig=frame.rig or owner,
            kind=frame.kind or Kind.LIGHT,
            label=set_label(frame),
            target=_target(frame),
            blink=blink,
            reject=rejected_folder(blink),
            data=accepted_folder(blink),
            members=tuple(_named(member, taken) for member in found),
        )


def _named(member: Member, taken: set[str]) -> Member:
    """The member under a name nobody in the folder bears; a second one of it gets `~2`."""
    number, name = 1, member.name
    while name.casefold() in taken:
        number += 1
        name = twin_path(f"/{member.name}", number)[1:]
    taken.add(name.casefold())
    return member if number == 1 else replace(member, name=name)


def set_label(frame: Frame) -> str:
    """What a person calls such frames: `M31 panel 2 L 300 s`, `flat L`, `dark 300 s -10 °C`."""
    parts = []
    if frame.kind is Kind.LIGHT:
        parts += [_target(frame), f"panel {frame.panel}" if frame.panel else ""]
    else:
        parts.append(str(frame.kind).lower().replace("flatdark", "flat-dark"))
    if frame.kind not in {Kind.DARK, Kind.BIAS}:
        parts.append(frame.filter or "")
    if frame.exposure_s is not None and frame.kind not in {Kind.FLAT, Kind.BIAS}:
        parts.append(f"{frame.exposure_s:g} s")
    if frame.kind in {Kind.DARK, Kind.BIAS} and frame.set_temp_c is not None:
        parts.append(f"{frame.set_temp_c:g} °C".replace("-", "−"))
    return " ".join(part for part in parts if part)


def _target(frame: Frame) -> str:
    return (frame.target or "unnamed") if frame.kind is Kind.LIGHT else ""


def _key(frame: Frame, owner: str, night: date, spell: Spell) -> tuple[object, ...]:
    """What the frames of one set have in common."""
    return (
        frame.kind,
        _filed_under(frame, owner),
        frame.night or night,
        spell(_target(frame)) if frame.kind is Kind.LIGHT else "",
        panel_key(frame.panel) if frame.kind is Kind.LIGHT else "",
        target_key(frame.filter or "") if frame.kind not in {Kind.DARK, Kind.BIAS} else "",
        _number(frame.exposure_s) if frame.kind is not Kind.FLAT else None,
        frame.gain,
        frame.offset,
        _number(frame.set_temp_c),
        frame.binning,
        frame.readout_mode,
    )


def _filed_under(frame: Frame, owner: str) -> str:
    """Whose set it is: the rig's; darks and bias are their camera's, whichever rig it hung on."""
    return owner if frame.kind in {Kind.DARK, Kind.BIAS} else frame.rig or owner


def _number(number: float | None) -> str | None:
    """Equal as folders write it: the digits of a header and those of a name are one exposure."""
    return None if number is None else number_text(number)


def _offered(frame: Frame, owner: str, night: date, spell: Spell) -> str:
    return offered_folder(frame, frame.rig or owner, frame.night or night, spell(_target(frame)))


def _began(member: Member) -> tuple[datetime, str]:
    frame = member.frame
    local = frame.local.replace(tzinfo=UTC) if frame.local is not None else _LONG_AGO
    return frame.utc or local, member.stored
