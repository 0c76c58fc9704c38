"""What a person means by a night, a folder or a file: the subject a decision is to speak of.

2026-01-14 [--rig RIG]                              a night
<rig>/00_Frames/DATE_2026-01-14                     that rig's night
<rig>/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L  a set, or all sets below a folder
_Inbox/LIGHT/M31                                    a folder of an inbox, an archive, a file in it
any path of a frame                                 the frame, stored or waiting
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipeline.model.errors import UserError
from pipeline.model.records import About, Stays, StoredFact
from pipeline.model.subjects import Subject
from pipeline.model.survey import Arrival, Fate, Sort
from pipeline.rules.addresses import read_address
from pipeline.rules.corrected import inbox_subject, night_subject
from pipeline.rules.corrections import night_from
from pipeline.rules.decisions import Decisions
from pipeline.rules.packed import member_path
from pipeline.rules.phrases import listed, nearest
from pipeline.rules.recognise import needs_optic
from pipeline.rules.rig_words import rig_called
from pipeline.rules.rigfiles import rig_key
from pipeline.world.survey import Seen
from pipeline.world.whereabouts import Whereabouts, candidates, find_file, path_below

_SORTS = {
    Sort.WITNESS: "a log or session file",
    Sort.OTHER: "no image",
    Sort.UNFINISHED: "an unfinished upload",
}
_DATE_AT = 2
"""`<rig>/00_Frames/DATE_...` and `_Calibration/<camera>/DATE_...`: the third part."""


def find_subject(seen: Seen, typed: str, standing: Path, rig: str = "") -> Subject:
    """What is meant.

    Raises:
        UserError: nothing is, or several things are.
    """
    night = night_from(typed)
    if night is not None:
        return _night(seen, night, _owner_called(seen, rig) if rig else None)
    if rig:
        raise UserError(f"--rig goes with a night, such as 2026-01-14; {typed!r} is none.")
    return _place(seen, typed, standing) or _file(seen, typed, standing)


def past_subject(decisions: Decisions, kind: str, typed: str) -> Subject | None:
    """What is gone from inbox and store, but was decided on under this very name."""
    wanted = typed.replace("\\", "/").rstrip("/")
    for one in decisions.said:
        if one.kind == kind and wanted in {one.subject, one.subject.partition("/")[2]}:
            return Subject(about=one.about, name=one.subject, owner=one.owner, night=one.night)
    return None


def _night(seen: Seen, night: date, owner: str | None) -> Subject:
    key = rig_key(owner) if owner else None
    stored = tuple(
        fact
        for fact in seen.ledger.stored.values()
        if fact.stays != Stays.WITNESS and _is_of(fact, night, key)
    )
    arrivals = tuple(a for a in _waiting(seen) if _night_of(a) == night and key in {None, _owner_key(a)})
    return Subject(
        about=About.NIGHT,
        name=night_subject(night, owner),
        owner=owner,
        night=night,
        stored=stored,
        arrivals=arrivals,
    )


def _is_of(fact: StoredFact, night: date, key: object) -> bool:
    address = read_address(fact.stored)
    return address is not None and address.night == night and (key is None or rig_key(address.owner) == key)


def _owner_called(seen: Seen, rig: str) -> str:
    """A rig or camera by any spelling of its name."""
    known = {one.name for one in seen.library.configuration.rigs}
    known |= {address.owner for stored in seen.ledger.stored if (address := read_address(stored)) is not None}
    found = rig_called(rig, known)
    if found in known:
        return found
    close = nearest(rig, known)
    advice = f"did you mean {close}?" if close else f"known: {listed(sorted(known)) or 'none'}."
    raise UserError(f"No rig or camera is called {rig!r}; {advice}")


def _place(seen: Seen, typed: str, standing: Path) -> Subject | None:
    """A folder of the store or of an inbox, an archive, or a member of one."""
    library = seen.library
    for path in candidates(library, typed, standing):
        inside = path_below(path, library.root.absolute())
        if inside is not None and inside not in seen.ledger.stored:
            found = _stored_below(seen, inside)
            if found is not None:
                return found
        for inbox, folder in library.inboxes:
            original = path_below(path, folder.absolute())
            found = _arrived_below(seen, inbox.path, original) if original is not None else None
            if found is not None:
                return found
    return None


def _stored_below(seen: Seen, folder: str) -> Subject | None:
    head = f"{folder}/"
    facts = tuple(
        f for path, f in seen.ledger.stored.items() if path.startswith(head) and f.stays != Stays.WITNESS
    )
    if not facts:
        return None
    address = read_address(facts[0].stored)
    depth = len(folder.split("/"))
    if address is None or depth <= _DATE_AT:
        raise UserError(f"{folder} holds more than one night; name a night, a set's folder or a file.")
    if depth == _DATE_AT + 1 and address.night is not None:
        return _night(seen, address.night, address.owner)
    return Subject(about=About.SET, name=folder, owner=address.owner, night=address.night, stored=facts)


def _arrived_below(seen: Seen, inbox: str, original: str) -> Subject | None:
    """A folder in an inbox; an archive is one for what lies in it."""
    here = [a for a in seen.survey.arrivals if a.found.inbox == inbox]
    archive = next(
        (a.found.original for a in here if a.found.sort is Sort.ARCHIVE and _is_in(original, a)), None
    )
    if archive is not None:
        name = original if original != archive else member_path(archive, "").rstrip("/")
        return Subject(about=About.INBOX, name=inbox_subject(inbox, name))
    if original == ".":
        raise UserError(f"{inbox} is the whole inbox; name a folder or a file in it, or a night.")
    below = [a for a in here if a.found.original.startswith(f"{original}/")]
    stored = [seen.ledger.of_origin(inbox, a.found.original) for a in below if a.fate is Fate.KNOWN]
    if not below:
        return None
    return Subject(
        about=About.INBOX,
        name=inbox_subject(inbox, original),
        stored=tuple(seen.ledger.stored[path] for path in stored if path in seen.ledger.stored),
        arrivals=tuple(a for a in below if a.fate is not Fate.KNOWN and a.found.sort is Sort.FRAME),
    )


def _is_in(original: str, archive: Arrival) -> bool:
    name = archive.found.original
    return original == name or original.startswith(member_path(name, ""))


def _file(seen: Seen, typed: str, standing: Path) -> Subject:
    here = find_file(seen.library, seen.ledger, typed, standing)
    arrival = next((a for a in _waiting(seen) if a.found.origin == (here.inbox, here.original)), None)
    fact = seen.ledger.stored.get(here.stored)
    if arrival is not None and here.path != seen.library.root / here.stored:
        _require_one_inbox(seen, here)
        return _arrived(arrival)
    if fact is None or fact.stays == Stays.WITNESS:
        raise UserError(_no_frame(seen, here))
    address = read_address(fact.stored)
    return Subject(
        about=About.FRAME,
        name=fact.stored,
        owner=address.owner if address else None,
        night=address.night if address else None,
        stored=(fact,),
        also=((About.INBOX, inbox_subject(fact.inbox, fact.original)),) if fact.original else (),
    )


def _arrived(arrival: Arrival) -> Subject:
    found = arrival.found
    return Subject(
        about=About.INBOX,
        name=inbox_subject(found.inbox, found.original),
        owner=_owner_of(arrival),
        night=_night_of(arrival),
        arrivals=(arrival,),
    )


def _require_one_inbox(seen: Seen, here: Whereabouts) -> None:
    """A path relative to the inbox may lie in two of them: then it must be said which."""
    same = [a.found for a in _waiting(seen) if a.found.original == here.typed.replace("\\", "/")]
    if len(same) > 1:
        named = listed([inbox_subject(found.inbox, found.original) for found in same], last="or")
        raise UserError(f"{here.typed} lies in {len(same)} inboxes; type {named}.")


def _no_frame(seen: Seen, here: Whereabouts) -> str:
    if here.stored in seen.ledger.tombstones:
        return f"{here.typed} was given up; there is nothing left to correct."
    sort = next(
        (a.found.sort for a in seen.survey.arrivals if a.found.origin == (here.inbox, here.original)), None
    )
    what = _SORTS.get(sort) if sort is not None else None
    if what is not None:
        return f"{here.typed} is {what}, not a frame; only frames are corrected."
    return (
        f"{here.typed} is no frame of this library. Type a path in an inbox, a stored path, a set's folder "
        "or a night, such as 2026-01-14."
    )


def _waiting(seen: Seen) -> Sequence[Arrival]:
    return [a for a in seen.survey.arrivals if a.found.sort is Sort.FRAME and a.fate is not Fate.KNOWN]


def _night_of(arrival: Arrival) -> date | None:
    return arrival.night or (arrival.frame.night if arrival.frame is not None else None)


def _owner_of(arrival: Arrival) -> str | None:
    if arrival.owner:
        return arrival.owner
    frame = arrival.frame
    return None if frame is None else frame.rig if needs_optic(frame.kind) else frame.camera


def _owner_key(arrival: Arrival) -> object:
    owner = _owner_of(arrival)
    return rig_key(owner) if owner else ""
