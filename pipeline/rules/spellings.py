"""Spellings of one target that a person joined in targets.toml: which name each of them stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipeline.model.library import TargetAlias
from pipeline.rules.targets import target_key


def joined_spellings(aliases: Iterable[TargetAlias]) -> dict[str, str]:
    """Every spelling a person joined, by key, to the spelling of the folder."""
    return {target_key(other): one.name for one in aliases for other in (one.name, *one.aliases)}


def joined_name(aliases: Iterable[TargetAlias]) -> Callable[[str], str]:
    """What a target is called whose spellings were joined."""
    joined = joined_spellings(aliases)
    return lambda target: joined.get(target_key(target), target)
