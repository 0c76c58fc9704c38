"""The sets `doit cull` speaks of, as they stand now: found, judged, and told for people and for programs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.model.answers import Context
from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import SetVerdict
from pipeline.rules.cull_words import headline, reasons_text, usual_text
from pipeline.rules.typed import as_typed
from pipeline.stages.culled import Case, case_of
from pipeline.world.library import OpenLibrary
from pipeline.world.local_time import local_words
from pipeline.world.nightbook import NightBook
from pipeline.world.set_finder import find_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSet:
    """One set, and what the limits make of it now."""

    book: NightBook
    frames: FrameSet
    case: Case
    verdict: SetVerdict

    @property
    def name(self) -> str:
        """As a person says it."""
        return f"{self.frames.label}, night of {self.frames.night}"

    @property
    def is_judged(self) -> bool:
        """True when its night was over, in some run before."""
        return self.frames.id in self.book.ledger.judged


def is_chosen(arguments: argparse.Namespace) -> bool:
    """True when sets were named, or are chosen by rig, night or target."""
    return bool(arguments.sets or arguments.rig or arguments.night or arguments.target)


def judged_sets(library: OpenLibrary, arguments: argparse.Namespace, context: Context) -> list[JudgedSet]:
    """The sets of lights that are meant, each judged as it stands."""
    found = find_sets(
        library,
        arguments.sets,
        context.folder,
        rig=arguments.rig,
        night=arguments.night,
        target=arguments.target,
    )
    lights = [judge_now(book, frames) for book, frames in found if frames.kind is Kind.LIGHT]
    if not lights:
        raise UserError("Only lights are culled; flats, darks and bias are looked at.")
    return lights


def judge_now(book: NightBook, frames: FrameSet) -> JudgedSet:
    """What the limits make of a set by what holds now, whether or not that was written down yet."""
    case = case_of(book, frames)
    return JudgedSet(book=book, frames=frames, case=case, verdict=case.verdict())


def typed_again(arguments: argparse.Namespace, found: Sequence[JudgedSet], flag: str) -> str:
    """The same command with another flag, as it is to be typed."""
    names = [one.frames.id for one in found] if len(found) == 1 else arguments.sets
    chosen = [] if len(found) == 1 else [(key, getattr(arguments, key)) for key in ("rig", "night", "target")]
    options = [f"--{key} {as_typed(value)}" for key, value in chosen if value]
    return " ".join(["doit cull", *map(as_typed, names), *options, flag])


def about_set(one: JudgedSet) -> list[str]:
    """The set in sentences: what becomes of it, by which usual values, what was answered, what was not judged."""
    yet = "" if one.is_judged else " (not judged yet: its night may not be over)"
    lines = [f"{one.name}: {headline(one.verdict)}{yet}"]
    if one.case.usual:
        lines.append(f"Usual for the rig: {usual_text(one.case.usual)}")
    if one.case.words.answered is not None:
        when = local_words(one.case.words.answered)
        lines.append(f"Answered {when}: {one.case.words.answer}")
    return [*lines, *one.verdict.unjudged]


def as_data(one: JudgedSet) -> dict[str, Any]:
    """A set for programs."""
    verdict = one.verdict
    return {
        "set": one.frames.id,
        "rig": one.frames.rig,
        "night": one.frames.night,
        "label": one.frames.label,
        "held": verdict.held,
        "losing": verdict.losing,
        "of": verdict.of,
        "answer": one.case.words.answer or None,
        "missing": dict(verdict.missing),
        "unjudged": list(verdict.unjudged),
        "usual": dict(one.case.usual),
        "frames": {
            stored: {
                "is": told.fate.value,
                "why": reasons_text(told),
                "reasons": [asdict(reason) for reason in (*told.reasons, *told.marks)],
            }
            for stored, told in verdict.frames.items()
        },
    }
