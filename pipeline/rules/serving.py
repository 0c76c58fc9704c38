"""Which masters ought to lie in which DATE folder, and what is to be done so that they do.

    lights in a DATE folder ─light_homes─▶ folders of a set      its masters ─▶ Wish(master, sha256)
    wishes + places given before + what lies there ─plan_places─▶ Places(give, take, gone, left)

What lies there is judged by its bytes, never by its name: flats of every night are called alike. What a person took
out of such a folder is theirs, and is not put there again; what they put there under a name of ours stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum

from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import State
from pipeline.rules.layout import base_name
from pipeline.rules.ledger import Record
from pipeline.rules.positions import Links, Place, lies_at, stage_of
from pipeline.rules.standings import Standing
from pipeline.rules.words import ACCEPT, SetWords

DATE = "DATE_"
_PUT_ASIDE = frozenset({State.CULLED, State.REJECTED, State.GIVEN_UP, State.GONE})


class There(Enum):
    """What lies under a name."""

    NOTHING = "nothing"
    OURS = "ours"
    """The master's very file, or equal bytes."""
    STALE = "stale"
    """A name of the very file that was laid there, which since was damaged and has moved aside in its library."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A master that lights need beside them."""

    master: str
    """Its path in the library."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """A master that gets a place."""

    link: str
    master: str
    sha256: str
    is_there: bool = False
    """It lies there already, and only the ledger does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A master's place that goes."""

    link: str
    master: str
    sha256: str
    why: str = ""
    is_told: bool = False
    """The ledger calls it gone already: a run was killed before its name went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The difference between the masters that lie in DATE folders and those that ought to."""

    give: tuple[Gift, ...] = ()
    take: tuple[Taking, ...] = ()
    gone: tuple[Taking, ...] = ()
    """Places a person emptied: to be written down."""
    close: tuple[Taking, ...] = ()
    """Places that were written off and are empty, where a run was killed before it said so."""

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to do."""
        return not (self.give or self.take or self.gone or self.close)


def date_folder(folder: str, begins: str = DATE) -> str:
    """The nearest folder of a night, this one or above it; where there is none, the folder itself."""
    parts = folder.split("/")
    for number in range(len(parts), 0, -1):
        if parts[number - 1].startswith(begins):
            return "/".join(parts[:number])
    return folder


def light_homes(
    frames: FrameSet, standings: Mapping[str, Standing], links: Links, words: SetWords
) -> dict[str, int]:
    """The DATE folders in which masters of this set belong, with how many of its lights lie there.

    That is where accepted lights lie, and in 10_Blink where somebody has looked and they still wait.
    """
    homes: dict[str, int] = {}
    for stored in frames.by_stored:
        if standings[stored].state in _PUT_ASIDE:
            continue
        word = words.frames.get(stored)
        is_looked_at = stored in words.seen or (word is not None and word.says == ACCEPT)
        for link in links.get(stored, ()):
            at = lies_at(link)
            stage = stage_of(at)
            if at and (stage is Place.DATA or (stage is Place.BLINK and is_looked_at)):
                home = date_folder(at.rpartition("/")[0])
                homes[home] = homes.get(home, 0) + 1
    return homes


def folders_of(frames: FrameSet, links: Links) -> set[str]:
    """Every DATE folder in which masters of this set may lie, or have lain."""
    paths = {f"{folder}/x" for folder in (frames.blink, frames.data) if folder}
    for stored in frames.by_stored:
        for link in links.get(stored, ()):
            paths |= {path for path in (link.link, link.to, link.at) if path}
    held = {path for path in paths if stage_of(path) in {Place.BLINK, Place.DATA}}
    return {date_folder(path.rpartition("/")[0]) for path in held}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is so in the DATE folders that are looked at."""

    folders: Set[str]
    given: Mapping[str, Record]
    """The ledger's places of masters."""
    there: Mapping[str, There] = field(default_factory=dict)
    """What lies under these names, held against the master each was given to; what nobody can say just now is not
    here."""
    stuck: Collection[str] = ()
    """Of them, those that cannot be taken away as things lie."""


def plan_places(
    wishes: Mapping[str, Iterable[Wish]], others: Mapping[str, Collection[str]], ground: Ground
) -> Places:
    """What is to be done in these folders.

    Args:
        wishes: By folder, the masters this set needs there.
        others: By folder, the hashes of masters that other sets need there, which stay.
        ground: What is so.
    """
    wanted = {folder: list(found) for folder, found in wishes.items()}
    needed = {
        folder: {wish.sha256 for wish in wanted.get(folder, ())}.union(others.get(folder, ()))
        for folder in {*ground.folders, *wanted}
    }
    told = [one for one in _of_ledger(ground, "master_given") if not _is_lost(one, ground)]
    take = [
        one
        for one in told
        if one.link not in ground.stuck
        and (one.sha256 not in needed[_folder(one.link)] or ground.there.get(one.link) is There.STALE)
    ]
    held = [one for one in told if one not in take]
    give: list[Gift] = []
    for folder, found in wanted.items():
        for wish in found:
            has = any(_folder(one.link) == folder and one.sha256 == wish.sha256 for one in held)
            if not has and not _was_taken(folder, wish, ground):
                give.append(_gift(folder, wish, give, held))
    again = {gift.link for gift in give}
    gone = [one for one in _of_ledger(ground, "master_given") if _is_lost(one, ground)]
    return Places(
        give=tuple(give),
        take=(*take, *_lingering(ground, needed)),
        gone=tuple(one for one in gone if one.link not in again),
        close=tuple(one for one in _open_ends(ground) if _is_lost(one, ground)),
    )


def _of_ledger(ground: Ground, event: str) -> Iterator[Taking]:
    for link, record in ground.given.items():
        if record["event"] == event and _folder(link) in ground.folders:
            yield Taking(
                link=link,
                master=record.get("master", ""),
                sha256=record.get("sha256", ""),
                is_told=event == "master_taken",
            )


def _is_lost(one: Taking, ground: Ground) -> bool:
    """True for a place that a person emptied, or put something else into."""
    return ground.there.get(one.link, There.OURS) in {There.NOTHING, There.OTHER}


def _lingering(ground: Ground, needed: Mapping[str, Collection[str]]) -> Iterator[Taking]:
    """Names that were said to go and are still there, where a run was killed in between."""
    for one in _open_ends(ground):
        there = ground.there.get(one.link) if one.link not in ground.stuck else None
        is_needed = one.sha256 in needed[_folder(one.link)]
        if there is There.STALE or (there is There.OURS and not is_needed):
            yield one


def _open_ends(ground: Ground) -> list[Taking]:
    """Places that were written off, and of which nobody said yet that their names went."""
    told = _of_ledger(ground, "master_taken")
    return [one for one in told if is_open_end(ground.given[one.link])]


def is_open_end(record: Record) -> bool:
    """True for a place that was written off by us, and not yet said to be empty."""
    is_said = bool(record.get("by_person")) or bool(record.get("gone"))
    return record["event"] == "master_taken" and not is_said


def _was_taken(folder: str, wish: Wish, ground: Ground) -> bool:
    """True where a person took this very master out of the folder: it is theirs, and is not put back."""
    for link, record in ground.given.items():
        if _folder(link) == folder and record.get("sha256") == wish.sha256:
            is_ours = ground.there.get(link, There.OURS) in {There.OURS, There.STALE}
            by_person = record["event"] == "master_given" or bool(record.get("by_person"))
            if by_person and not is_ours:
                return True
    return False


def _gift(folder: str, wish: Wish, before: Iterable[Gift], held: Iterable[Taking]) -> Gift:
    """The master's own name; where another master of ours has it there, the next free one."""
    ours = {gift.link.casefold(): gift.sha256 for gift in before}
    ours |= {one.link.casefold(): one.sha256 for one in held}
    number = 1
    while ours.get(place_name(folder, wish.master, number).casefold(), wish.sha256) != wish.sha256:
        number += 1
    return Gift(link=place_name(folder, wish.master, number), master=wish.master, sha256=wish.sha256)


def place_name(folder: str, master: str, number: int = 1) -> str:
    """`masterFlat_FILTER_L~2.fits`: the n-th master of one name in one folder."""
    name = master.rpartition("/")[2]
    if number == 1:
        return f"{folder}/{name}"
    stem, suffix = base_name(name)
    return f"{folder}/{stem}~{number}{suffix}"


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
