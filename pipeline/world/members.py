"""The members of an unpacked archive, understood exactly as files of an inbox are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.model.archives import Unpacked
from pipeline.model.errors import FrameError
from pipeline.model.survey import Arrival, Found, Sighting
from pipeline.rules.arrivals import Rules, judge_frame, judge_name
from pipeline.rules.corrected import Corrections, heed
from pipeline.rules.guards import held_homes, hold_back
from pipeline.rules.identity import Clues
from pipeline.rules.ledger import Ledger
from pipeline.rules.packed import member_path
from pipeline.rules.sorting import sort_of
from pipeline.rules.summaries import target_folders
from pipeline.world import decisions
from pipeline.world.guards import look_around
from pipeline.world.headers import read_header
from pipeline.world.library import OpenLibrary
from pipeline.world.passing import is_passing
from pipeline.world.survey import arrival_rules

_AN_HOUR_NS = 3600 * 10**9


def look_into(
    library: OpenLibrary, archive: Found, contents: Unpacked, known: Ledger
) -> list[tuple[Path, Arrival]]:
    """Each member, where it lies now, and what is to become of it; what belongs to a rig that is away waits."""
    looked = list(_look(library, archive, contents, known))
    guard = look_around(library.root, held_homes(known), ())
    held = hold_back([arrival for _, arrival in looked], guard)
    return [(path, arrival) for (path, _), arrival in zip(looked, held, strict=True)]


def _look(
    library: OpenLibrary, archive: Found, contents: Unpacked, known: Ledger
) -> Iterator[tuple[Path, Arrival]]:
    corrections = heed(decisions.read(library.root), known)
    rules = arrival_rules(library, known, target_folders(known.stored))
    for member in contents.members:
        seen = member.path.lstat()
        original = member_path(archive.original, member.name)
        found = Found(archive.inbox, original, seen.st_size, seen.st_mtime_ns, sort_of(original))
        # Nobody writes in an archive any more: for its members an hour has passed, whatever their times say.
        then = replace(rules, now_ns=max(rules.now_ns, seen.st_mtime_ns) + _AN_HOUR_NS)
        yield member.path, _judge(library, member.path, found, corrections, then)


def _judge(library: OpenLibrary, path: Path, found: Found, corrections: Corrections, rules: Rules) -> Arrival:
    told = judge_name(found, rules)
    return told if told is not None else judge_frame(_sight(library, path, found, corrections), rules)


def _sight(library: OpenLibrary, path: Path, found: Found, corrections: Corrections) -> Sighting:
    try:
        header = read_header(path)
    except FrameError as error:
        return Sighting(found=found, refusal=str(error))
    except OSError as error:
        refusal = f"could not be read: {error.strerror}"
        return Sighting(found=found, refusal=refusal, passing=is_passing(error))
    rig = next((inbox.rig for inbox, _ in library.inboxes if inbox.path == found.inbox), None)
    said = corrections.of_found(found)
    clues = Clues(path=found.original, header=header, inbox_rig=rig, corrections=said)
    return Sighting(found=found, frame=corrections.identify(clues, library.known))
