"""Finds the master a person speaks of on a command line: by its path, or by its name where no other bears it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.model.masters import Master
from pipeline.rules.layout import base_name
from pipeline.rules.phrases import listed, nearest
from pipeline.rules.typed import as_typed
from pipeline.world.naming import spellings

_SHOWN = 6


def find_master_named(word: str, standing: Path, root: Path, masters: Sequence[Master]) -> Master:
    """The one master that is meant.

    Args:
        word: A path as typed anywhere, or a file's name, with or without its ending.
        standing: The folder the person stands in.
        root: The library.
        masters: All there are.

    Raises:
        UserError: It means none, or several.
    """
    paths = {path.casefold() for path in spellings(word, standing, root)}
    paths |= {path.replace("\\", "/") for path in paths}
    exact = [one for one in masters if one.path.casefold() in paths]
    found = exact or [one for one in masters if _is_called(one, word)]
    usual = [one for one in found if not one.superseded]
    if len(found) > 1 and len(usual) == 1:
        return usual[0]
    if len(found) != 1:
        raise UserError(_several(word, found) if found else _no_master(word, masters))
    return found[0]


def _is_called(one: Master, word: str) -> bool:
    name = one.path.rpartition("/")[2]
    return word.casefold() in {name.casefold(), base_name(name)[0].casefold()}


def _several(word: str, found: Sequence[Master]) -> str:
    shown = [as_typed(one.path) for one in found[:_SHOWN]]
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return f"{word} is the name of {len(found)} masters; type its path: {listed([*shown, *more], last='or')}."


def _no_master(word: str, masters: Sequence[Master]) -> str:
    if not masters:
        return "There are no masters in this library yet."
    names = {one.path.rpartition("/")[2] for one in masters}
    close = nearest(word.replace("\\", "/").rpartition("/")[2], names)
    advice = f"; did you mean {as_typed(close)}?" if close else "; `doit match SET` lists those there are."
    return f"{word} is no master of this library{advice}"
