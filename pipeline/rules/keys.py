"""The keys a settings class gives to its TOML table, and the form of each value: taken apart once."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

from pipeline.model.bounds import Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a value has to be."""

    hint: object
    """The type, without bounds."""
    bounds: tuple[Bound, ...] = ()
    table: type | None = None
    """A settings class: its value is a table."""
    words: Mapping[str, object] | None = None
    """The words allowed, with the values they stand for."""
    item: Form | None = None
    """What each value of a list has to be."""
    arms: tuple[Form, ...] = ()
    """Several forms, of which one is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key a table may hold."""

    name: str
    form: Form
    required: bool
    also: str = ""
    """A second spelling, in the singular."""


@lru_cache(maxsize=128)
def keys_of(cls: type) -> tuple[Key, ...]:
    """The keys of a settings class, in the order it declares them."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        Key(
            name=item.name,
            form=form_of(hints[item.name]),
            required=item.default is MISSING and item.default_factory is MISSING,
            also=item.metadata.get("also", ""),
        )
        for item in fields(cls)
    )


@lru_cache(maxsize=512)
def form_of(hint: object) -> Form:
    """Take a type hint apart."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        inner = form_of(parts[0])
        own = tuple(part for part in parts[1:] if isinstance(part, Bound))
        return replace(inner, bounds=inner.bounds + own)
    if origin in (Union, types.UnionType):
        arms = [arm for arm in parts if arm is not type(None)]
        return form_of(arms[0]) if len(arms) == 1 else Form(hint=hint, arms=tuple(map(form_of, arms)))
    if origin is tuple:
        return Form(hint=hint, item=form_of(parts[0]))
    if origin is Literal:
        return Form(hint=hint, words={word: word for word in parts})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Form(hint=hint, words={member.value: member for member in hint})
    return Form(hint=hint, table=hint if isinstance(hint, type) and is_dataclass(hint) else None)


def walk_keys(cls: type, at: str = "") -> Iterator[tuple[str, type, Key]]:
    """Every key of a settings class and of the tables inside it: dotted key, the class that owns it, key."""
    for key in keys_of(cls):
        here = join_key(at, key.name)
        yield here, cls, key
        inner = key.form.item or key.form
        for form in (inner, *inner.arms):
            if form.table:
                yield from walk_keys(form.table, here + ("[]" if key.form.item else ""))


def join_key(at: str, name: str) -> str:
    """A dotted key as TOML would write it: quoted where it is not a plain word."""
    if not name.isidentifier() or not name.isascii():
        name = f'"{name}"'
    return f"{at}.{name}" if at else name
