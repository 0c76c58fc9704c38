"""The places frames were given, held against the stored frames: a link to it, an equal copy, or another file.

An empty place is no fault: the next run takes it up as what its person did. Only what bears a frame's name and is not
the frame is wrong, and even that is left where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.model.errors import FrameError, PassingError
from pipeline.model.records import LinkFact, StoredFact
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.typed import as_typed
from pipeline.rules.verifying import Finding, Wrong
from pipeline.world.copies import equal_bytes
from pipeline.world.files import sha256_of


@dataclass(slots=True, kw_only=True)
class LinksLooked:
    """What was found in the places."""

    findings: list[Finding] = field(default_factory=list)
    looked_at: int = 0
    empty: int = 0
    """Places in which nothing lies."""
    copies: int = 0
    """Equal copies in place of links: healthy, and twice the room."""


def look_at_links(
    library: Path,
    links: Iterable[LinkFact],
    stored: Mapping[str, StoredFact],
    holds: Callable[[str], bool],
    *,
    read: bool,
) -> LinksLooked:
    """Look at every place in 10_Blink, _Reject and 20_Data.

    Args:
        library: Its root.
        links: By the ledger.
        stored: The frames by address.
        holds: Whether a stored path is to be looked at.
        read: Whether copies are read; else size and time speak for them.
    """
    found = LinksLooked()
    for link in links:
        at, fact = lies_at(link), stored.get(link.stored)
        if link.is_own or not at or fact is None or stage_of(at) is Place.NOWHERE or not holds(fact.stored):
            continue
        found.looked_at += 1
        _look(library, at, fact, found, read=read)
    return found


def _look(library: Path, at: str, fact: StoredFact, found: LinksLooked, *, read: bool) -> None:
    place, twin = library / at, library / fact.stored
    try:
        seen = place.stat()
        if place.samefile(twin):
            return
    except FileNotFoundError:
        found.empty += not place.exists()  # else its stored frame is missing, which is said of that
        return
    except OSError as error:
        why = f"cannot be looked at: {error.strerror}"
        found.findings.append(
            Finding(wrong=Wrong.UNREADABLE, path=at, says=why, mend="look at its folder's rights")
        )
        return
    is_equal = seen.st_size == fact.size and (not read or _has_bytes(place, twin, fact))
    if is_equal:
        found.copies += 1
        return
    found.findings.append(_edited(at, fact))


def _has_bytes(place: Path, twin: Path, fact: StoredFact) -> bool:
    """True for the bytes of the frame, and where nobody can tell just now."""
    with suppress(FrameError, PassingError, OSError):
        return equal_bytes(twin, place) if fact.sha256 is None else sha256_of(place) == fact.sha256
    return True


def _edited(at: str, fact: StoredFact) -> Finding:
    return Finding(
        wrong=Wrong.EDITED,
        path=at,
        says=f"is another file than the frame that was put there ({fact.stored}), which is untouched",
        mend=f"if you want the frame back: move this file away, then type: doit restore {as_typed(fact.stored)}",
    )
