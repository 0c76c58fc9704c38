"""A forecast as a person reads it: night by night, one line a file, the sums last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pipeline.rules.forecast import Does, Step
from pipeline.rules.spoken import counted, sized

LONG = 40
"""Files from which on each night is summed up before the files are named."""
_WIDTH = max(len(does) for does in Does) + 2
_SUMS = {
    Does.STORE: "to store",
    Does.DUPLICATE: "expected to be duplicates",
    Does.RECORD: "SHA-256 to record",
    Does.WITNESS: "logs to store beside their night",
    Does.UNPACK: "archives to unpack",
    Does.RETIRE: "to leave the inbox",
    Does.QUARANTINE: "not understood",
    Does.ASK: "of a rig that is not known",
    Does.WAIT: "unfinished",
    Does.LATER: "to be tried again",
    Does.LEAVE: "not ours",
}
_OF_SETS = {
    Does.MEASURE: "to measure",
    Does.JUDGE: "to judge",
    Does.OFFER: "to offer, or to change what is offered",
    Does.ACCEPT: "to accept",
    Does.CALIBRATE: "to calibrate",
}
_OF_MASTERS = {
    Does.GATHER: ("master to take in", "masters to take in"),
    Does.INTEGRATE: ("master to integrate", "masters to integrate"),
    Does.DISTRIBUTE: ("set to lay masters beside", "sets to lay masters beside"),
}
_PLAIN = {Does.STORE, Does.WITNESS, Does.RETIRE, Does.RECORD}
"""What needs no reason in a list for people."""
_IDLE = {Does.WAIT, Does.LATER, Does.LEAVE, Does.ASK, Does.QUARANTINE}


def forecast_lines(steps: Sequence[Step]) -> Iterator[str]:
    """Each night with its files."""
    groups: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        groups.setdefault((step.night or "~", step.rig), []).append(step)
    nights = sorted(groups.items())
    if len(steps) > LONG:
        yield from (_headline(group) for _, group in nights)
        yield ""
    for _, group in nights:
        yield _headline(group)
        yield from map(_line, group)


def set_lines(steps: Sequence[Step]) -> Iterator[str]:
    """What would follow for sets; many are summed up, and only the first are named."""
    if not steps:
        return
    yield f"Sets: {_sums(steps)}"
    yield from (f"  {step.does:{_WIDTH}}{step.why}  {step.file}" for step in steps[:LONG])
    if len(steps) > LONG:
        yield f"  and {len(steps) - LONG:,} more"


def forecast_sum(steps: Sequence[Step]) -> str:
    """The last line: all sums, and that nothing was done."""
    if not steps:
        return "Nothing to do: what lies in the inboxes is stored."
    work = any(step.does not in _IDLE for step in steps)
    advice = "`doit` does it" if work else "`doit status` says what they wait for"
    return f"{_sums(steps)}. Nothing was touched; {advice}."


def _headline(group: Sequence[Step]) -> str:
    first = group[0]
    whose = ", ".join(part for part in (first.rig, f"night of {first.night}" if first.night else "") if part)
    return f"{whose or 'Neither rig nor night known'}: {_sums(group)}"


def _sums(steps: Iterable[Step]) -> str:
    counts = Counter(step.does for step in steps)
    size = sum(step.size for step in steps if step.does is Does.STORE)
    said = [f"{counts[does]:,} {words}" for does, words in _SUMS.items() if counts[does]]
    if counts[Does.TAKE_UP]:
        said.append("what you did in your folders to take up")
    said += [f"{counted(counts[does], 'set')} {words}" for does, words in _OF_SETS.items() if counts[does]]
    said += [counted(counts[does], *words) for does, words in _OF_MASTERS.items() if counts[does]]
    if counts[Does.STORE]:
        said[0] = f"{counted(counts[Does.STORE], 'frame')} to store, {sized(size)}"
    return ", ".join(said)


def _line(step: Step) -> str:
    line = f"  {step.does:{_WIDTH}}{step.file}"
    if step.to:
        line += f" → {step.to}" if step.does in {Does.STORE, Does.WITNESS} else f" = {step.to}"
    if step.does not in _PLAIN and step.why:
        line += f": {step.why}"
    return f"{line}  [{step.command}]" if step.command else line
