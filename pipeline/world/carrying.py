"""Files of the person's own that lie in a set's folder travel with its accepted lights: notes, edits, sub-folders.

They get a further name beside the lights, once; what lies in 10_Blink stays there, untouched.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model.errors import FrameError
from pipeline.model.records import Carried
from pipeline.rules.own_files import is_own_name
from pipeline.rules.positions import lies_at
from pipeline.world import ledger
from pipeline.world.files import require_inside
from pipeline.world.links import place, same_file
from pipeline.world.looking import SetNow
from pipeline.world.tidying import enter_folder
from pipeline.world.ways import mode_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFile:
    """A file of the person's own, and where it is to be seen too. Paths relative to the library."""

    source: str
    to: str


def own_files(now: SetNow) -> list[OwnFile]:
    """What has not travelled yet, where some of the set's lights lie in their folder of 20_Data."""
    if not _is_accepted(now):
        return []
    carried = set(now.book.ledger.carried.values())
    strangers = _Strangers(now)
    folder = now.frames.blink
    found = (f"{folder}/{path}" for path in _walk(now.book.library.root / folder))
    return [
        OwnFile(source=path, to=now.frames.data + path.removeprefix(folder))
        for path in found
        if path not in carried and strangers.holds(path)
    ]


def can_carry(now: SetNow, one: OwnFile) -> bool:
    """True unless another file lies where it would go."""
    target = now.book.library.root / one.to
    if not os.path.lexists(target):
        return True
    try:
        return same_file(now.book.library.root / one.source, target)
    except (OSError, FrameError):
        return False


def carry(now: SetNow, files: list[OwnFile]) -> list[str]:
    """Give each its further name; sentences about those that could not be."""
    root, mode = now.book.library.root, mode_of(now)
    done: list[Carried] = []
    left: list[str] = []
    for one in files:
        require_inside(root, root / one.to)
        try:
            enter_folder((root / one.to).parent)
            place(root / one.source, root / one.to, mode)
        except FileExistsError:
            if not can_carry(now, one):
                left.append(f"{one.to}: is another file, so {one.source} was not carried there")
                continue
        except FileNotFoundError:
            continue  # its owner took it away meanwhile
        except FrameError as error:
            left.append(str(error))
            continue
        done.append(Carried(when=datetime.now(UTC), source=one.source, to=one.to))
    ledger.write(root, now.book.owner, now.book.night, done)
    return left


class _Strangers:
    """Tells the person's own files from frames of ours under whatever name."""

    def __init__(self, now: SetNow) -> None:
        self.root = now.book.library.root
        held = [link for links in now.book.links.values() for link in links]
        self.ours = {path for link in held for path in (link.link, lies_at(link), link.at)}
        self.ours |= now.book.ledger.masters.keys()
        self.alike: dict[tuple[int, int], list[Path]] = {}
        for member in (member for one in now.book.sets for member in one.members):
            self.alike.setdefault((member.size, member.mtime_ns), []).append(self.root / member.stored)

    def holds(self, path: str) -> bool:
        """True for a plain file that is no frame of this night, by name, identity or bytes."""
        if path in self.ours or not is_own_name(path):
            return False
        try:
            seen = (self.root / path).lstat()
            twins = self.alike.get((seen.st_size, seen.st_mtime_ns), [])
            is_frame = any(same_file(self.root / path, twin) for twin in twins if twin.is_file())
            return stat.S_ISREG(seen.st_mode) and not is_frame
        except (OSError, FrameError):
            return False


def _is_accepted(now: SetNow) -> bool:
    """True when a light of the set lies where we put it in 20_Data."""
    return bool(now.frames.data) and any(
        link.state == "delivered" and link.link.rpartition("/")[0] == now.frames.data
        for member in now.frames.members
        for link in now.book.links.get(member.stored, ())
    )


def _walk(folder: Path) -> Iterator[str]:
    """Files below a folder, relative to it with `/`; links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        inside = Path(parent).relative_to(folder)
        yield from ((inside / name).as_posix() for name in sorted(names))
