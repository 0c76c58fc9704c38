"""Everything known about one master: what it was made of, who uses it, where it lies beside lights. For `doit why`.

Found by its path, by a place it was given beside lights, or by its name alone. Nothing is written, not even a cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.model.master_groups import Group
from pipeline.model.masters import Master
from pipeline.rules.frozen import masters_of
from pipeline.rules.header_story import Story
from pipeline.rules.layout import base_name
from pipeline.rules.ledger import Ledger
from pipeline.world import ledger as ledgers
from pipeline.world.header_story import story_of
from pipeline.world.library import OpenLibrary
from pipeline.world.master_finder import find_master_named
from pipeline.world.master_groups import groups_now
from pipeline.world.master_places import find_master, hash_of_name
from pipeline.world.master_shelf import Shelved, look_at_shelf
from pipeline.world.naming import spellings


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterAccount:
    """A master and what surrounds it."""

    one: Shelved
    sha256: str
    made_of: tuple[tuple[str, int], ...] = ()
    """Sets of raw frames, with how many of each; empty where it is not known any more."""
    less: str = ""
    """The master that was taken off its flats."""
    used_by: tuple[str, ...] = ()
    """Accepted sets that keep it."""
    last_chosen: str = ""
    """The day it was last chosen for one, ISO."""
    places: tuple[str, ...] = ()
    """Where it lies beside lights."""
    story: Story = field(default_factory=Story)
    """How it was made, by its header."""


def account_of_master(library: OpenLibrary, typed: str, standing: Path) -> MasterAccount | None:
    """What is known of the master that is meant; None where no master is."""
    shelf = look_at_shelf(library, remember=False)
    if not shelf:
        return None
    ledger = ledgers.read(library.root)
    master = _meant(library, ledger, typed, standing, [one.master for one in shelf])
    if master is None:
        return None
    return told_of(library, next(each for each in shelf if each.master.path == master.path))


def told_of(library: OpenLibrary, one: Shelved) -> MasterAccount:
    """What surrounds a master on the shelf."""
    shelf, ledger = look_at_shelf(library, remember=False), ledgers.read(library.root)
    sha256 = one.master.sha256 or hash_of_name(library.root / one.master.path)
    used_by = tuple(sorted(name for name in ledger.matched if _uses(ledger, name, sha256)))
    return MasterAccount(
        one=one,
        sha256=sha256,
        made_of=_made_of(library, one),
        less=next((each.master.path for each in shelf if one.made.less and _is(each, one.made.less)), ""),
        used_by=used_by,
        last_chosen=max((str(ledger.matched[name].get("when", ""))[:10] for name in used_by), default=""),
        places=tuple(
            sorted(
                link
                for link, record in ledger.masters.items()
                if record["event"] == "master_given" and record.get("sha256") == sha256
            )
        ),
        story=story_of(library.root / one.master.path),
    )


def _meant(
    library: OpenLibrary, ledger: Ledger, typed: str, standing: Path, masters: Sequence[Master]
) -> Master | None:
    paths = {
        path for word in (typed, typed.replace("\\", "/")) for path in spellings(word, standing, library.root)
    }
    folded = {path.casefold() for path in paths}
    exact = next((one for one in masters if one.path.casefold() in folded), None)
    if exact is not None:
        return exact
    for path in paths & ledger.masters.keys():
        record = ledger.masters[path]
        told = str(record.get("master", "")), str(record.get("sha256", ""))
        if all(told):
            return find_master(library, *told, shelf=masters)
    is_bare = not {"/", "\\"} & set(typed) and not (standing / typed).exists()
    names = {name.casefold() for one in masters for name in _names(one)}
    return (
        find_master_named(typed, standing, library.root, masters)
        if is_bare and typed.casefold() in names
        else None
    )


def _names(master: Master) -> tuple[str, str]:
    name = master.path.rpartition("/")[2]
    return name, base_name(name)[0]


def _made_of(library: OpenLibrary, one: Shelved) -> tuple[tuple[str, int], ...]:
    """The sets its frames are of, as long as these are there and the same."""
    groups = groups_now(library, remember=False).groups if one.made.frames else ()
    group: Group | None = next((each for each in groups if each.digest == one.made.frames), None)
    counts: dict[str, int] = {}
    for batch in group.batches if group is not None else ():
        counts[batch.set_id] = counts.get(batch.set_id, 0) + batch.count
    return tuple(counts.items())


def _is(each: Shelved, less: str) -> bool:
    return less in {each.made.inputs, each.master.sha256}


def _uses(ledger: Ledger, name: str, sha256: str) -> bool:
    return any(said.get("sha256") == sha256 for said in masters_of(ledger.matched[name]).values())
