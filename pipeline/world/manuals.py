"""The manual of a setting: the docstring under its field, read from the source when someone needs it.

A settings file that cannot be followed is answered with it, and tables of all keys are made from it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache

from pipeline.rules.keys import Key, keys_of, walk_keys
from pipeline.rules.phrases import kind_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a manual."""

    key: str
    """Dotted; `[]` where it stands in a list of tables."""
    type: str
    """What is expected, in words."""
    default: str
    """What holds when it is absent, as TOML writes it; "required", or empty where absent means nothing."""
    manual: str


def describe(cls: type) -> list[Entry]:
    """Every key of a settings class and of the tables inside it, with its manual."""
    return [
        Entry(
            key=at,
            type=kind_words(key.form),
            default=_default(owner, key),
            manual=find_manuals(owner).get(key.name, ""),
        )
        for at, owner, key in walk_keys(cls)
    ]


@lru_cache(maxsize=64)
def find_manuals(cls: type) -> Mapping[str, str]:
    """Field (or its singular spelling) to manual, for a settings class and what it inherits."""
    manuals: dict[str, str] = {}
    for ancestor in reversed(cls.__mro__[:-1]):
        manuals |= _read_docstrings(ancestor)
    singular = {key.also: manuals[key.name] for key in keys_of(cls) if key.also and key.name in manuals}
    return manuals | singular


def _read_docstrings(cls: type) -> dict[str, str]:
    try:
        source = inspect.getsource(cls)
    except (OSError, TypeError):  # a build without sources: no manual, no harm
        return {}
    (definition,) = ast.parse(inspect.cleandoc(source)).body
    return dict(_pair_docstrings(definition)) if isinstance(definition, ast.ClassDef) else {}


def _pair_docstrings(definition: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for pair in zip(definition.body, definition.body[1:], strict=False):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(manual))):
                yield name, inspect.cleandoc(manual)


def _default(owner: type, key: Key) -> str:
    if key.required:
        return "required"
    item = next(item for item in fields(owner) if item.name == key.name)
    value = item.default if item.default_factory is MISSING else item.default_factory()
    return "" if value is None else _as_toml(value)


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(filter(None, map(_as_toml, value)))}]"
    return f"{value:.12g}" if isinstance(value, int | float) else ""
