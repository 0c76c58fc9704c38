"""What is to be done so that masters lie beside the lights of a set that need them: looked at, nothing changed.

SetNow ─look─▶ Serving(a choice to write down, places to give, to take, to write off)          world/laying does it
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.model.frames import Kind
from pipeline.model.masters import SetMatch
from pipeline.model.records import Matched
from pipeline.rules.frozen import masters_of
from pipeline.rules.ledger import Record
from pipeline.rules.positions import lies_at
from pipeline.rules.serving import (
    Gift,
    Ground,
    Places,
    Taking,
    There,
    Wish,
    date_folder,
    folders_of,
    light_homes,
    plan_places,
)
from pipeline.world.chosen import Choice, choose, hashes_of, holding, is_accepted, live_masters
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.master_places import find_master, lies_there
from pipeline.world.master_twins import is_last_copy, no_twin, twin_of
from pipeline.world.removal import refuse_withdrawal
from pipeline.world.tidying import is_empty, is_stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The difference between what is so and what ought to be."""

    choice: Choice
    places: Places = field(default_factory=Places)
    hollow: tuple[str, ...] = ()
    """DATE folders of ours in which nothing is left."""
    left: tuple[str, ...] = ()
    """Sentences about what stays as it is."""

    @property
    def is_done(self) -> bool:
        """True when there is nothing to do."""
        return self.choice.due is None and self.places.is_empty and not self.hollow


def look(now: SetNow) -> Serving:
    """What is due about the masters of a set of lights, and of its DATE folders."""
    choice = choose(now)
    folders = folders_of(now.frames, now.book.links)
    homes = light_homes(now.frames, now.standings, now.book.links, now.words)
    given = given_in(now, folders | homes.keys())
    homes = {home: number for home, number in homes.items() if (now.book.library.root / home).is_dir()}
    if not homes and not given:
        return Serving(choice=choice)
    live, wishes = choice.live, []
    if homes and choice.record is None:
        live = live_masters(now)
        wishes = _wishes_of_match(now, live)
    elif homes:
        wishes = _wishes_of_record(choice.record)
    ground = _ground(now, frozenset(folders | homes.keys()), given)
    planned, left = _possible(now, dict.fromkeys(homes, wishes), ground)
    return Serving(
        choice=replace(choice, live=live), places=planned, hollow=_hollow(now, given), left=tuple(left)
    )


def given_in(now: SetNow, folders: Iterable[str]) -> dict[str, Record]:
    """The places masters were ever given in these folders."""
    wanted = set(folders)
    return {
        link: record for link, record in now.book.ledger.masters.items() if link.rpartition("/")[0] in wanted
    }


def _ground(now: SetNow, folders: frozenset[str], given: Mapping[str, Record]) -> Ground:
    root, settle_s = now.book.library.root, now.book.library.configuration.library.settle_seconds
    lit = dates_of(at for link in now.book.ledger.links.values() if (at := lies_at(link)))
    there = {
        link: lies_there(root, link, record, settle_s, left=link.rpartition("/")[0] not in lit)
        for link, record in given.items()
    }
    return Ground(
        folders=folders,
        given=given,
        there={link: seen for link, seen in there.items() if seen is not None},
    )


def _possible(now: SetNow, wishes: Mapping[str, list[Wish]], ground: Ground) -> tuple[Places, list[str]]:
    """The plan, of which everything can be done as things lie; and sentences about the rest."""
    others = _needed_by_others(now, ground) if ground.given else {}
    planned = plan_places(wishes, others, ground)
    stuck = {one.link: why for one in planned.take if (why := why_not_taken(now, one))}
    if stuck:
        planned = plan_places(wishes, others, replace(ground, stuck=stuck.keys()))
    left = list(stuck.values())
    going = {one.link for one in planned.take}
    give = [gift for gift in planned.give if _may_be_given(now, gift, going, left)]
    return replace(planned, give=tuple(give)), left


def _needed_by_others(now: SetNow, ground: Ground) -> dict[str, set[str]]:
    """By folder, the masters that the night's other sets need there."""
    needed: dict[str, set[str]] = {}
    for one in now.book.sets:
        if one.id == now.frames.id or one.kind is not Kind.LIGHT:
            continue
        if ground.folders.isdisjoint(folders_of(one, now.book.links)):
            continue
        other = look_at_set(now.book, one)
        homes = light_homes(one, other.standings, now.book.links, other.words).keys() & ground.folders
        if homes:
            hashes = {wish.sha256 for wish in wishes_of(other)}
            for home in homes:
                needed.setdefault(home, set()).update(hashes)
    return needed


def wishes_of(now: SetNow) -> list[Wish]:
    """The masters a set needs beside its lights."""
    record = holding(now) if is_accepted(now) else None
    return _wishes_of_match(now, live_masters(now)) if record is None else _wishes_of_record(record)


def _wishes_of_record(record: Matched | Record | None) -> list[Wish]:
    told = masters_of(record).values() if record is not None else ()
    return [Wish(master=one["path"], sha256=one["sha256"]) for one in told]


def _wishes_of_match(now: SetNow, match: SetMatch) -> list[Wish]:
    hashes = hashes_of(now, match)
    return [
        Wish(master=one.chosen.master.path, sha256=hashes[one.chosen.master.path])
        for one in match.matches.values()
        if one.chosen is not None
    ]


def _may_be_given(now: SetNow, gift: Gift, going: set[str], left: list[str]) -> bool:
    """True unless a person's own file has the name, or the master is in no library."""
    root = now.book.library.root
    if os.path.lexists(root / gift.link) and gift.link not in going:
        seen = lies_there(root, gift.link, {"master": gift.master, "sha256": gift.sha256}, 0.0)
        if seen is not There.OURS:
            left.append(f"{gift.link}: is another file, so {gift.master} is not placed there; move it away")
        return seen is There.OURS
    if find_master(now.book.library, gift.master, gift.sha256) is None:
        left.append(f"{gift.master}: is in no library any more as it was chosen, so it is not placed")
        return False
    return True


def why_not_taken(now: SetNow, one: Taking) -> str:
    """Why a master's place may not go; empty when it may: a library has the same bytes, or can have them back."""
    library = now.book.library
    twin = twin_of(library, one.link, one.master, one.sha256)
    if twin is not None:
        return refuse_withdrawal(library.root / one.link, twin, one.sha256) or ""
    if is_last_copy(library, one.link, one.master, one.sha256):
        return ""
    return no_twin(one.link)


def _hollow(now: SetNow, given: Mapping[str, Record]) -> tuple[str, ...]:
    """Folders that held masters of ours, all of which we took away, and in which nothing is left."""
    root = now.book.library.root
    taken = {
        link.rpartition("/")[0]
        for link, record in given.items()
        if record["event"] == "master_taken" and not record.get("by_person")
    }
    return tuple(sorted(folder for folder in taken if is_empty(root / folder) and not is_stage(folder)))


def dates_of(paths: Iterable[str]) -> set[str]:
    """The DATE folders of these paths."""
    return {date_folder(path.rpartition("/")[0]) for path in paths}
