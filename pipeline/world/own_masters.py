"""Files under masters' names beside accepted lights that are not ours to take away: said, and left where they are.

A person's own, or one of ours that they edited: nothing proves that a library has its bytes. Only names are looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from pipeline.rules.frozen import masters_of
from pipeline.rules.layout import base_name
from pipeline.rules.ledger import Record
from pipeline.rules.serving import folders_of, light_homes, place_name
from pipeline.world.looking import SetNow
from pipeline.world.serving import given_in


def own_masters(now: SetNow, record: Record) -> list[str]:
    """A sentence for each file that stays beside the masters a set keeps, or in the way of one."""
    homes = light_homes(now.frames, now.standings, now.book.links, now.words)
    given = given_in(now, folders_of(now.frames, now.book.links) | homes.keys())
    root, wanted = now.book.library.root, masters_of(record).values()
    found = [text for link, text in _beside(given) if os.path.lexists(root / link)]
    for one in wanted:
        for home in homes:
            link = place_name(home, one["path"])
            if os.path.lexists(root / link) and not _is_known(given, home, one["sha256"]):
                found.append(f"{link}: is another file, so {one['path']} is not placed there; move it away")
    return found


def _beside(given: Mapping[str, Record]) -> Iterator[tuple[str, str]]:
    """Places that were written off as a person's, beside a newer master of the same name."""
    ours = {(_folder(link), _bare(record)): link for link, record in given.items() if _is_given(record)}
    for link, record in given.items():
        newer = ours.get((_folder(link), _bare(record)))
        if newer is not None and not _is_given(record) and record.get("by_person"):
            name = newer.rpartition("/")[2]
            yield (
                link,
                f"{link}: was changed since it was laid there, so it stays beside {name}; delete one of them",
            )


def _is_known(given: Mapping[str, Record], folder: str, sha256: str) -> bool:
    """True where this very master was laid once; whatever became of it there is its person's doing."""
    return any(_folder(link) == folder and record.get("sha256") == sha256 for link, record in given.items())


def _is_given(record: Record) -> bool:
    return bool(record["event"] == "master_given")


def _bare(record: Record) -> str:
    """The name of a master, without the number that tells those of one name apart, and without its night."""
    first, rest, others = base_name(str(record.get("master", "")).rpartition("/")[2])[0].partition("_")
    return first.partition("~")[0] + rest + others.partition("_DATE_")[0]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
