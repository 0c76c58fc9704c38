"""The one place that knows which rig or camera a person means: by its name, its folder, or the label a table prints.

    C8E@f10.0+ZWO ASI2600MM Pro      the name, which is the folder's; letter case and `_` for a blank aside
    C8E + ZWO ASI2600MM Pro          as tables print it
    C8E                              the optic, or any part of the name that no other one has

A word that fits several is never guessed: the names it may mean are listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pipeline.model.errors import UserError
from pipeline.rules.phrases import listed
from pipeline.rules.rigfiles import rig_key, split_rig_name
from pipeline.rules.targets import target_key
from pipeline.rules.typed import as_typed


def rig_called(word: str, *known: Iterable[str]) -> str:
    """The name of the rig or camera a word means; the word itself, where it means none.

    Args:
        word: As it was typed; empty: nothing was asked.
        known: Names, the likeliest first: those with frames before those that only have a file.

    Raises:
        UserError: Several may be meant.
    """
    groups = [_each_once(names) for names in known]
    for is_meant in (_is_name, _is_label, _is_part) if word.strip() else ():
        for names in groups:
            found = [name for name in names if is_meant(word, name)]
            if len(found) > 1:
                raise UserError(
                    f"{word!r} may mean {listed(map(as_typed, found), last='or')}: type one of them."
                )
            if found:
                return found[0]
    return word


def labels_of(name: str) -> tuple[str, ...]:
    """What else a rig is called in tables and sentences: its optic, its optic and camera."""
    parts = split_rig_name(name)
    return (parts[0], f"{parts[0]} + {parts[2]}", f"{parts[0]}+{parts[2]}") if parts else ()


def _is_name(word: str, name: str) -> bool:
    folder = word.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return rig_key(name) in {rig_key(word), rig_key(folder), rig_key(folder.replace("_", " "))}


def _is_label(word: str, name: str) -> bool:
    return target_key(word) in map(target_key, labels_of(name))


def _is_part(word: str, name: str) -> bool:
    return split_rig_name(word) is None and target_key(word) in target_key(name)


def _each_once(names: Iterable[str]) -> Sequence[str]:
    key: Callable[[str], object] = rig_key
    return list({key(name): name for name in sorted(names) if name}.values())
