"""What the ledger alone says about the places frames were given: which still wait, which folders are a person's now.

Asked of every night before any header is read: a night in which nothing waits is not planned frame by frame (DESIGN
§9). A frame is settled once it was accepted, or rejected in a set of which others were accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.model.frames import Kind
from pipeline.model.records import LinkFact, Stays
from pipeline.rules.addresses import read_address
from pipeline.rules.grouping import OFFERED_KINDS
from pipeline.rules.layout import REJECT, set_name
from pipeline.rules.ledger import Ledger
from pipeline.rules.positions import Place, lies_at, stage_of

_SHOWN = frozenset(kind.value for kind in OFFERED_KINDS)
_HELD = frozenset({"delivered", "moved_on", "absent"})


def waiting_frames(ledger: Ledger) -> list[tuple[str, bool]]:
    """The kind of each frame that still waits for something, and whether it was ever given a place."""
    links: dict[str, list[LinkFact]] = {}
    for link in ledger.links.values():
        links.setdefault(link.stored, []).append(link)
    done = accepted_folders(ledger.links.values())
    found = []
    for stored, fact in ledger.stored.items():
        address = read_address(stored) if fact.stays == Stays.FRAME else None
        if address is not None and address.kind in _SHOWN:
            is_light = address.kind == Kind.LIGHT
            if not is_settled(links.get(stored, ()), done, is_light=is_light):
                found.append((address.kind, stored in links))
    return found


def accepted_folders(links: Iterable[LinkFact]) -> set[str]:
    """The folders, as offered, of which something was accepted."""
    return {_offered_as(folder) for folder in {_folder(link.link) for link in links if _is_accepted(link)}}


def is_settled(links: Sequence[LinkFact], done: set[str], *, is_light: bool) -> bool:
    """True for a frame nothing more is to be done about.

    Args:
        links: Every place it was given.
        done: The folders of which something was accepted.
        is_light: One that passed as a flat, before a person said what it is, still waits.
    """
    if any(stage_of(lies_at(link)) is Place.BLINK for link in links if lies_at(link)):
        return False  # also what was moved back there by hand
    return any(_is_accepted(link) and not (is_light and has_passed(link)) for link in links) or any(
        stage_of(link.link) is Place.REJECT and link.state in _HELD and offered_in(link) in done
        for link in links
    )


def leaf_folders(links: Iterable[LinkFact]) -> tuple[str, ...]:
    """The folders that hold places we gave and may be changed by a person, in order; not those of 30_Master and on.

    Also those a frame was taken away from: a person may put it back there. Of adopted frames all: they lie nowhere
    else.
    """
    there: dict[str, bool] = {}
    for link in links:
        for at in {lies_at(link), link.link if link.state in _HELD else ""} - {""}:
            folder = _folder(at)
            there[folder] = there.get(folder, False) or link.is_own
    return tuple(
        sorted(folder for folder in there if there[folder] or stage_of(f"{folder}/") is not Place.NOWHERE)
    )


def written_off(links: Iterable[LinkFact]) -> tuple[tuple[str, str], ...]:
    """Of each set the name that was last said to go, and the folder the set is offered in.

    A run that was killed there has not taken that name yet. Only the last: a name goes as soon as it was written off,
    and a set's next run begins with what is left over.
    """
    last: dict[str, LinkFact] = {}
    lying = set()
    for link in links:
        lying.add(lies_at(link))
        if link.state in {"withdrawn", "accepted"}:
            home = offered_in(link)
            last[home] = max(last.get(home, link), link, key=lambda one: one.since)
    found = ((link.at or link.link, home) for home, link in last.items())
    return tuple(sorted((at, home) for at, home in found if at not in lying))


def set_of_leaf(folder: str) -> str:
    """The name of the set whose frames we put into such a folder; of one that a person renamed, nothing that is."""
    offered = _offered_as(folder)
    return set_name(offered) if offered.count("/") > 1 else ""


def view_homes(links: Iterable[LinkFact]) -> dict[str, int]:
    """How many places ought to be in each folder that is there or away as a whole."""
    return dict(Counter(view_home(link.link) for link in links if link.state == "delivered"))


def view_home(link: str) -> str:
    """`<rig>/10_Blink`, `_Calibration/<camera>/10_Blink`, `_Reject/<rig>` of a place."""
    parts = link.split("/")
    return "/".join(parts[: 3 if parts[0] == "_Calibration" else 2])


def has_passed(link: LinkFact) -> bool:
    """True for a place that was left as calibration frames leave it: to no place in 20_Data."""
    return link.state == "accepted" and not link.to


def _is_accepted(link: LinkFact) -> bool:
    """A light in 20_Data, or a calibration frame that passed the blink."""
    return link.state == "accepted" or (link.state in _HELD and stage_of(link.link) is Place.DATA)


def offered_in(link: LinkFact) -> str:
    """The folder a place belongs to, named as the one its frames are offered in."""
    return _offered_as(_folder(link.link))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _offered_as(folder: str) -> str:
    if stage_of(f"{folder}/") is Place.REJECT:
        return folder.removeprefix(f"{REJECT}/")
    if stage_of(f"{folder}/") is Place.DATA:
        return folder.replace("/20_Data/", "/10_Blink/", 1).replace("/accept/", "/", 1)
    return folder
