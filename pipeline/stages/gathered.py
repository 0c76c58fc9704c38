"""Masters made by hand, in PixInsight, Siril or a smart telescope, are taken into the libraries: copied and proven.

    [masters] wbpp_output ─▶ _Bias Library, _Dark Library, _Flat Stash ─▶ ledger: promoted, since nothing remakes them

The folders are looked at in every run; while no name, size or time in one has changed, nothing is done about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.rules.spoken import counted

if TYPE_CHECKING:
    from pipeline.world.found_masters import Source
    from pipeline.world.gathering import Taken

VERSION = 1
_SHOWN = 3


def plan(sources: Iterable[Source]) -> list[Job]:
    """One job a folder."""
    return [
        Job(
            stage="gathered",
            name=job_name("gathered", source.name),
            doc=f"Take masters from {source.name} into the libraries",
            settings={"VERSION": VERSION, "listing": source.digest},
            effect="pipeline.stages.gathered:take_masters",
            arguments={"source": source.name},
        )
        for source in sources
    ]


def take_masters(work: Work, *, source: str) -> Outcome:
    """Take what no library holds yet; what finds no place is said, with what to do."""
    from pipeline.world.found_masters import list_source
    from pipeline.world.gathering import take_in
    from pipeline.world.library import open_library

    library = open_library(work.library)
    found = list_source(library, source)
    if found.trouble:
        return Outcome(f"{source}  {found.trouble}: no masters were taken from it")
    taken = take_in(library, found, work.progress)
    counts = {
        "masters": len(taken.taken),
        "superseded": taken.superseded,
        "not taken": len(taken.complaints),
    }
    return Outcome(_says(source, taken), counts)


def _says(source: str, taken: Taken) -> str:
    done = [f"{counted(len(taken.taken), 'master')} taken into the libraries"] if taken.taken else []
    done += [f"{taken.superseded} superseded"] if taken.superseded else []
    done += [f"{len(taken.complaints)} not taken"] if taken.complaints else []
    more = len(taken.complaints) - _SHOWN
    told = [*taken.complaints[:_SHOWN], *([f"and {more} more"] if more > 0 else ())]
    return "; ".join([f"{source}  {', '.join(done)}", *taken.remarks, *told]) if done else ""
