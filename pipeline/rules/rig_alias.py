"""A rig file told another name of its optic or camera, and that name taken out again, every other byte as it was.

An edit is kept as splices, what stood where and what stands there now, so that its undo gives back the very bytes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.model.errors import ConfigError
from pipeline.rules.targets import target_key
from pipeline.rules.toml_text import quoted, tables, with_item, with_key, with_table

KINDS = ("optic", "camera")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlias:
    """One more name of a rig's optic or camera."""

    kind: str
    """`optic` or `camera`."""
    name: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def keys(self) -> tuple[str, str]:
        """How a rig file may spell the list."""
        return f"{self.kind}_aliases", f"{self.kind}_alias"

    @property
    def table(self) -> dict[str, Any]:
        """The alias as TOML means it."""
        spans = {"valid_from": self.valid_from, "valid_to": self.valid_to}
        return {"name": self.name, **{key: day for key, day in spans.items() if day is not None}}

    @property
    def item(self) -> str:
        """The alias as an item of a list."""
        if len(self.table) == 1:
            return quoted(self.name)
        return f"{{ {', '.join(self._lines())} }}"

    def _lines(self) -> list[str]:
        table = self.table
        return [f"name = {quoted(self.name)}", *(f"{key} = {table[key]}" for key in table if key != "name")]


@dataclass(frozen=True, slots=True)
class Splice:
    """One place where a text was changed."""

    at: int
    old: str
    new: str


def add_aliases(text: str, aliases: Sequence[NewAlias], file: str) -> tuple[str, list[Splice]]:
    """The text with these aliases, and how it came about.

    Raises:
        ConfigError: the file is laid out in a way only its owner can edit.
    """
    wanted, splices = _meaning(text), []
    try:
        for alias in aliases:
            wanted[alias.keys[0]].append(alias.table)
            new = _written(text, alias)
            splices.append(_splice(text, new))
            text = new
        if _meaning(text) == wanted:
            return text, splices
    except (LookupError, ValueError):  # a layout we do not know; tomllib's own error is a ValueError
        pass
    todo = "; ".join(f"{alias.keys[0]} gets {alias.item}" for alias in aliases)
    raise ConfigError(file, "", f"is laid out in a way only you can edit. To add by hand: {todo}")


def remove_aliases(text: str, aliases: Sequence[NewAlias], splices: Sequence[Splice], file: str) -> str:
    """The text without exactly these aliases; what else was edited since stays.

    Raises:
        ConfigError: the place was edited since.
    """
    wanted = _meaning(text)
    here = [alias for alias in aliases if alias.table in wanted[alias.keys[0]]]
    if not here:
        return text
    for alias in here:
        wanted[alias.keys[0]].remove(alias.table)
    new: str | None = text
    for splice in reversed(splices):
        new = _undone(new, splice) if new is not None else None
    if new is not None and _reads_as(new, wanted):
        return new
    todo = "; ".join(f"{alias.item} from {alias.keys[0]}" for alias in here)
    raise ConfigError(file, "", f"was edited at that place since. To take out by hand: {todo}")


def _written(text: str, alias: NewAlias) -> str:
    top = tables(text)[0]
    present = next(filter(None, map(top.key, alias.keys)), None)
    if present is not None:
        return with_item(text, present, alias.item)
    like = [table for table in tables(text) if table.name in alias.keys]
    if like:
        return with_table(text, like[-1], [f"[[{like[-1].name}]]", *alias._lines()])
    return with_key(text, top, f"{alias.keys[0]} = [{alias.item}]")


def _splice(before: str, after: str) -> Splice:
    """What differs, between the longest common beginning and the longest common end."""
    start = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    most = min(len(before), len(after)) - start
    end = next((n for n in range(most) if before[-1 - n] != after[-1 - n]), most)
    return Splice(start, before[start : len(before) - end], after[start : len(after) - end])


def _undone(text: str, splice: Splice) -> str | None:
    """The splice taken back, where it was made or wherever else its text stands alone."""
    at = splice.at if text.startswith(splice.new, splice.at) else -1
    if at < 0 and text.count(splice.new) == 1:
        at = text.index(splice.new)
    return None if at < 0 else text[:at] + splice.old + text[at + len(splice.new) :]


def _reads_as(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return _meaning(text) == wanted
    except ValueError:
        return False


def _meaning(text: str) -> dict[str, Any]:
    """What a rig file says, its aliases always lists of tables under one key."""
    data = tomllib.loads(text)
    for kind in KINDS:
        listed = [one for key in (f"{kind}_aliases", f"{kind}_alias") for one in data.pop(key, [])]
        data[f"{kind}_aliases"] = [one if isinstance(one, dict) else {"name": one} for one in listed]
    return data


def same_alias(one: NewAlias, other: NewAlias) -> bool:
    """Equal names of one thing, whatever their letters; dates aside."""
    return one.kind == other.kind and target_key(one.name) == target_key(other.name)
