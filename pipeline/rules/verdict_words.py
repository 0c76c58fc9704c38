"""Verdict files of the blink page become decisions: a word on each rejected frame, and "I have looked" on the set.

A file is absorbed once, by the digest of its bytes: a second copy of it, `verdict_… (1).json`, says nothing new. Of
what a person said and what a file says the later speaks. What cannot be followed is a sentence, and stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.model.frames import Problem
from pipeline.model.records import About, Decision
from pipeline.model.sets import FrameSet
from pipeline.model.watching import Saying, SeenVerdict
from pipeline.rules.decisions import Decisions
from pipeline.rules.records import moment, moment_text
from pipeline.rules.sayings import BY_FILE, say_looked, say_of_frame, word_on, word_says
from pipeline.rules.verdict_files import (
    KEEP,
    Checked,
    VerdictFile,
    check_verdict,
    merge_verdicts,
    parse_verdict,
)
from pipeline.rules.words import BLINK, REJECT, WAIT

FileKey = tuple[str, int, int]
"""Path, size and time of a verdict file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictsHeard:
    """What the verdict files come to."""

    sayings: tuple[Saying, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsorbedVerdicts:
    """The verdict files that were ever heard."""

    digests: frozenset[str] = frozenset()
    files: frozenset[FileKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A verdict held against its set."""

    seen: SeenVerdict
    verdict: VerdictFile
    checked: Checked = field(default_factory=Checked)


def absorbed_verdicts(decisions: Decisions) -> AbsorbedVerdicts:
    """What need not be read again; also what somebody took back since."""
    told = [one.values for one in decisions.said if one.kind == BLINK and one.about is About.SET]
    told = [values for values in told if values.get("by") == BY_FILE]
    files = ((values.get("file"), values.get("size"), values.get("mtime_ns")) for values in told)
    return AbsorbedVerdicts(
        digests=frozenset(str(values.get("digest")) for values in told),
        files=frozenset(
            (path, size, mtime_ns)
            for path, size, mtime_ns in files
            if isinstance(path, str) and isinstance(size, int) and isinstance(mtime_ns, int)
        ),
    )


def hear_verdicts(
    seen: Iterable[SeenVerdict],
    sets: Sequence[FrameSet],
    decisions: Decisions,
    library_id: str,
    shown: AbstractSet[str],
    spoken: AbstractSet[str],
) -> VerdictsHeard:
    """What the verdict files say that was not heard yet.

    Args:
        seen: The files.
        sets: Those they may speak of.
        decisions: All there are.
        library_id: What this library is called in them.
        shown: Stored paths of the frames that are offered now.
        spoken: Those somebody just spoke of by moving them, which holds.
    """
    by_id = {one.id: one for one in sets}
    held: dict[str, list[_Held]] = {}
    problems: list[Problem] = []
    for one in _unheard(seen, decisions):
        found = _hold(one, by_id, library_id)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            held.setdefault(found.verdict.set_id, []).append(found)
            problems += found.checked.problems
    sayings: list[Saying] = []
    for set_id, files in held.items():
        words, said = _words(by_id[set_id], files, decisions, spoken)
        problems += said
        sayings += [*words, *(_looked(by_id[set_id], file, shown) for file in files)]
    return VerdictsHeard(sayings=tuple(sayings), problems=tuple(problems))


def _unheard(seen: Iterable[SeenVerdict], decisions: Decisions) -> Iterator[SeenVerdict]:
    digests = set(absorbed_verdicts(decisions).digests)
    for one in sorted(seen, key=lambda one: one.path):
        if one.sha256 not in digests:
            digests.add(one.sha256)
            yield one


def _hold(seen: SeenVerdict, sets: Mapping[str, FrameSet], library_id: str) -> _Held | Problem:
    """The verdict and what of it holds; or why nothing does."""
    verdict = parse_verdict(seen.data, seen.path)
    if isinstance(verdict, Problem):
        return verdict
    lies_in = None
    if seen.folder is not None:
        lies_in = [one.id for one in sets.values() if seen.folder in {one.blink, one.reject, one.data}]
    frames = sets.get(verdict.set_id)
    known = {one.stored: one.sha256 for one in frames.members} if frames is not None else {}
    checked = check_verdict(verdict, verdict.set_id, known, library=library_id, lies_in=lies_in)
    if checked.refused:
        return checked.problems[0]
    if frames is None:
        return Problem("verdict-refused", f"{seen.path}: speaks of a set that is not there: {verdict.set_id}")
    return _Held(seen=seen, verdict=verdict, checked=checked)


def _words(
    frames: FrameSet, files: Sequence[_Held], decisions: Decisions, spoken: AbstractSet[str]
) -> tuple[list[Saying], tuple[Problem, ...]]:
    """A word on each frame of which the files say otherwise than what holds."""
    merged = merge_verdicts(_what_holds(file) for file in files)
    digests = {file.verdict.name: file.seen.sha256 for file in files}
    words = []
    for stored, (verdict, file) in merged.verdicts.items():
        word = word_on(stored, decisions)
        is_rejected = word_says(word) == REJECT
        if stored in spoken or is_rejected == (verdict != KEEP) or _spoken_at(word, file.made) > file.made:
            continue
        values = {"by": BY_FILE, "digest": digests[file.name], "made": moment_text(file.made)}
        says, why = (
            (WAIT, f"kept in {file.name}") if verdict == KEEP else (REJECT, "rejected on the blink page")
        )
        words.append(say_of_frame(frames, stored, says, why=why, values=values))
    return words, merged.problems


def _what_holds(file: _Held) -> VerdictFile:
    holds = {*file.checked.keeps, *file.checked.rejects}
    return replace(file.verdict, frames={k: v for k, v in file.verdict.frames.items() if k in holds})


def _spoken_at(word: Decision | None, never: datetime) -> datetime:
    """When a person said this: of what a file said, when the file was made."""
    if word is None:
        return never
    made = word.values.get("made")
    try:
        return moment(made) if isinstance(made, str) else word.when
    except ValueError:
        return word.when


def _looked(frames: FrameSet, file: _Held, shown: AbstractSet[str]) -> Saying:
    named = {*file.checked.keeps, *file.checked.rejects}
    values = {
        "file": file.seen.path,
        "size": file.seen.size,
        "mtime_ns": file.seen.mtime_ns,
        "digest": file.seen.sha256,
        "made": moment_text(file.verdict.made),
    }
    meant = [one.stored for one in frames.members if one.stored in named and one.stored in shown]
    return say_looked(
        frames, meant, BY_FILE, values, why="; ".join(one.text for one in file.checked.problems)
    )
