"""A TOML table read as a frozen dataclass, strictly, by its type hints: what does not fit is said.

Every flaw of a table is found in one reading, so that a person mends a file once. Where only one key of a
table is required, its value alone may stand for the table: `sites = ["backyard"]`. Lists are counted from 1,
as people count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from datetime import date, datetime
from enum import Enum
from typing import Final, TypeVar, cast

from pipeline.rules.keys import Form, Key, join_key, keys_of
from pipeline.rules.phrases import found, kind_words, listed, nearest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a table."""

    key: str
    """Where: `filters[2].valid_from`."""
    expected: str
    """What would have been right, and what is there."""
    owner: type | None = None
    """The settings class the key belongs to, whose manual may help."""

    @property
    def field(self) -> str:
        """The last part of the key, without its place in a list."""
        return self.key.rpartition(".")[2].partition("[")[0]


def read_table(cls: type[T], table: Mapping[str, object]) -> tuple[T | None, tuple[Flaw, ...]]:
    """Read a table as `cls`: the value, or None and every flaw."""
    reading = _Reading([])
    value = reading.table(cls, table, "")
    return (None if value is _UNFIT else cast(T, value)), tuple(reading.flaws)


def find_flaws(cls: type, table: Mapping[str, object]) -> tuple[Flaw, ...]:
    """What is wrong with a table of defaults: what it lacks is no flaw."""
    reading = _Reading([], partial=True)
    reading.table(cls, table, "")
    return tuple(reading.flaws)


class _Unfit(Enum):
    UNFIT = "unfit"


_UNFIT: Final = _Unfit.UNFIT
"""Stands for a value that could not be read; its flaw has been noted."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over one table; what is wrong gathers in `flaws`."""

    flaws: list[Flaw]
    partial: bool = False

    def note(self, at: str, expected: str, owner: type | None) -> object:
        self.flaws.append(Flaw(at, expected, owner))
        return _UNFIT

    def table(self, cls: type, value: object, at: str) -> object:
        if not isinstance(value, Mapping):
            needed = [key for key in keys_of(cls) if key.required]
            if len(needed) != 1:
                return self.note(at, f"expected a table, found {found(value)}", cls)
            value = {needed[0].name: value}
        before = len(self.flaws)
        self.refuse_strangers(cls, value, at)
        read = {key.name: self.entry(cls, key, value, at) for key in keys_of(cls)}
        if len(self.flaws) > before or _UNFIT in read.values():
            return _UNFIT
        try:
            return cls(**{name: item for name, item in read.items() if item is not MISSING})
        except ValueError as error:  # what a class itself holds its values to
            return self.note(at, str(error), cls)

    def refuse_strangers(self, cls: type, table: Mapping[str, object], at: str) -> None:
        known = {name: key.name for key in keys_of(cls) for name in (key.name, key.also) if name}
        for name in table:
            if name not in known:
                close = nearest(name, known)
                advice = (
                    f'did you mean "{close}"?'
                    if close
                    else f"known here: {listed(sorted(set(known.values())))}"
                )
                self.note(join_key(at, name), f"no such key; {advice}", None)

    def entry(self, cls: type, key: Key, table: Mapping[str, object], at: str) -> object:
        spelt = [name for name in (key.name, key.also) if name and name in table]
        if len(spelt) == 2:
            return self.note(join_key(at, key.also), f'the same as "{key.name}": write one of the two', cls)
        if spelt:
            return self.value(key.form, table[spelt[0]], join_key(at, spelt[0]), cls)
        if key.required and not self.partial:
            return self.note(join_key(at, key.name), f"missing: expected {kind_words(key.form)}", cls)
        return _UNFIT if key.required else MISSING

    def value(self, form: Form, value: object, at: str, owner: type) -> object:
        read = self.unbounded(form, value, at, owner)
        for bound in form.bounds if read is not _UNFIT else ():
            if wrong := bound.expects(read):
                return self.note(at, wrong, owner)
        return read

    def unbounded(self, form: Form, value: object, at: str, owner: type) -> object:
        if form.table:
            return self.table(form.table, value, at)
        if form.item:
            return self.many(form, form.item, value, at, owner)
        if form.words is not None:
            return self.word(form, form.words, value, at, owner)
        for arm in form.arms:  # the one that suits the value's shape, so that its own flaw is told
            if _suits(arm, value):
                return self.value(arm, value, at, owner)
        read = None if form.arms else _PLAIN[form.hint](value)
        return self.refuse(form, value, at, owner) if read is None else read

    def many(self, form: Form, item: Form, value: object, at: str, owner: type) -> object:
        if not isinstance(value, list | tuple):
            return self.refuse(form, value, at, owner)
        read = tuple(self.value(item, each, f"{at}[{n}]", owner) for n, each in enumerate(value, 1))
        return _UNFIT if _UNFIT in read else read

    def word(self, form: Form, words: Mapping[str, object], value: object, at: str, owner: type) -> object:
        if not isinstance(value, str) or value not in words:
            return self.refuse(form, value, at, owner)
        return words[value]

    def refuse(self, form: Form, value: object, at: str, owner: type) -> object:
        close = nearest(value, form.words) if isinstance(value, str) and form.words else None
        advice = f'; did you mean "{close}"?' if close else ""
        return self.note(at, f"expected {kind_words(form)}, found {found(value)}{advice}", owner)


def _suits(form: Form, value: object) -> bool:
    """True when the value has the shape, though perhaps not the size, that is asked for."""
    if form.table:
        return isinstance(value, Mapping)
    if form.item:
        return isinstance(value, list | tuple)
    return isinstance(value, str) if form.words is not None else _PLAIN[form.hint](value) is not None


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # a whole number beyond any float
        return None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_PLAIN: Mapping[object, Callable[[object], object]] = {
    str: lambda value: value if isinstance(value, str) else None,
    bool: lambda value: value if isinstance(value, bool) else None,
    int: _whole,
    float: _number,
    date: lambda value: value if isinstance(value, date) and not isinstance(value, datetime) else None,
}
