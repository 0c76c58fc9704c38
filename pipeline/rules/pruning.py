"""What `doit prune` may take: derived files no plan expects, and never many of them unasked.

A stage that makes derived files adds a line to PLACES: the folder they lie in, and how each shows that we wrote it.
What a job names as its targets is expected; the rest of what shows our hand is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.model.jobs import Job
from pipeline.rules.notes import FOLDER, SIGN

MOST_NAMES = 50
MOST_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where derived files lie."""

    folder: str
    """Relative to the library; files in folders below it count too."""
    suffix: str
    mark: bytes
    """What the first kilobytes of every such file of ours hold; what lacks it is a person's."""


PLACES: tuple[Place, ...] = (Place(folder=FOLDER, suffix=".txt", mark=SIGN.encode()),)


def expected_paths(jobs: Iterable[Job]) -> frozenset[str]:
    """Every file that some job of the plan makes, or leaves to another to judge."""
    jobs = tuple(jobs)
    pending = (f"{FOLDER}/{name}" for job in jobs for name in job.arguments.get("pending", ()))
    return frozenset(target for job in jobs for target in job.targets).union(pending)


def refuse_number(number: int, looked_at: int, expect: int | None) -> str | None:
    """Why so many names may not go; `None` when they may. A wrong plan must not be able to empty a library."""
    if expect is not None:
        said = f"{number} names would go, but --expect says {expect}; nothing was changed"
        return said if expect != number else None
    if number > MOST_NAMES:
        return f"{number} names are more than {MOST_NAMES}: if you expect so many, say --expect {number}"
    if number > MOST_SHARE * looked_at:
        return f"{number} of {looked_at} names are more than 2 %: if you expect that, say --expect {number}"
    return None
