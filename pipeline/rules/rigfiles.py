"""What the tables of `rigs/*.toml` mean: a rig, the defaults of all rigs, the library, the targets' aliases.

Each reader gives the value, or None and every flaw it found. Who opened the file knows its name and says it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from pipeline.model.library import Library, TargetAlias, TargetList
from pipeline.model.rigs import Filter, Rig
from pipeline.model.services import find_wrong_keys
from pipeline.rules.escape import escape, unescape
from pipeline.rules.keys import keys_of
from pipeline.rules.layout import rig_folder
from pipeline.rules.phrases import nearest
from pipeline.rules.tables import Flaw, find_flaws, read_table
from pipeline.rules.targets import target_key

LIBRARY = "library.toml"
TARGETS = "targets.toml"
DEFAULTS = "_default.toml"

Table = Mapping[str, object]
Flaws = tuple[Flaw, ...]

_STEM = re.compile(r"(?P<optic>[^@]*)@f(?P<ratio>\d+(?:\.\d+)?)\+(?P<camera>.+)", re.DOTALL)
_NAMELESS: Table = {"name": "unnamed", "optic": "unnamed", "focal_ratio": 1, "camera": {"name": "unnamed"}}
_ITS_OWN = ("name", "optic", "focal_ratio")
_WHOLE = frozenset({"cull"})
"""Limits are one judgement: those of another rig's making do not mix with a rig's own."""


def read_rig(stem: str, table: Table, defaults: Table | None = None) -> tuple[Rig | None, Flaws]:
    """Read a rig from its file's name (without `.toml`) and table, over the table of `_default.toml`."""
    name = unescape(unicodedata.normalize("NFC", stem))
    if "name" in table:
        return None, (Flaw("name", f"no such key; the file's name is the rig's: \"{stem}\""),)
    if not _STEM.fullmatch(name) and not {"optic", "camera"} & table.keys():
        return None, (_misnamed(stem),)
    rig, flaws = read_table(Rig, {"name": name, **merge_defaults(defaults or {}, table)})
    if rig is not None:
        flaws = (*_check_name(rig), *_check_filters(rig.filters))
    return (None if flaws else rig), flaws


def read_defaults(table: Table) -> tuple[Rig | None, Flaws]:
    """Read `_default.toml` as what holds for a rig without a name."""
    own = tuple(Flaw(key, "belongs into a rig's own file") for key in _ITS_OWN if key in table)
    flaws = own + find_flaws(Rig, {key: value for key, value in table.items() if key not in _ITS_OWN})
    return (None, flaws) if flaws else read_table(Rig, merge_defaults(table, _NAMELESS))


def read_library(table: Table) -> tuple[Library | None, Flaws]:
    """Read `library.toml`."""
    library, flaws = read_table(Library, table)
    if library is not None:
        missing = find_wrong_keys(library.sync)
        flaws = tuple(Flaw(f"sync.{key}", f"expected {words}", type(library.sync)) for key, words in missing)
        flaws += tuple(_find_twice("site", [site.name for site in library.sites]))
    return (None if flaws else library), flaws


def read_targets(table: Table) -> tuple[tuple[TargetAlias, ...] | None, Flaws]:
    """Read `targets.toml`: no spelling may lead to two targets."""
    read, flaws = read_table(TargetList, table)
    if read is not None:
        flaws = tuple(_find_torn(read.targets))
    return (None if read is None or flaws else read.targets), flaws


def merge_defaults(defaults: Table, table: Table) -> dict[str, object]:
    """A rig's table over the defaults: tables are merged key by key, lists, values and [cull] replaced whole."""
    hidden = _WHOLE & table.keys() | {
        spelling
        for key in keys_of(Rig)
        for spelling in (key.name, key.also)
        if key.also and (key.name in table or key.also in table)
    }
    return _merge({key: value for key, value in defaults.items() if key not in hidden}, table)


def _merge(base: Table, over: Table) -> dict[str, object]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping):
            value = {"name": value} if isinstance(value, str) else value  # `camera = "ATR585M"`
            value = _merge(below, value) if isinstance(value, Mapping) else value
        merged[key] = value
    return merged


def split_rig_name(name: str) -> tuple[str, float, str] | None:
    """Optic, focal ratio and camera of `C8E@f10.0+ZWO ASI2600MM Pro`."""
    parts = _STEM.fullmatch(name)
    return (parts["optic"], float(parts["ratio"]), parts["camera"]) if parts else None


def rig_key(name: str) -> tuple[str, float, str] | str:
    """What is equal for two spellings of one rig: letter case, blanks and the ratio's digits aside."""
    parts = split_rig_name(name)
    return (target_key(parts[0]), round(parts[1], 2), target_key(parts[2])) if parts else target_key(name)


def _misnamed(stem: str) -> Flaw:
    close = nearest(f"{stem}.toml", (LIBRARY, TARGETS, DEFAULTS))
    advice = f'; did you mean "{close}"?' if close else ""
    return Flaw("", f'expected a rig\'s file, called "<optic>@f<ratio>+<camera>.toml"{advice}')


def _check_name(rig: Rig) -> Iterator[Flaw]:
    said = tuple(unicodedata.normalize("NFC", part) for part in (rig.optic, rig.camera.name))
    parts = split_rig_name(rig.name)
    if parts is None or (parts[0], parts[2]) != said or round(parts[1], 2) != round(rig.focal_ratio, 2):
        proper = escape(rig_folder(said[0], rig.focal_ratio, said[1]) or "")
        yield Flaw(
            "", f'expected the file to be called "{proper}.toml", as optic, focal_ratio and camera say'
        )


def _check_filters(filters: tuple[Filter, ...]) -> Iterator[Flaw]:
    """No name may mean two filters on one night."""
    spellings = [{target_key(name) for name in (item.name, *item.aliases)} for item in filters]
    for at, mine in enumerate(filters):
        for before, theirs in zip(filters[:at], spellings, strict=False):
            shared = spellings[at] & theirs
            if shared and mine.meets(before):
                both = f'"{mine.name}" and "{before.name}" before it both answer to "{min(shared)}"'
                yield Flaw(f"filters[{at + 1}]", f"{both}: rename one, or end it with valid_to", Filter)


def _find_twice(kind: str, names: list[str]) -> Iterator[Flaw]:
    for at, name in enumerate(names):
        if target_key(name) in map(target_key, names[:at]):
            yield Flaw(f"{kind}s[{at + 1}].name", f'there is another {kind} called "{name}"')


def _find_torn(targets: tuple[TargetAlias, ...]) -> Iterator[Flaw]:
    owners: dict[str, str] = {}
    for at, target in enumerate(targets, 1):
        for spelling in dict.fromkeys((target.name, *target.aliases)):
            owner = owners.setdefault(target_key(spelling), target.name)
            if owner is not target.name:
                yield Flaw(
                    f"targets[{at}]", f'"{spelling}" already belongs to the target "{owner}"', TargetAlias
                )
