r"""Say what a frame really is, where its header, its name or its folder are wrong or silent.

  doit correct _Inbox/LIGHT/0001.fits target=M31           a file; either slash, from anywhere
  doit correct _Inbox/LIGHT target="NGC 7000" panel=2      all that lies in a folder of an inbox, or will
  doit correct RIG/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00 filter=Ha       a set
  doit correct 2026-01-14 target=M31                       a night; one rig's: --rig "C8E@f10.0+ASI2600MM"
  doit correct _Inbox/LIGHT/0001.fits                      show what was corrected, by whom and when
  doit correct _Inbox/LIGHT/0001.fits --undo               take the latest correction back
  doit correct                                             list everything that is corrected

Keys: target, panel, filter, rig, exposure, kind, night, set_temp. `panel=` and `filter=` say that there is none.
What is said of a file outranks what is said of its set, and that what is said of the night; the latest word holds.
A stored frame keeps its name: what is not delivered yet follows, what is delivered is listed. What waits in
_Quarantine is tried again by the next `doit`. Every line of the list has a name, 20260114T210305-9f3c2a1b:
`doit correct NAME --undo` takes back exactly that one, also when it is itself an undo.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.records import About, Decision
from pipeline.model.subjects import Effect, Subject
from pipeline.rules import correct_words as words
from pipeline.rules.corrections import CORRECT, Values, as_evidence, check_corrections, corrections_text
from pipeline.rules.decisions import Decisions, undone_ids
from pipeline.world import decisions as decided
from pipeline.world.correcting import (
    effect_of,
    filter_remarks,
    frame_meant,
    which_file,
    with_known_rig,
)
from pipeline.world.library import open_library
from pipeline.world.local_time import local_words
from pipeline.world.lock import Lock
from pipeline.world.person import who_decides
from pipeline.world.subjects import find_subject, past_subject
from pipeline.world.survey import Seen, see

_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WHAT KEY=VALUE",
        help="a file, folder, set or night, and what it really is",
    )
    parser.add_argument("--rig", default="", help="of a night: only this rig, or camera for darks and bias")
    parser.add_argument("--undo", action="store_true", help="take back the latest correction of WHAT")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Correct, take back, or show."""
    library = open_library(context.library, context.environment)
    what, pairs = (arguments.words[0], arguments.words[1:]) if arguments.words else ("", [])
    if not what.strip():
        if arguments.words or arguments.undo:
            raise UserError("Correct what? Name a file, a folder, a set or a night first.")
        return _list(decided.read(library.root))
    if arguments.undo and pairs:
        raise UserError(f"Either --undo or {' '.join(pairs)}, not both.")
    if not arguments.undo and not pairs:
        return _show(see(library, remember=False), what, arguments.rig, context)
    values = check_corrections(pairs)
    with Lock(library.root, command="doit correct"):
        if arguments.undo:
            return _undo(see(library), what, arguments, context)
        return _correct(see(library), what, values, arguments, context)


def _correct(
    seen: Seen, what: str, values: Values, arguments: argparse.Namespace, context: Context
) -> Answer:
    subject = find_subject(seen, what, context.folder, arguments.rig)
    if subject.about is About.NIGHT and not (subject.stored or subject.arrivals):
        raise UserError(f"No frame of the night {subject.name} is stored or waits; nothing was decided.")
    values = with_known_rig(values, seen.library.configuration)
    said = corrections_text(values)
    if values.items() <= seen.decisions.merged(subject.about, subject.name, CORRECT).items():
        line = f"{subject.name} is corrected to {said} already."
        return Answer(sentences=(line,), data=_data(subject, None, Effect(), ()))
    decision = decided.decide(
        seen.library.root,
        CORRECT,
        subject.about,
        subject.name,
        owner=subject.owner,
        night=subject.night,
        values={**values, **which_file(subject)},
        who=who_decides(context.environment),
        why=arguments.why,
    )
    after = see(seen.library)
    effect = effect_of(seen, after, subject, as_evidence(values))
    remarks = tuple(filter_remarks(values, subject, after))
    return _told(f"{subject.name}: {said}", subject, decision, effect, remarks)


def _undo(seen: Seen, what: str, arguments: argparse.Namespace, context: Context) -> Answer:
    decision, subject = _to_take_back(seen, what, arguments.rig, context)
    who = who_decides(context.environment)
    taken = decided.undo(seen.library.root, decision, who=who, why=arguments.why)
    effect = effect_of(seen, see(seen.library), subject)
    said = corrections_text(decision.values) or f"the undo {decision.id}"
    remark = f"`doit correct {taken.id} --undo` takes that back."
    return _told(f"{decision.subject}: {said} was taken back", subject, taken, effect, (remark,))


def _to_take_back(seen: Seen, what: str, rig: str, context: Context) -> tuple[Decision, Subject]:
    """The decision that is meant: named outright, or the latest that holds on this very thing."""
    if _ID.fullmatch(what):
        decision, root = _by_id(seen.decisions, what)
        if what in undone_ids(seen.decisions.said):
            raise UserError(f"{what} is taken back already; `doit correct {what}` shows by whom.")
        return decision, _subject_of(seen, root, context)
    subject = _named(seen, what, rig, context)
    keys = set(subject.names)
    ours = [one for one in seen.decisions.of_kind(CORRECT) if (one.about, one.subject) in keys]
    if not ours:
        raise UserError(_nothing_holds(seen.decisions, subject))
    order = {one.id: number for number, one in enumerate(seen.decisions.said)}
    return max(ours, key=lambda one: order[one.id]), subject


def _nothing_holds(decisions: Decisions, subject: Subject) -> str:
    rows = words.rows(decisions, [(key, "") for key in subject.names], local_words)
    if not rows:
        return f"{subject.name} was never corrected by itself; `doit correct` lists what is."
    return f"Nothing of {subject.name} is corrected any more. To take the last undo back: " + (
        f"`doit correct {rows[-1]['name']} --undo`."
    )


def _show(seen: Seen, what: str, rig: str, context: Context) -> Answer:
    if _ID.fullmatch(what):
        subject = _subject_of(seen, _by_id(seen.decisions, what)[1], context)
    else:
        subject = _named(seen, what, rig, context)
    frame = frame_meant(seen, subject)
    rows = words.rows(seen.decisions, words.levels(subject, frame), local_words)
    data = {"what": subject.name, "about": subject.about.value, "corrections": rows}
    if not rows:
        return Answer(sentences=(f"{subject.name}: nothing is corrected.",), data=data)
    heard = words.heard(frame) if frame is not None else ""
    closing = (f"Heard now: {heard}",) if heard else ()
    return Answer(sentences=(subject.name,), columns=words.COLUMNS, rows=rows, closing=closing, data=data)


def _list(decisions: Decisions) -> Answer:
    rows = words.all_rows(decisions, local_words)
    if not rows:
        return Answer(sentences=("Nothing is corrected.",), data=[])
    return Answer(columns=("what", *words.COLUMNS), rows=rows, data=rows)


def _by_id(decisions: Decisions, wanted: str) -> tuple[Decision, Decision]:
    """A decision by its name, and the correction it is about in the end."""
    decision = decisions.by_id(wanted)
    root = words.root_of(decisions, decision)
    if decision is None or root is None:
        raise UserError(f"No correction is called {wanted}; `doit correct` lists them.")
    return decision, root


def _named(seen: Seen, what: str, rig: str, context: Context) -> Subject:
    """What is meant, also where nothing is left of it but decisions."""
    try:
        return find_subject(seen, what, context.folder, rig)
    except UserError:
        past = past_subject(seen.decisions, CORRECT, what)
        if past is None:
            raise
        return past


def _subject_of(seen: Seen, decision: Decision, context: Context) -> Subject:
    what, _, rig = (
        decision.subject.partition("/") if decision.about is About.NIGHT else (decision.subject, "", "")
    )
    return _named(seen, what, rig, context)


def _told(
    headline: str, subject: Subject, decision: Decision, effect: Effect, remarks: Sequence[str]
) -> Answer:
    return Answer(
        sentences=(f"{headline}.", *words.effect_lines(subject, effect), *remarks),
        data=_data(subject, decision, effect, remarks),
    )


def _data(
    subject: Subject, decision: Decision | None, effect: Effect, remarks: Sequence[str]
) -> Mapping[str, Any]:
    return {
        "what": subject.name,
        "about": subject.about.value,
        "decision": decision.id if decision is not None else None,
        "stored": [fact.stored for fact in subject.stored],
        "changes": list(effect.changes),
        "waiting": [
            {
                "file": words.place_in_inbox(a),
                "state": a.fate.value,
                "why": a.why,
                "command": a.cure,
                "stored": a.stored,
            }
            for a in effect.waiting
        ],
        "delivered": [link.link for link in effect.delivered],
        "outranked": effect.outranked,
        "remarks": list(remarks),
    }
