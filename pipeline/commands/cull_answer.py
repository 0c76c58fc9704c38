"""What `doit cull` decides: answers to sets that ask, and that a rig learns anew what is usual for it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from pipeline.commands.cull_sets import JudgedSet, as_data, judge_now, judged_sets, typed_again
from pipeline.model.answers import Answer, Context
from pipeline.model.records import About, Decision
from pipeline.model.verdicts import Fate
from pipeline.rules.cull_words import headline
from pipeline.rules.spoken import counted
from pipeline.rules.words import APPLY, CULL, REJUDGE
from pipeline.world import decisions as decided
from pipeline.world.absorbing import next_moment
from pipeline.world.library import OpenLibrary
from pipeline.world.nightbook import open_book
from pipeline.world.person import who_decides


def decide(library: OpenLibrary, action: str, arguments: argparse.Namespace, context: Context) -> Answer:
    """Write down, or take back, what a person answers; and what that comes to."""
    found = judged_sets(library, arguments, context)
    if not arguments.sets:  # chosen by rig or night: those that ask, or were answered
        found = [one for one in found if (one.verdict.held and one.is_judged) or one.case.words.answer]
    if not found:
        return Answer(sentences=("No set there asks anything.",), data=[])
    before = {one.frames.id: one.case.words.answer for one in found}
    said = (
        _undo(library, found, CULL, context)
        if action == "ask"
        else _say(library, action, found, arguments, context)
    )
    after = [judge_now(open_book(library.root, one.book.owner, one.book.night), one.frames) for one in found]
    sentences = [_follows(one, before[one.frames.id]) for one in after]
    undo = "--ask" if action != "ask" else f"--{before[after[0].frames.id] or APPLY}"
    words = "asks again" if action != "ask" else "answers again"
    sentences.append(f"`{typed_again(arguments, after, undo)}` {words}.")
    rows = [as_data(one) | {"decisions": said.get(one.frames.id, [])} for one in after]
    return Answer(sentences=tuple(sentences), data=rows)


def _say(
    library: OpenLibrary,
    answer: str,
    found: Sequence[JudgedSet],
    arguments: argparse.Namespace,
    context: Context,
) -> dict[str, list[str]]:
    """Write the answer down for each set that was not answered so already."""
    said = {}
    for one in found:
        if one.case.words.answer != answer:
            decision = decided.decide(
                library.root,
                CULL,
                About.SET,
                one.frames.id,
                owner=one.frames.owner,
                night=one.frames.night,
                values={"answer": answer} | ({"frames": _going(one)} if answer == APPLY else {}),
                who=who_decides(context.environment),
                why=arguments.why,
            )
            said[one.frames.id] = [decision.id]
    return said


def _going(one: JudgedSet) -> list[str]:
    """What "apply" is said of: the frames that go by it, as things stand."""
    words = replace(one.case.words, answer=APPLY, answered=next_moment([one.book]))
    judged = replace(one.case, words=words).verdict()
    return [stored for stored, told in judged.frames.items() if told.fate is Fate.CULLED]


def _undo(
    library: OpenLibrary, found: Sequence[JudgedSet], kind: str, context: Context
) -> dict[str, list[str]]:
    """Take back every word of a kind that holds on these sets."""
    return {one.frames.id: _take_back(library, _held(one, kind), context) for one in found}


def _held(one: JudgedSet, kind: str) -> list[Decision]:
    told = one.book.decisions.holding.get((About.SET, one.frames.id), ())
    return [each for each in told if each.kind == kind]


def _take_back(library: OpenLibrary, told: Sequence[Decision], context: Context) -> list[str]:
    who = who_decides(context.environment)
    return [decided.undo(library.root, one, who=who).id for one in told]


def _follows(one: JudgedSet, before: str) -> str:
    """What an answer, or taking it back, comes to."""
    answer = one.case.words.answer
    if not answer and not before:
        return f"{one.name}: was not answered."
    if not answer:
        return f"{one.name}: the answer {before!r} is taken back; {headline(one.verdict)}."
    fates = [told.fate for told in one.verdict.frames.values()]
    culled = fates.count(Fate.CULLED)
    same = ", as before" if answer == before else ""
    return (
        f"{one.name}: {answer}{same}; {culled} of {len(fates)} go to _Reject with the next `doit`."
        if culled
        else f"{one.name}: {answer}{same}; all {len(fates)} stay."
    )


def rejudge(library: OpenLibrary, arguments: argparse.Namespace, context: Context) -> Answer:
    """Sets, or all sets of a rig, learn their usual values anew."""
    found = judged_sets(library, arguments, context)
    by_rig = bool(arguments.rig) and not (arguments.sets or arguments.night or arguments.target)
    subjects = (
        {(About.RIG, one.frames.rig): (one.frames.rig, None) for one in found}
        if by_rig
        else {(About.SET, one.frames.id): (one.frames.owner, one.frames.night) for one in found}
    )
    decisions = found[0].book.decisions
    said: list[str] = []
    for (about, subject), (owner, night) in subjects.items():
        if arguments.undo:
            told = [one for one in decisions.holding.get((about, subject), ()) if one.kind == REJUDGE]
            said += _take_back(library, told, context)
        else:
            who = who_decides(context.environment)
            one = decided.decide(
                library.root, REJUDGE, about, subject, owner=owner, night=night, who=who, why=arguments.why
            )
            said.append(one.id)
    return Answer(sentences=_rejudged(arguments, found, said), data={"decisions": said, "sets": len(found)})


def _rejudged(
    arguments: argparse.Namespace, found: Sequence[JudgedSet], said: Sequence[str]
) -> tuple[str, ...]:
    if not arguments.undo:
        return (
            f"Judged anew by the next `doit`, with what is usual by then: {counted(len(found), 'set')}. Those you "
            "have worked in stay as they are.",
            f"`{typed_again(arguments, found, '--rejudge --undo')}` takes it back.",
        )
    if not said:
        return ("Nobody asked for that.",)
    return ("Taken back. What a `doit` learnt anew meanwhile stays; --rejudge learns again.",)
