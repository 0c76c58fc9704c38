"""Which nights are to be planned: those with frames that wait, that arrive, or in whose folders something happened.

outline (what waits, by the ledger) ┐
arrivals                            ├─▶ OpenNight(sets): planned set by set
decisions newer than the ledger     │
folder times other than sealed      │        the rest is sealed, and costs a look at its folders
names that a killed run left        ┘
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline.model.frames import Kind
from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet, Member
from pipeline.model.summaries import NightSummary
from pipeline.model.survey import Arrival, Fate
from pipeline.rules.corrected import heed
from pipeline.rules.decisions import Decisions
from pipeline.rules.grouping import is_shown
from pipeline.rules.layout import VERDICTS, set_name
from pipeline.rules.ledger import Ledger, ledger_file
from pipeline.rules.places import set_of_leaf
from pipeline.rules.record_places import catalog_file
from pipeline.rules.records import moment_text
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.summaries import target_folders
from pipeline.rules.sun import night_is_over
from pipeline.world import ledger as ledgers
from pipeline.world.catalog_marks import has_marks
from pipeline.world.library import OpenLibrary
from pipeline.world.manifests import MEASURED, manifest_path
from pipeline.world.nightbook import open_book, sets_of
from pipeline.world.present import Present
from pipeline.world.seals import look_at, read_seals
from pipeline.world.survey import Seen

Night = tuple[str, date]


@dataclass(frozen=True, kw_only=True)
class OpenNight:
    """A night that is planned."""

    owner: str
    night: date
    sets: tuple[FrameSet, ...] = ()
    """Those about which something may be due."""
    over: frozenset[str] = frozenset()
    """Names of those whose night is over, so that they are judged."""


def open_nights(seen: Seen, *, everything: bool = False, now: bool = False) -> list[OpenNight]:
    """The nights to be planned.

    Args:
        seen: The library as it is.
        everything: Seals are opened.
        now: Every night counts as over.
    """
    due = _arriving(seen)
    sealed = read_seals(seen.library)
    said, spoken = seen.said.latest, _in_verdicts(seen)
    folders: dict[str, str] | None = None
    forgotten = _forgotten(seen)
    there, found = Present(seen.library.root), []
    for night in sorted({*due, *seen.outline.nights}):
        summary = seen.outline.journals.get(ledger_file(*night), NightSummary())
        waits = _waits(seen.library, summary, night[0]) or said.get(night, "") > summary.latest
        leaves = look_at(seen.library.root, summary.leaves)
        changed = [folder for folder, at in leaves.items() if sealed.get(folder) != at]
        touched = _touched(seen.library, night, changed)
        touched |= _left_over(there, summary)
        lost = night[0] in forgotten and bool(ledgers.read_night(seen.library.root, *night).judged)
        if night in due or night in spoken or waits or everything or touched or lost:
            folders = folders if folders is not None else _folders(seen)
            whole, arriving = everything or night in spoken or lost, due.get(night, ())
            found.append(_open(seen, night, arriving, folders, touched, everything=whole, now=now))
        elif changed:
            found.append(OpenNight(owner=night[0], night=night[1]))
    return found


def _forgotten(seen: Seen) -> frozenset[str]:
    """The rigs and cameras of whose frames no measure is kept any more: neither in our caches nor in the catalogue.

    What was judged once was measured, and is measured again, as the frames of a new library would be.
    """
    owners = {owner for owner, _ in seen.outline.nights}
    return frozenset(
        owner for owner in owners if not has_marks(seen.library, owner) and _is_lost(seen, owner)
    )


def _is_lost(seen: Seen, owner: str) -> bool:
    from pipeline.world.catalog_files import Damaged, digest_in, read_whole  # only where the caches are gone

    try:
        return not digest_in(read_whole(seen.library.root / catalog_file(owner)))
    except (OSError, Damaged):
        return True


def _touched(library: OpenLibrary, night: Night, changed: Sequence[str]) -> frozenset[str]:
    """The sets in whose folders something happened.

    Those whose frames were measured cost little to plan. Where the caches went, nearly all nights would be opened for
    nothing: so it is looked whether a frame was moved, which costs no headers.
    """
    names = frozenset(map(set_of_leaf, changed)) - {""}
    known = frozenset(name for name in names if manifest_path(library, name, MEASURED).exists())
    if known == names:
        return known
    from pipeline.world.quiet import stirred_sets  # not needed in a night in which nothing is due

    return known | (names & stirred_sets(library, open_book(library.root, *night)))


def _left_over(there: Present, summary: NightSummary) -> frozenset[str]:
    """The sets of which a killed run had written a name off and not yet taken it."""
    found = (home for at, home in summary.written_off if there.holds(at))
    return frozenset(map(set_of_leaf, found)) - {""}


def _arriving(seen: Seen) -> dict[Night, list[Arrival]]:
    due: dict[Night, list[Arrival]] = {}
    for arrival in seen.survey.arrivals:
        if arrival.fate is Fate.STORE and arrival.night is not None:
            due.setdefault((arrival.owner, arrival.night), []).append(arrival)
    return due


def _in_verdicts(seen: Seen) -> set[Night]:
    """The nights of which a verdict file speaks that was not absorbed yet."""
    if not (seen.library.root / VERDICTS).is_dir():
        return set()
    from pipeline.world.verdict_inbox import nights_spoken_of  # not needed in a night in which nothing is due

    return nights_spoken_of(seen.library, seen.said)


def _waits(library: OpenLibrary, summary: NightSummary, owner: str) -> bool:
    """True when a frame waits that some rig shows to eyes, or that has a place already."""
    return any(
        number > summary.unoffered.get(kind, 0) or is_asked_for(library, Kind(kind), owner)
        for kind, number in summary.unsettled.items()
    )


def is_asked_for(library: OpenLibrary, kind: Kind, owner: str) -> bool:
    """True when a rig that frames of this owner may be of shows the kind to eyes."""
    if kind is Kind.LIGHT:  # judged and accepted also where no eyes are asked for
        return True
    rigs = [
        rig
        for rig in library.configuration.rigs
        if rig_key(owner) in {rig_key(rig.name), rig_key(rig.camera.name)}
    ]
    return any(is_shown(kind, rig.blink) for rig in rigs or (library.configuration.stranger,))


def _folders(seen: Seen) -> dict[str, str]:
    """How targets are spelled in folders: in the store, then among what arrives."""
    stored = [a.stored for a in seen.survey.arrivals if a.fate is Fate.STORE]
    return target_folders(stored) | seen.outline.target_folders()


def _open(
    seen: Seen,
    night: Night,
    arriving: Sequence[Arrival],
    folders: dict[str, str],
    touched: Set[str],
    *,
    everything: bool,
    now: bool,
) -> OpenNight:
    owner, evening = night
    ledger = ledgers.read_night(seen.library.root, owner, evening)
    near = Seen(
        library=seen.library,
        said=seen.said,
        near=ledger,
        corrections=heed(seen.said.wide, ledger),
    )
    members = [_member(arrival) for arrival in arriving]
    own = [fact for fact in ledger.stored.values() if not fact.is_adopted]
    sets = sets_of(near, own, owner, evening, members, folders)
    asked = {one.id for one in (sets if everything else _due(sets, ledger, seen.decisions))}
    due = tuple(one for one in sets if one.id in asked or set_name(one.blink) in touched)
    over = frozenset(one.id for one in due if now or one.id in ledger.judged or is_over(one))
    return OpenNight(owner=owner, night=evening, sets=due, over=over)


def _due(sets: Sequence[FrameSet], ledger: Ledger, decisions: Decisions) -> list[FrameSet]:
    """The sets of an open night in which something waits, or of which a person spoke since they were settled."""
    from pipeline.rules.settled import unsettled  # not needed in a night in which nothing is due

    links: dict[str, list[LinkFact]] = {}
    for link in ledger.links.values():
        links.setdefault(link.stored, []).append(link)
    waiting = unsettled(sets, links, decisions)
    asked = [one for one in sets if one.id in ledger.matched and one not in waiting]
    return [*waiting, *(one for one in asked if _asks_for_masters(one, ledger, decisions))]


def _asks_for_masters(one: FrameSet, ledger: Ledger, decisions: Decisions) -> bool:
    """True when a person asked for other masters of an accepted set after these were chosen for good."""
    from pipeline.rules.frozen import asked_anew  # likewise

    asked = asked_anew(one.id, decisions)
    return asked is not None and moment_text(asked) > str(ledger.matched[one.id].get("when", ""))


def _member(arrival: Arrival) -> Member:
    """A frame that will have been stored by the time its set is dealt with."""
    assert arrival.frame is not None
    return Member(
        stored=arrival.stored,
        name=arrival.stored.rpartition("/")[2],
        size=arrival.found.size,
        mtime_ns=arrival.found.mtime_ns,
        sha256=None,
        frame=arrival.frame,
    )


def is_over(one: FrameSet) -> bool:
    """True when the set's night is over, by the sun at its site or by the quiet since its last frame.

    Flats and darks are taken after dawn, so for these the quiet alone speaks.
    """
    newest = datetime.fromtimestamp(min(max(m.mtime_ns for m in one.members) / 1e9, 4e9), UTC)
    places = [(m.frame.latitude_deg, m.frame.longitude_deg) for m in one.members]
    known = [place for place in places if None not in place] if one.kind is Kind.LIGHT else []
    north, east = known[0] if known else (None, None)
    return night_is_over(one.night, north, east, newest, datetime.now(UTC))
