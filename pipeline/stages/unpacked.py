"""Archives that arrived: unpacked safely into a hidden folder, and what is in them stored like any other file.

The archive stays where it is; the ledger says when all of it is taken. What cannot be taken (a hostile name, a
frame nobody understands, an unknown rig, no room) is a sentence in _Quarantine, and is tried again when the
archive, a rig file, a correction or the rules change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.survey import Arrival, Fate, Found, Sort
from pipeline.rules.packed import OUT_OF_ARCHIVES, hidden_name, why_not_all
from pipeline.rules.spoken import counted

if TYPE_CHECKING:
    from pipeline.world.unpacking import Taken

VERSION = 1


def plan(arrivals: Iterable[Arrival], left_behind: Sequence[str] = ()) -> list[Job]:
    """One job for each archive that is due, and one for what killed runs left behind.

    Args:
        arrivals: What lies in the inboxes.
        left_behind: Hidden folders that are there before any archive is unpacked.
    """
    due = [arrival.found for arrival in arrivals if arrival.fate is Fate.ARCHIVE]
    ours = {hidden_name(found) for found in due}  # cleared by whoever unpacks them anew
    others = [name for name in left_behind if name not in ours]
    return [*([_sweeping(others)] if others else []), *map(_job, due)]


def _job(found: Found) -> Job:
    return Job(
        stage="unpacked",
        name=job_name("unpacked", found.inbox, found.original),
        doc=f"Unpack {found.original} of {found.inbox}",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.unpacked:unpack_archive",
        arguments={
            "inbox": found.inbox,
            "original": found.original,
            "size": found.size,
            "mtime_ns": found.mtime_ns,
        },
        check="pipeline.stages.unpacked:is_done",
        touches_inbox=True,
    )


def _sweeping(names: Sequence[str]) -> Job:
    return Job(
        stage="unpacked",
        name=job_name("unpacked", "left behind"),
        doc="Clear what a run that was killed had unpacked",
        settings={"VERSION": VERSION},
        effect="pipeline.stages.unpacked:clear_left_behind",
        arguments={"names": list(names)},
        check="pipeline.stages.unpacked:is_done",
    )


def is_done(_library: object) -> bool:
    """Never: these jobs are only planned while there is something to do."""
    return False


def unpack_archive(work: Work, *, inbox: str, original: str, size: int, mtime_ns: int) -> Outcome:
    """Take what can be taken; the rest is said in _Quarantine, and remembered so as not to try in vain."""
    from pipeline.model.errors import FrameError, PassingError
    from pipeline.world.attempts import say_taken, say_untaken
    from pipeline.world.library import open_library
    from pipeline.world.storing import await_settled
    from pipeline.world.unpacking import take_archive

    library = open_library(work.library)
    found = Found(inbox, original, size, mtime_ns, Sort.ARCHIVE)
    await_settled(found, library.configuration.library.settle_seconds)
    try:
        taken = take_archive(library, found, work.progress)
    except PassingError as error:
        say_untaken(library, found, str(error), later=True)
        raise
    except FrameError as error:
        say_untaken(library, found, str(error))
        return Outcome(f"{original}  not taken: {error}", {"not taken": 1})
    if taken is None:
        return Outcome(f"{original}  still being written, left for the next run", {"left": 1})
    if taken.troubles:
        say_untaken(library, found, *why_not_all(taken.troubles, taken.members), waiting=taken.waiting)
    else:
        say_taken(library, found)
    return _outcome(original, taken)


def _outcome(original: str, taken: Taken) -> Outcome:
    counts = {**taken.counts, "not taken": len(taken.troubles)}
    out = {OUT_OF_ARCHIVES: taken.counts.get("stored", 0)}
    said = [f"{number:,} {word}" for word, number in counts.items() if number]
    return Outcome(f"{original}  {', '.join(said) or 'nothing new'}", {**counts, **out})


def clear_left_behind(work: Work, *, names: Sequence[str]) -> Outcome:
    """Clear hidden folders that nobody fills any more."""
    from pipeline.world.unpacking import sweep

    gone = sweep(work.library, names)
    return Outcome(f"cleared what {counted(gone, 'killed run')} had unpacked" if gone else "")
