"""What a person said of masters: `doit master NAME --ok` and `--reject`, and what of it speaks of which file.

A word speaks of one master, not of a name: where the next one takes the name, it says nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.model.masters import Master
from pipeline.model.records import About, Decision
from pipeline.rules.decisions import Decisions

MASTER = "master"
"""The kind of these decisions."""
OK, REJECT = "ok", "reject"
REJECTED = "you rejected it"
"""How the trouble with a rejected master begins."""


@dataclass(frozen=True, slots=True)
class MasterWord:
    """The latest word on one master."""

    path: str
    """Where it lay when it was spoken of."""
    is_ok: bool
    inputs: str
    size: int
    why: str = ""
    id: str = ""
    """Of the decision: what an undo names."""


def values_of(master: Master, *, verdict: str) -> dict[str, object]:
    """What such a decision holds."""
    return {"verdict": verdict, "inputs": master.inputs, "size": master.size}


def master_words(decisions: Decisions) -> tuple[MasterWord, ...]:
    """Every word that holds, the oldest first."""
    said = [one for one in decisions.of_kind(MASTER) if one.about is About.MASTER]
    return tuple(word for one in sorted(said, key=_when) if (word := _word(one)) is not None)


def word_on(master: Master, words: Iterable[MasterWord]) -> MasterWord | None:
    """The latest word on this very master."""
    found = None
    for word in words:
        if _speaks_of(word, master):
            found = word
    return found


def _speaks_of(word: MasterWord, master: Master) -> bool:
    if word.inputs or master.inputs:
        return word.inputs == master.inputs
    return (word.path, word.size) == (master.path, master.size)


def _when(one: Decision) -> tuple[str, str]:
    return one.when.isoformat(), one.id


def _word(one: Decision) -> MasterWord | None:
    verdict, inputs, size = (one.values.get(key) for key in ("verdict", "inputs", "size"))
    if verdict not in {OK, REJECT}:
        return None
    return MasterWord(
        path=one.subject,
        is_ok=verdict == OK,
        inputs=inputs if isinstance(inputs, str) else "",
        size=size if isinstance(size, int) else -1,
        why=one.why,
        id=one.id,
    )
