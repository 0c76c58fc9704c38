"""A rig file told what has changed in the wheel since: its new text, every other byte as the person wrote it.

A rig file is the person's. So an update only adds: a filter that is new in the wheel, an end for one that has
gone, a further profile's id. Every other difference is said, and left as it stands.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from pipeline.model.errors import ConfigError
from pipeline.model.profiles import NinaProfile
from pipeline.rules.targets import target_key
from pipeline.rules.toml_text import (
    Statement,
    Table,
    items,
    quoted,
    tables,
    with_entry,
    with_item,
    with_key,
    with_table,
)

_FILTERS = ("filters", "filter")
_TOLERANCE = 0.02
_PERHAPS_RENAMED = (
    "if a new name is only NINA's name for a filter you have, write it into that filter's aliases first"
)


@dataclass(frozen=True, slots=True)
class Update:
    """A rig file's new text, and in words what is new in it."""

    text: str
    changes: tuple[str, ...]
    remarks: tuple[str, ...]
    """Where the profile says otherwise and the file's own word stands."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """One thing to add: in words, in the text, and in what the text means."""

    said: str
    write: Callable[[str], str]
    mean: Callable[[dict[str, Any]], None]


def update(text: str, profiles: Sequence[NinaProfile], on: date, file: str) -> Update:
    """Add to a rig file what is new in the wheels of its profiles; filters gone from them end.

    Args:
        text: The rig file as it is; valid TOML.
        profiles: The profiles of this rig that were read: a filter is gone when it is in none of them.
        on: The first night of the change.
        file: The rig file's name, for the sentence when its layout cannot be followed.
    """
    before = _meaning(text)
    gone, unsure = _gone(before, profiles, on)
    ended, new = list(_ended(gone, on)), list(_new_filters(before, profiles, on))
    edits = [*_new_ids(before, profiles), *ended, *new]
    meant = _meaning(text)
    for edit in edits:
        edit.mean(meant)
    return Update(
        _written(text, edits, meant, file),
        tuple(edit.said for edit in edits),
        (*unsure, *([_PERHAPS_RENAMED] if ended and new else []), *_differences(before, profiles)),
    )


def _written(text: str, edits: Sequence[_Edit], meant: dict[str, Any], file: str) -> str:
    """Apply the edits, and hold the text against what was meant: a person's file is not spoilt by a guess."""
    new = text
    try:
        for edit in edits:
            new = edit.write(new)
        if _meaning(new) == meant:
            return new
    except (LookupError, ValueError):  # a layout we do not know; tomllib's own error is a ValueError
        pass
    todo = "; ".join(edit.said for edit in edits)
    raise ConfigError(file, "", f"is laid out in a way only you can edit. To add by hand: {todo}")


def _meaning(text: str) -> dict[str, Any]:
    """What a rig file says, its filters always a list of tables under one key."""
    data = tomllib.loads(text)
    listed = [item for key in _FILTERS for item in data.pop(key, [])]
    data["filters"] = [item if isinstance(item, dict) else {"name": item} for item in listed]
    data["profile_ids"] = list(data.get("profile_ids", []))
    return data


def _new_ids(before: dict[str, Any], profiles: Sequence[NinaProfile]) -> Iterator[_Edit]:
    known = {str(one).lower() for one in before["profile_ids"]}
    for profile in profiles:
        if profile.id not in known:
            known.add(profile.id)
            said = f'the profile "{profile.name}" drives this rig: profile_ids gets {profile.id}'
            yield _Edit(said, partial(_write_id, guid=profile.id), partial(_mean_id, guid=profile.id))


def _gone(
    before: dict[str, Any], profiles: Sequence[NinaProfile], on: date
) -> tuple[list[tuple[int, str]], list[str]]:
    """Give the filters that left the wheel, and sentences on those that cannot be judged."""
    wheel = set(wheel_of(profiles))
    left = [
        (index, str(item.get("name", "")))
        for index, item in enumerate(before["filters"])
        if wheel and "valid_to" not in item and not _spellings(item) & wheel
    ]
    unread = {str(one).lower() for one in before["profile_ids"]} - {profile.id for profile in profiles}
    if unread:
        why = "the rig has another profile that was not given, so it stays"
        return [], [f"{name} is not in this wheel; {why}" for _, name in left]
    young = [name for index, name in left if before["filters"][index].get("valid_from", date.min) >= on]
    unsure = [f"{name} is not in the wheel, but begins only later than {on}: it stays" for name in young]
    return [(index, name) for index, name in left if name not in young], unsure


def _ended(gone: Sequence[tuple[int, str]], on: date) -> Iterator[_Edit]:
    for index, name in gone:
        said = f"{name} is no longer in the wheel: valid_to = {on}"
        yield _Edit(said, partial(_write_end, index=index, on=on), partial(_mean_end, index=index, on=on))


def _new_filters(before: dict[str, Any], profiles: Sequence[NinaProfile], on: date) -> Iterator[_Edit]:
    ended = {key for item in before["filters"] for key in _spellings(item)}
    current = {key for item in before["filters"] if _open(item, on) for key in _spellings(item)}
    for key, name in wheel_of(profiles).items():
        if key not in current:
            since = on if key in ended else None  # an old name on another filter: each has its nights
            said = f"{name} is new in the wheel" + (f": valid_from = {since}" if since else "")
            yield _Edit(
                said,
                partial(_write_filter, name=name, since=since),
                partial(_mean_filter, name=name, since=since),
            )


def wheel_of(profiles: Sequence[NinaProfile]) -> dict[str, str]:
    """List the filters of all wheels in order: what is equal for all spellings, and the first of them."""
    wheel: dict[str, str] = {}
    for profile in profiles:
        for name in profile.filters:
            wheel.setdefault(target_key(name), name)
    return wheel


def _open(item: dict[str, Any], on: date) -> bool:
    return bool(item.get("valid_to", date.max) > on)


def _spellings(item: dict[str, Any]) -> set[str]:
    return {target_key(str(name)) for name in (item.get("name", ""), *item.get("aliases", []))}


def _write_id(text: str, guid: str) -> str:
    top = tables(text)[0]
    present = top.key("profile_ids")
    if present is not None:
        return with_item(text, present, quoted(guid))
    return with_key(text, top, f"profile_ids = [{quoted(guid)}]")


def _mean_id(meant: dict[str, Any], guid: str) -> None:
    meant["profile_ids"].append(guid)


def _write_end(text: str, index: int, on: date) -> str:
    entry = f"valid_to = {on}"
    array = _filter_array(text)
    if array is not None:
        return with_entry(text, items(text, array)[index], entry)
    return with_key(text, _filter_tables(text)[index], entry)


def _mean_end(meant: dict[str, Any], index: int, on: date) -> None:
    meant["filters"][index]["valid_to"] = on


def _write_filter(text: str, name: str, since: date | None) -> str:
    array = _filter_array(text)
    if array is not None:
        item = f"{{ name = {quoted(name)}, valid_from = {since} }}" if since else quoted(name)
        return with_item(text, array, item)
    like = _filter_tables(text)
    lines = [f"[[{like[-1].name if like else 'filters'}]]", f"name = {quoted(name)}"]
    lines += [f"valid_from = {since}"] if since else []
    return with_table(text, like[-1] if like else None, lines)


def _mean_filter(meant: dict[str, Any], name: str, since: date | None) -> None:
    meant["filters"].append({"name": name, **({"valid_from": since} if since else {})})


def _filter_array(text: str) -> Statement | None:
    top = tables(text)[0]
    return next(filter(None, map(top.key, _FILTERS)), None)


def _filter_tables(text: str) -> list[Table]:
    return [table for table in tables(text) if table.name in _FILTERS]


def _differences(before: dict[str, Any], profiles: Sequence[NinaProfile]) -> Iterator[str]:
    camera, names = before.get("camera"), before.get("names")
    pixel = camera.get("pixel_um") if isinstance(camera, dict) else None
    pattern = names.get("pattern") if isinstance(names, dict) else None
    for profile in profiles:
        its_pixel = profile.camera.pixel_um if profile.camera else None
        yield from _far("focal length", "mm", before.get("focal_length_mm"), profile.optic.focal_length_mm)
        yield from _far("focal ratio", "", before.get("focal_ratio"), profile.optic.focal_ratio)
        yield from _far("pixel pitch", "µm", pixel, its_pixel)
        if pattern and profile.pattern and pattern != profile.pattern:
            yield f"the profile names files by {profile.pattern}; the rig file's {pattern} stands"


def _far(what: str, unit: str, ours: object, its: float | None) -> Iterator[str]:
    if isinstance(ours, int | float) and its and abs(ours - its) > _TOLERANCE * max(abs(ours), its):
        said = f"{its:g} {unit}".strip()
        yield f"the profile's {what} is {said}; the rig file's {ours:g} stands"
