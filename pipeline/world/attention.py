"""The open nights looked at for `doit status`: what their folders say, what waits for eyes, what the next run would do.

LibraryStates ─▶ SetSeen (rules/attention says it in words), questions of the folders, numbers by stage
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.verdicts import State
from pipeline.model.watching import Absorption
from pipeline.rules.absorb_words import questions
from pipeline.rules.deliveries import ACCEPTING, OFFERING, Moves
from pipeline.rules.forecast_sets import moved_frames
from pipeline.rules.grouping import is_shown
from pipeline.rules.places import accepted_folders, is_settled
from pipeline.rules.set_seen import SetSeen
from pipeline.rules.waiting import Waiting
from pipeline.world.absorbing import absorption_of
from pipeline.world.accepting import not_refused
from pipeline.world.library import OpenLibrary
from pipeline.world.library_states import LibraryStates
from pipeline.world.looking import SetNow
from pipeline.world.manifests import read_measures
from pipeline.world.nightbook import NightBook
from pipeline.world.open_nights import is_over
from pipeline.world.placeable import possible
from pipeline.world.showing import page_path
from pipeline.world.verdict_inbox import strays

_GROUPS = {OFFERING: "offered", ACCEPTING: "accepted"}
"""The states whose frames a stage moves."""


def sets_seen(library: OpenLibrary, states: LibraryStates) -> list[SetSeen]:
    """Each set of an open night, as a person is told of it."""
    pages: dict[tuple[str, date], str] = {}
    for book in states.books:
        path = page_path(book.owner, book.night)
        pages[book.owner, book.night] = path if (library.root / path).is_file() else ""
    return [_seen(now, pages[now.book.owner, now.book.night]) for now in states.sets]


def _seen(now: SetNow, page: str) -> SetSeen:
    frames, judged = now.frames, now.book.ledger.judged
    rows = read_measures(now.book.library, frames.id)
    return SetSeen(
        frames=frames,
        words=now.words,
        verdict=now.verdict,
        standings=now.standings,
        links=now.book.links,
        accept=now.rig.accept,
        shown=is_shown(frames.kind, now.rig.blink),
        over=frames.id in judged or is_over(frames),
        page=page,
        troubles={
            one.stored: row.trouble for one in frames.members if (row := rows.get(one.stored)) and row.trouble
        },
        stuck=() if is_done(now) else tuple(said for group in _GROUPS for said in _due(now, group)[1]),
        unmeasured=sum(one.stored not in rows for one in frames.members),
    )


def heard_in_folders(states: LibraryStates, away: Collection[str]) -> dict[str, Absorption]:
    """What the folders of each rig's or camera's open nights say that is not written down yet."""
    books: dict[str, list[NightBook]] = {}
    for book in states.books:
        if book.owner not in away:
            books.setdefault(book.owner, []).append(book)
    return {owner: absorption_of(found) for owner, found in sorted(books.items())}


def asked_by_folders(
    library: OpenLibrary, states: LibraryStates, heard: Mapping[str, Absorption]
) -> list[Waiting]:
    """What a person is asked, or told, about what they did there: frames gone, verdict files refused."""
    labels = {now.frames.id: f"{now.frames.label}, night of {now.frames.night}" for now in states.sets}
    found = [one for absorbed in heard.values() for one in questions(absorbed, labels)]
    said = {one.what for one in found}
    lost = questions(Absorption(problems=tuple(strays(library))), {})
    return [*found, *(one for one in lost if one.what not in said)]


def due_in_sets(
    states: LibraryStates, seen: Iterable[SetSeen], heard: Mapping[str, Absorption], away: Collection[str]
) -> dict[str, int]:
    """What the next `doit` would do with the open nights' sets, by stage in the order of the night."""
    due: Counter[str] = Counter()
    due["blinked"] = sum(len(one.sayings) for one in heard.values())
    for one, now in zip(seen, states.sets, strict=True):
        waits = not is_done(now)
        due["measured"] += one.unmeasured if waits else 0
        if now.book.owner in away or not one.over:
            continue
        judged = now.verdict.frames if now.verdict is not None else {}
        due["culled"] += waits and any(stored not in judged for stored in now.frames.by_stored)
        for group, stage in _GROUPS.items():
            due[stage] += moved_frames(_due(now, group)[0])
    return {stage: number for stage, number in due.items() if number}


def _due(now: SetNow, group: Collection[State]) -> tuple[Moves, list[str]]:
    """What the next run can do as things lie, and a sentence for each frame it can do nothing about."""
    planned = now.moves(group)
    due = possible(now, planned)
    left = [said for said in due.left if said not in planned.left]
    if group != ACCEPTING:
        return due, left
    refused = {one.stored for one in due.deliver} - {one.stored for one in not_refused(now, due.deliver)}
    left += [
        f"{stored}: is not what was first recorded, so it is not accepted; run `doit verify`"
        for stored in refused
    ]
    return due.without(refused), left


def is_done(now: SetNow) -> bool:
    """True for a set nothing more is to be done about."""
    done = accepted_folders(link for held in now.book.links.values() for link in held)
    is_light = now.frames.kind is Kind.LIGHT
    held = (now.book.links.get(stored, ()) for stored in now.frames.by_stored)
    return all(is_settled(links, done, is_light=is_light) for links in held)
