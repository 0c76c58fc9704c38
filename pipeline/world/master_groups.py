"""The groups there are now, and which of them want a master: what the stage plans by and its tasks start from.

nights in outline ─▶ groups ┐
masters on the shelf        ├─▶ Now(groups, what is due)
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial

import orjson

from pipeline.model.calibration import Grouping, MasterRecipe, Masters, Properties
from pipeline.model.errors import NightbuildError
from pipeline.model.frames import Kind
from pipeline.model.library import Configuration
from pipeline.model.master_groups import Batch, Group, NightBatches, Policy
from pipeline.model.masters import Master
from pipeline.model.rigs import Rig
from pipeline.rules.library_names import Homes, homes_in
from pipeline.rules.master_groups import group_batches, group_name
from pipeline.rules.master_headers import digest_of
from pipeline.rules.master_standing import Standing, is_due, stand
from pipeline.rules.rigfiles import rig_key
from pipeline.world.calibration_nights import Looked, read_batches
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.master_shelf import look_at_shelf

TRIED = "masters_tried.json"
_guard = threading.Lock()


@dataclass(frozen=True)
class Now:
    """The calibration frames of a library in groups, and the masters on its shelf."""

    library: OpenLibrary
    nights: dict[str, NightBatches]
    groups: tuple[Group, ...]
    left: tuple[str, ...] = ()
    """Sentences about frames whose master has no place."""
    remember: bool = True

    @cached_property
    def standing(self) -> Standing:
        """The masters there are."""
        shelf = look_at_shelf(self.library, remember=self.remember)
        promoted = (path for night in self.nights.values() for path in night.promoted)
        return stand(((one.master, one.made) for one in shelf), promoted)

    @cached_property
    def tried(self) -> dict[str, str]:
        """Groups that were looked into and came to nothing."""
        return read_tried(self.library)

    @cached_property
    def bench(self) -> dict[str, str]:
        """A mark for each camera's masters that may be taken off flats: another one, and flats are looked at again."""
        found: dict[str, list[str]] = {}
        for one in look_at_shelf(self.library, remember=self.remember):
            master = one.master
            is_flat = master.frame.kind in {Kind.MASTER_FLAT, None}
            if not (is_flat or master.held or master.trouble):
                mark = f"{master.path} {master.size} {master.mtime_ns}"
                found.setdefault(master.frame.camera or "", []).append(mark)
        return {camera: digest_of(marks)[:16] for camera, marks in found.items()}

    @cached_property
    def darks(self) -> dict[str, list[Master]]:
        """The master darks of each camera."""
        found: dict[str, list[Master]] = {}
        for one in look_at_shelf(self.library, remember=self.remember):
            if one.master.frame.kind is Kind.MASTER_DARK:
                found.setdefault(one.master.frame.camera or "", []).append(one.master)
        return found

    @cached_property
    def due(self) -> tuple[Group, ...]:
        """Groups whose master ought to be made."""
        return tuple(group for group in self.groups if is_due(group, self.standing, self.tried))

    def series(self, name: str) -> list[Group]:
        """The groups of one place, the oldest first."""
        return [group for group in self.groups if group_name(group) == name]


def groups_now(
    library: OpenLibrary,
    extra: Iterable[Batch] = (),
    *,
    looked: Looked | None = None,
    remember: bool = True,
) -> Now:
    """The groups as ledger, decisions and rig files have them.

    Args:
        library: Whose.
        extra: Batches as they may come to be in this run; of their sets nothing else counts.
        looked: How ledger and decisions look, where that was looked at already.
        remember: False: nothing is written, not even caches.
    """
    nights = read_batches(library, looked, remember=remember)
    extra = list(extra)
    sets = {batch.set_id for batch in extra}
    known = [batch for night in nights.values() for batch in night.batches if batch.set_id not in sets]
    groups, left = group_batches(
        [*known, *extra], partial(policy_of, library.configuration), homes_of(library)
    )
    return Now(library, nights, tuple(groups), tuple(dict.fromkeys(left)), remember)


def homes_of(library: OpenLibrary) -> Homes:
    """The folders this library keeps its masters in."""
    try:
        return homes_in([path.name for path in library.root.iterdir() if path.is_dir()])
    except OSError:
        return homes_in([])


def policy_of(configuration: Configuration, batch: Batch) -> Policy:
    """What the rigs of a batch ask for.

    Flats are their rig's. Darks, bias and flat-darks serve every rig of their camera, so that they must have in common
    what any of these asks for; in all else the first of them, by name, speaks.
    """
    rigs = _rigs_of(configuration, batch)
    first, kind = rigs[0], batch.kind
    return Policy(
        grouping=_joined([rig.grouping for rig in rigs]) if kind is not Kind.FLAT else first.grouping,
        recipe=recipe_of(first.masters, kind),
        backend=first.masters.backend,
        told_by_id=any(rig.camera.ids for rig in rigs),
    )


def rig_of(configuration: Configuration, batch: Batch) -> Rig:
    """The rig whose word counts for a batch."""
    return _rigs_of(configuration, batch)[0]


def recipe_of(masters: Masters, kind: Kind) -> MasterRecipe:
    """The recipe for masters of one kind."""
    return {
        Kind.BIAS: masters.bias,
        Kind.DARK: masters.dark,
        Kind.FLAT: masters.flat,
        Kind.FLATDARK: masters.flatdark,
    }[kind]


def read_tried(library: OpenLibrary) -> dict[str, str]:
    """Groups that came to nothing, by digest, with why: they are not tried again until something about them changes."""
    try:
        said = orjson.loads((library.state / TRIED).read_bytes())
        return (
            {str(key): str(why) for key, why in said["tried"].items()} if said["mark"] == library.mark else {}
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def keep_tried(library: OpenLibrary, digest: str, why: str) -> None:
    """Remember that this group came to nothing."""
    with _guard, suppress(OSError, NightbuildError):
        tried = {**read_tried(library), digest: why}
        make_folder(library.state)
        data = orjson.dumps({"mark": library.mark, "tried": tried}, option=orjson.OPT_SORT_KEYS)
        replace_if_different(library.state / TRIED, data)


def _rigs_of(configuration: Configuration, batch: Batch) -> Sequence[Rig]:
    named = configuration.rig(batch.frame.rig or batch.owner)
    if batch.kind is Kind.FLAT:
        return (named or configuration.stranger,)
    camera = rig_key(batch.frame.camera or "")
    same = [rig for rig in configuration.rigs if rig_key(rig.camera.name) == camera]
    return same or ([named] if named is not None else [configuration.stranger])


def _joined(asked: Sequence[Grouping]) -> Grouping:
    """What several rigs of one camera ask for together."""
    first = asked[0]
    return Grouping(
        dark=_union([one.dark for one in asked]),
        bias=_union([one.bias for one in asked]),
        flat=first.flat,
        temperature_tolerance_c=min(one.temperature_tolerance_c for one in asked),
        campaign_nights=min(one.campaign_nights for one in asked),
    )


def _union(lists: Iterable[Properties]) -> Properties:
    return tuple(dict.fromkeys(name for one in lists for name in one))
