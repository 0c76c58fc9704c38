"""Corrections in words: what was said of a thing, by whom and when, and what it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipeline.model.frames import Frame
from pipeline.model.records import About, Decision
from pipeline.model.subjects import Effect, Subject
from pipeline.model.survey import Arrival, Fate
from pipeline.rules.corrected import folders_above, inbox_subject, night_subject
from pipeline.rules.corrections import CORRECT, corrections_text, misread, value_text
from pipeline.rules.decisions import UNDO, Decisions, undone_ids
from pipeline.rules.spoken import counted

COLUMNS = ("when", "who", "said of", "corrected", "why", "now", "name")
_LINES = 12
"""Of a list in the answer; --json has them all."""
_SHOWN = (
    ("kind", "kind"),
    ("rig", "rig"),
    ("target", "target"),
    ("panel", "panel"),
    ("night", "night"),
    ("filter", "filter"),
    ("exposure_s", "exposure"),
    ("set_temp_c", "set_temp"),
)
_OF = {
    About.FRAME: "the frame",
    About.INBOX: "the file",
    About.SET: "its set",
    About.NIGHT: "its night",
}

Level = tuple[tuple[About, str], str]
"""A key of decisions, and how it is called beside the thing asked about."""
Row = Mapping[str, Any]


def levels(subject: Subject, frame: Frame | None) -> list[Level]:
    """Everything a correction may speak of that is heard by this thing, the nearest first."""
    found: list[Level] = [(name, _OF[name[0]]) for name in subject.names]
    for about, name in subject.names:
        if about in {About.FRAME, About.SET}:
            found += [((About.SET, folder), "its set") for folder in folders_above(name)]
        if about is About.INBOX:
            found += [((About.INBOX, folder), "its folder") for folder in folders_above(name)]
    if frame is not None and frame.night is not None:
        owners = [owner for owner in (frame.rig, frame.camera) if owner]
        found += [((About.NIGHT, night_subject(frame.night, owner)), "its rig's night") for owner in owners]
        found.append(((About.NIGHT, night_subject(frame.night)), "its night"))
    return list(dict(found).items())


def rows(decisions: Decisions, asked: Iterable[Level], clock: Callable[[datetime], str]) -> list[Row]:
    """What was said at these levels, the oldest first, undone ones and undos too."""
    titles = dict(asked)
    said = [one for one in decisions.said if (one.about, one.subject) in titles and _is_ours(one, decisions)]
    undone = undone_ids(decisions.said)
    return [_row(one, titles[one.about, one.subject], undone, decisions, clock) for one in said]


def all_rows(decisions: Decisions, clock: Callable[[datetime], str]) -> list[Row]:
    """Every correction of the library, the oldest first."""
    undone = undone_ids(decisions.said)
    return [
        {"what": one.subject, **_row(one, one.about.value, undone, decisions, clock)}
        for one in decisions.said
        if _is_ours(one, decisions)
    ]


def root_of(decisions: Decisions, decision: Decision | None) -> Decision | None:
    """The decision an undo, or the undo of an undo, is about in the end."""
    seen: set[str] = set()
    while decision is not None and decision.kind == UNDO and decision.id not in seen:
        seen.add(decision.id)
        decision = decisions.by_id(decision.undoes or "")
    return decision if decision is not None and decision.kind == CORRECT else None


def changes(before: Frame, after: Frame) -> list[Row]:
    """Value by value what is another now."""
    pairs = ((key, _text(getattr(before, name)), _text(getattr(after, name))) for name, key in _SHOWN)
    return [{"value": key, "was": was, "is": now} for key, was, now in pairs if was != now]


def heard(frame: Frame) -> str:
    """`target=M31 (of the night), exposure=300`: what of a frame comes from a person."""
    said: list[str] = []
    for name, key in _SHOWN:
        source = frame.sources.get("optic" if name == "rig" else name, "")
        if source.startswith("correction"):
            place = source.removeprefix("correction").strip()
            said.append(f"{key}={_text(getattr(frame, name))}" + (f" ({place})" if place else ""))
    return ", ".join(said)


def _is_ours(one: Decision, decisions: Decisions) -> bool:
    return one.kind == CORRECT or (one.kind == UNDO and root_of(decisions, one) is not None)


def _row(
    one: Decision, of: str, undone: set[str], decisions: Decisions, clock: Callable[[datetime], str]
) -> Row:
    wrong = misread(one.values)
    state = "taken back" if one.id in undone else "not understood" if wrong else "holds"
    said = corrections_text(one.values) if one.kind == CORRECT else _undo_words(one, decisions)
    shown = (clock(one.when), one.who, of, said, one.why, state, one.id)
    return dict(zip(COLUMNS, shown, strict=True))


def _undo_words(one: Decision, decisions: Decisions) -> str:
    undone = decisions.by_id(one.undoes or "")
    if undone is not None and undone.kind == CORRECT:
        return f"took back {corrections_text(undone.values)}"
    return f"took back the undo {one.undoes}"


def _text(value: object) -> str:
    return "" if value is None else value_text(value)


def effect_lines(subject: Subject, effect: Effect) -> Iterator[str]:
    """What a decision changes, a line a thing."""
    yield from (
        f"  {one['value']}: {one['was'] or 'none'} is now {one['is'] or 'none'}" for one in effect.changes
    )
    if subject.about is About.FRAME:
        yield "Its stored name stays; what is not delivered yet follows."
    elif subject.stored:
        yield f"{counted(len(subject.stored), 'stored frame')}: names stay, what is not delivered yet follows."
    if effect.outranked:
        yield f"Of {effect.outranked} of them something nearer says otherwise, and holds."
    yield from _waiting_lines(effect.waiting)
    if effect.delivered:
        yield f"Delivered already, and left where it is ({counted(len(effect.delivered), 'place')}):"
        yield from _first([f"  {link.link}" for link in effect.delivered])


def _waiting_lines(waiting: Sequence[Arrival]) -> Iterator[str]:
    freed = [a for a in waiting if a.fate is Fate.STORE]
    if len(waiting) == len(freed) == 1:
        yield f"The next `doit` stores it as {freed[0].stored}"
    elif freed:
        yield f"The next `doit` stores {counted(len(freed), 'waiting file')}."
    stuck = [f"{place_in_inbox(a)}: {a.why}. {a.cure}".rstrip() for a in waiting if a.fate is not Fate.STORE]
    if stuck:
        yield f"{counted(len(stuck), 'file')} still {'waits' if len(stuck) == 1 else 'wait'}:"
        yield from _first([f"  {line}" for line in stuck])


def _first(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_LINES]
    if len(lines) > _LINES:
        yield f"  ... and {len(lines) - _LINES} more (--json names them all)"


def place_in_inbox(arrival: Arrival) -> str:
    """A waiting file as decisions name it."""
    return inbox_subject(arrival.found.inbox, arrival.found.original)
