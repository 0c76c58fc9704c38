"""From inbox to store: each frame gets its canonical name and is written into the ledger.

The first step of the night, and the only one that meets the person's raw files. It moves nothing: the store's name is
a second name for the same bytes (or a verified copy on another disk), and the inbox name stays until `retired`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.gathering import nth_address
from pipeline.rules.spoken import counted
from pipeline.rules.summaries import digest_of, joined, mark_of

VERSION = 1

Night = tuple[str, date]
"""A rig or camera, and a night."""


def plan(arrivals: Iterable[Arrival], stored: Mapping[Night, Sequence[int]]) -> list[Job]:
    """One job for each night that has frames to store or had.

    Args:
        arrivals: What lies in the inboxes.
        stored: What each night ever received, as marks of inbox name, size and time, in order.
    """
    due: dict[Night, list[Arrival]] = {}
    for arrival in arrivals:
        if arrival.fate is Fate.STORE and arrival.night is not None:
            due.setdefault((arrival.owner, arrival.night), []).append(arrival)
    had = (
        night for night, marks in stored.items() if marks
    )  # the others: adopted, or out of archives, alone
    nights = {*due, *had}
    return [_job(night, due.get(night, ()), stored.get(night, ())) for night in sorted(nights)]


def _job(night: Night, due: Sequence[Arrival], before: Sequence[int]) -> Job:
    owner, evening = night
    came = [mark_of(*a.found.origin, a.found.size, a.found.mtime_ns) for a in due]
    marks = joined(before, came) if came else before
    return Job(
        stage="renamed",
        name=job_name("renamed", owner, evening.isoformat()),
        doc=f"Store {owner}, night of {evening}",
        settings={"VERSION": VERSION, "received": digest_of(marks)},
        effect="pipeline.stages.renamed:store_night",
        arguments={"owner": owner, "night": evening.isoformat(), "arrivals": [_as_plain(a) for a in due]},
        check="pipeline.stages.renamed:is_done" if due else "",
        touches_inbox=bool(due),
        rig=owner,
        night=evening.isoformat(),
    )


def _as_plain(arrival: Arrival) -> dict[str, Any]:
    found = arrival.found
    return {
        "inbox": found.inbox,
        "original": found.original,
        "size": found.size,
        "mtime_ns": found.mtime_ns,
        "stored": arrival.stored,
    }


def is_done(_library: object) -> bool:
    """Never, while frames wait: they may have been stored once, and the rig been removed with its ledger since."""
    return False


def store_night(work: Work, *, owner: str, night: str, arrivals: Sequence[Mapping[str, Any]]) -> Outcome:
    """Store what arrived for one night, in batches that each end in the ledger."""
    from pipeline.world.library import open_library
    from pipeline.world.storing import Item, await_settled, store_frames

    if not arrivals:
        return Outcome()
    library = open_library(work.library)
    inboxes = {inbox.path: folder for inbox, folder in library.inboxes}

    def items() -> Iterator[Item]:
        for plain in arrivals:
            found = Found(plain["inbox"], plain["original"], plain["size"], plain["mtime_ns"], Sort.FRAME)
            await_settled(found, library.configuration.library.settle_seconds)
            yield Item(inboxes[found.inbox] / found.original, found, partial(nth_address, plain["stored"]))

    evening, of = date.fromisoformat(night), len(arrivals)
    keep = library.configuration.library.keep_free
    counts = store_frames(
        work.library, owner, evening, items(), lambda done: work.progress(done, of), keep=keep
    )
    return Outcome(_says(owner, night, counts), counts)


def _says(owner: str, night: str, counts: Mapping[str, int]) -> str:
    parts = [f"{counts['stored']} stored"]
    parts += [
        counted(number, "duplicate") if word == "duplicates" else f"{number} {word}"
        for word, number in counts.items()
        if number and word != "stored"
    ]
    return f"{owner}  {night}  {', '.join(parts)}"
