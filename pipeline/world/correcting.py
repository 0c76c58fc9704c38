"""What a correction changes: what waits and is freed, what is stored and follows, what is delivered and does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.model.errors import UserError
from pipeline.model.frames import Evidence, Frame
from pipeline.model.library import Configuration
from pipeline.model.records import About, StoredFact
from pipeline.model.subjects import Effect, Subject
from pipeline.rules import correct_words
from pipeline.rules.addresses import read_address
from pipeline.rules.corrected import MTIME_NS, SIZE, inbox_subject
from pipeline.rules.phrases import listed, nearest
from pipeline.rules.recognise import filter_of
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.typed import as_typed
from pipeline.world.stored import frame_of_stored
from pipeline.world.survey import Seen


def effect_of(before: Seen, after: Seen, subject: Subject, said: Evidence | None = None) -> Effect:
    """Hold the library as it was against the library as it is."""
    meant = {arrival.found.origin for arrival in subject.arrivals}
    stored = {fact.stored for fact in subject.stored}
    links = before.ledger.links.values() if stored else ()
    return Effect(
        changes=tuple(_changes(before, after, subject)),
        waiting=tuple(a for a in after.survey.arrivals if a.found.origin in meant),
        delivered=tuple(link for link in links if link.stored in stored and link.state == "delivered"),
        outranked=sum(_is_outranked(after, fact, said) for fact in subject.stored) if said is not None else 0,
    )


def frame_meant(seen: Seen, subject: Subject) -> Frame | None:
    """The one frame that is meant; None for sets and nights."""
    if subject.about is About.FRAME and subject.stored:
        return frame_of_stored(seen, subject.stored[0].stored)
    return subject.arrivals[0].frame if _is_file(subject) else None


def which_file(subject: Subject) -> dict[str, object]:
    """What tells a file in an inbox from a later one of the same name."""
    if not _is_file(subject):
        return {}
    found = subject.arrivals[0].found
    return {SIZE: found.size, MTIME_NS: found.mtime_ns}


def with_known_rig(values: dict[str, object], configuration: Configuration) -> dict[str, object]:
    """The corrections, their rig in the spelling of its file.

    Raises:
        UserError: no file describes it, and the library asks about such.
    """
    if "rig" not in values:
        return values
    wanted = str(values["rig"])
    names = [rig.name for rig in configuration.rigs]
    known = next((name for name in names if rig_key(name) == rig_key(wanted)), None)
    if known is None and configuration.library.unknown_rigs != "accept":
        close = nearest(wanted, names)
        advice = (
            f"did you mean {as_typed(f'rig={close}')}?" if close else f"known: {listed(names) or 'none'}."
        )
        raise UserError(
            f"No rig file describes {wanted}; {advice} `doit rig --new {as_typed(wanted)}` makes one."
        )
    return {**values, "rig": known or wanted}


def filter_remarks(values: Mapping[str, object], subject: Subject, seen: Seen) -> Iterator[str]:
    """A filter that a rig's file does not list may be a slip."""
    written = str(values.get("filter", ""))
    addresses = (read_address(fact.stored) for fact in subject.stored)
    owners = {address.owner for address in addresses if address is not None} | {subject.owner or ""}
    for owner in sorted({str(values["rig"])} if "rig" in values else owners):
        rig = seen.library.configuration.rig(owner)
        if (
            not written
            or rig is None
            or not rig.filters
            or filter_of(written, rig, subject.night) is not None
        ):
            continue
        names = [item.name for item in rig.filters if item.holds(subject.night)]
        close = nearest(written, names)
        meant = f" Did you mean {close}?" if close else ""
        yield f"{owner} has no filter {written!r} on that night; its file lists {listed(names)}.{meant}"


def _is_file(subject: Subject) -> bool:
    names = [inbox_subject(a.found.inbox, a.found.original) for a in subject.arrivals]
    return subject.about is About.INBOX and names == [subject.name]


def _changes(before: Seen, after: Seen, subject: Subject) -> Iterator[Mapping[str, Any]]:
    old, new = (frame_meant(seen, subject) for seen in (before, after)) if subject.stored else (None, None)
    if old is not None and new is not None:
        yield from correct_words.changes(old, new)


def _is_outranked(after: Seen, fact: StoredFact, said: Evidence) -> bool:
    nearer = after.corrections.of_stored(fact)
    return nearer is not None and any(
        name in nearer.spoken and getattr(nearer, name) != getattr(said, name) for name in said.spoken
    )
