"""The frames of one group, proven and looked at: what is to be integrated, and what is left out with its reason.

Group ─▶ its frames as the store has them now ─unchanged, whole, like the others─▶ Chosen(members, refused)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.model.errors import FrameError
from pipeline.model.jobs import Work
from pipeline.model.master_groups import Batch, Gist, Group, Refused, joined_digest
from pipeline.model.records import Hashed
from pipeline.model.sets import Member
from pipeline.pixels.gist import gist_of
from pipeline.rules.master_refusals import refuse
from pipeline.world import ledger as ledgers
from pipeline.world.calibration_nights import batches_of, calibration_sets, passed_of
from pipeline.world.files import sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.nightbook import address_of, open_book
from pipeline.world.pictures import open_picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The frames of a group, looked at."""

    members: tuple[Member, ...]
    """What is to be integrated, in the order it was taken, each with its hash."""
    refused: tuple[Refused, ...]
    digest: str
    """Of all that are what was stored, those left out too."""


def choose_frames(work: Work, library: OpenLibrary, group: Group, saturation_adu: float) -> Chosen:
    """Prove each frame of a group, and leave out what does not belong."""
    members, lost = _proven(library, _members_of(library, group))
    gists: dict[str, Gist] = {}
    sizes: dict[str, tuple[int, int]] = {}
    gone = {one.stored for one in lost}
    for number, member in enumerate(members, 1):
        if member.stored in gone:
            continue
        try:
            gists[member.stored], sizes[member.stored] = look_into(
                library.root / member.stored, saturation_adu
            )
        except FrameError as error:
            lost.append(Refused(stored=member.stored, why=str(error).rpartition(": ")[2]))
        work.progress(number, 2 * len(members))
    refused = (*lost, *refuse(group.kind, gists, sizes))
    out = {one.stored for one in refused}
    hashes = [member.sha256 or "" for member in members if member.stored not in gone]
    return Chosen(
        members=tuple(member for member in members if member.stored not in out),
        refused=refused,
        digest=f"{len(hashes)}:{joined_digest(hashes)}",
    )


def look_into(path: Path, saturation_adu: float) -> tuple[Gist, tuple[int, int]]:
    """What a frame or a master looks like, and its width and height."""
    picture = open_picture(path)
    if len(picture.shape) != 2:
        raise FrameError(f"{path}: a picture of several planes, not a raw frame")
    gist = gist_of(picture.rows, picture.height, saturation_adu=saturation_adu)
    return gist, (picture.width, picture.height)


def _members_of(library: OpenLibrary, group: Group) -> list[Member]:
    """Its frames as ledger and decisions have them now, in the order they were taken."""
    wanted = {_mark(batch) for batch in group.batches}
    found: list[Member] = []
    for owner, night in dict.fromkeys((batch.owner, batch.filed) for batch in group.batches):
        book = open_book(library.root, owner, night)
        for one in calibration_sets(book):
            alike = batches_of(one, passed_of(book, one))
            found += [member for batch, members in alike if _mark(batch) in wanted for member in members]
    return found


def _mark(batch: Batch) -> tuple[str, date, str, str]:
    return batch.owner, batch.filed, batch.set_id, batch.frame.path


def _proven(library: OpenLibrary, members: Iterable[Member]) -> tuple[list[Member], list[Refused]]:
    """All of them, each with its hash where it can be known; and those that are not what was stored."""
    known: list[Member] = []
    lost: list[Refused] = []
    fresh: dict[tuple[str, date], list[Hashed]] = {}
    for member in members:
        why = _why_not_whole(library.root / member.stored, member)
        if why:
            lost.append(Refused(stored=member.stored, why=why))
        elif member.sha256 is None:
            sha256, home = sha256_of(library.root / member.stored), address_of(member.stored)
            member = replace(member, sha256=sha256)
            if home is not None:
                hashed = Hashed(when=datetime.now(UTC), stored=member.stored, sha256=sha256)
                fresh.setdefault(home, []).append(hashed)
        known.append(member)
    for (owner, night), hashed_frames in fresh.items():
        ledgers.write(library.root, owner, night, hashed_frames)
    return known, lost


def _why_not_whole(path: Path, member: Member) -> str:
    try:
        seen = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "it is not in the store; run `doit verify`"
    if (seen.st_size, seen.st_mtime_ns) != (member.size, member.mtime_ns):
        return "it was changed since it was stored; run `doit verify`"
    return ""
