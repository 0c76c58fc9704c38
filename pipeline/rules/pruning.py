"""What `doit prune` may take: derived files no plan expects, and never many of them unasked.

A stage that makes derived files adds a line to PLACES: the folder they lie in, and how each shows that we wrote it.
What a job names as its targets is expected, and what belongs to sets that still wait for eyes or lie in _Reject; the
rest of what shows our hand is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.model.jobs import Job
from pipeline.model.records import LinkFact
from pipeline.rules.layout import REJECT
from pipeline.rules.notes import FOLDER, SIGN
from pipeline.rules.positions import Place as Stage
from pipeline.rules.positions import lies_at, stage_of
from pipeline.rules.record_places import REPORTS
from pipeline.rules.reject_notes import SIGN as REJECT_SIGN
from pipeline.rules.spoken import counted

MOST_NAMES = 50
MOST_SHARE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where derived files lie."""

    folder: str
    """Relative to the library; files in folders below it count too."""
    suffix: str
    mark: bytes = b""
    """What the first kilobytes of every such file of ours hold; what lacks it is a person's."""
    index: str = ""
    """Of files that can bear no mark: the index beside them that names the folder as ours."""


BLINK_PAGES = f"{REPORTS}/blink"
REPORT_SIGN = b'<meta name="generator" content="Nightbuild reports">'
"""Near the beginning of every page of the reports."""
PICTURE_SIGN = b"Nightbuild: a picture of the reports"
"""A comment in each of their pictures."""
PICTURES = "_files"
"""What the folder of a page's pictures ends in."""
_PICTURE = re.compile(r".+~[0-9a-f]{8}\.(?:.+\.)?jpg")
PLACES: tuple[Place, ...] = (
    Place(folder=FOLDER, suffix=".txt", mark=SIGN.encode()),
    Place(folder=REJECT, suffix=".txt", mark=REJECT_SIGN.encode()),
    Place(folder=BLINK_PAGES, suffix=".html", mark=b'aria-label="all sets done"'),
    Place(folder=BLINK_PAGES, suffix=".jpg", index="previews.json"),
    Place(folder=BLINK_PAGES, suffix="previews.json", index="previews.json"),
    Place(folder=REPORTS, suffix=".html", mark=REPORT_SIGN),
    Place(folder=f"{REPORTS}/pictures", suffix=".jpg", mark=PICTURE_SIGN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is to stay."""

    paths: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    """Everything below these."""

    def holds(self, path: str) -> bool:
        """True for a file that some plan expects."""
        parts = path.split("/")
        above = ("/".join(parts[:number]) for number in range(1, len(parts)))
        return path in self.paths or any(folder in self.folders for folder in above)


def expected_files(jobs: Iterable[Job], pages: Iterable[str], links: Iterable[LinkFact]) -> Expected:
    """What is to stay.

    Args:
        jobs: The whole plan: what a job makes, or leaves to another to judge.
        pages: The blink pages of nights in which frames wait for eyes; their pictures lie beside them.
        links: Every place a frame was given: a note stays beside the frames in _Reject it speaks of.
    """
    jobs, pages = tuple(jobs), tuple(pages)
    pending = {f"{FOLDER}/{name}" for job in jobs for name in job.arguments.get("pending", ())}
    rejected = {lies_at(link).rpartition("/")[0] for link in links if stage_of(lies_at(link)) is Stage.REJECT}
    return Expected(
        paths=frozenset(target for job in jobs for target in job.targets).union(pending, pages),
        folders=frozenset(page.removesuffix(".html") + PICTURES for page in pages).union(rejected),
    )


def is_picture_name(name: str) -> bool:
    """True for a name as our pictures and their index bear it."""
    return name == "previews.json" or _PICTURE.fullmatch(name) is not None


def left_folders(links: Iterable[LinkFact]) -> list[str]:
    """Folders we made for places of which none is there any more, the deepest first; a person may use them."""
    links = tuple(links)
    kept = {folder for link in links if (at := lies_at(link)) for folder in _ours_above(at)}
    made = {folder for link in links for folder in _ours_above(link.link)}
    return sorted(made - kept, key=lambda folder: (-folder.count("/"), folder))


def _ours_above(path: str) -> list[str]:
    """The folders of a place that bear names of ours: `FILTER_...`, `DATE_...`."""
    parts = path.split("/")[:-1]
    return [
        "/".join(parts[: number + 1])
        for number, part in enumerate(parts)
        if part.startswith(("FILTER_", "EXP_", "DATE_"))
    ]


def refuse_number(number: int, looked_at: int, expect: int | None) -> str | None:
    """Why so many names may not go; `None` when they may. A wrong plan must not be able to empty a library."""
    if expect is not None:
        said = f"{counted(number, 'name')} would go, but --expect says {expect}; nothing was changed"
        return said if expect != number else None
    if number > MOST_NAMES:
        return f"{number} names are more than {MOST_NAMES}: if you expect so many, say --expect {number}"
    if number > MOST_SHARE * looked_at:
        return f"{number} of {looked_at} names are more than 2 %: if you expect that, say --expect {number}"
    return None
