"""Masters laid into DATE folders and taken out of them again: what world/serving found due, done.

Each step is such that a kill at any instant is finished by the next run: a choice is written before anything is placed,
a place is made before the ledger says so, and written off before its name goes. Nothing of a person's is overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.model.errors import FrameError, PassingError
from pipeline.model.records import LedgerEntry, MasterGiven, MasterTaken
from pipeline.rules.serving import Gift, Taking
from pipeline.world import ledger
from pipeline.world.copy_room import require_room_for_copy
from pipeline.world.files import require_inside, sweep_parts
from pipeline.world.links import Mode, place
from pipeline.world.looking import SetNow
from pipeline.world.master_places import find_master, hash_of_name
from pipeline.world.master_twins import is_last_copy, no_twin, rescue, twin_of
from pipeline.world.moments import not_before
from pipeline.world.removal import withdraw
from pipeline.world.serving import Serving
from pipeline.world.tidying import enter_folder, remove_hollow
from pipeline.world.ways import mode_of


def serve(now: SetNow, due: Serving) -> list[str]:
    """Do what is due; sentences about what stays as it is.

    Raises:
        PassingError: not all could be done just now; what was is in the ledger.
    """
    left = list(due.left)
    _write(now, _to_write(now, due))
    left += take_all(now, due.places.take)
    root, taken = now.book.library.root, (*due.places.take, *due.places.close)
    folders = {*due.hollow, *(one.link.rpartition("/")[0] for one in taken)}
    remove_hollow(root, [root / folder for folder in sorted(folders)])
    _write(now, [_taken(now, one, gone=True) for one in taken if not os.path.lexists(root / one.link)])
    left += _give_all(now, due.places.give)
    return left


def take_all(now: SetNow, places: Iterable[Taking]) -> list[str]:
    """Take masters' places away, each proven: a library has the same bytes. Sentences about those that stay."""
    left, later = [], []
    for one in places:
        try:
            said = _take(now, one)
            left += [said] if said else []
        except (PermissionError, PassingError) as error:
            later.append(f"{one.link}: cannot go just now ({error})")
    if later:
        raise PassingError(f"{later[0]}; the next run tries again")
    return left


def _take(now: SetNow, one: Taking) -> str | None:
    library, root = now.book.library, now.book.library.root
    require_inside(root, root / one.link)
    if not os.path.lexists(root / one.link):
        return None  # its person moved the folder: nothing to take, and nothing to complain of
    twin = twin_of(library, one.link, one.master, one.sha256)
    if twin is None:
        if not is_last_copy(library, one.link, one.master, one.sha256):
            return no_twin(one.link)
        twin = rescue(library, one.link, one.master, _mode(now))

    def record() -> None:
        if not one.is_told:
            _write(now, [_taken(now, one)])

    return withdraw(root / one.link, twin, one.sha256, record=record)


def _give_all(now: SetNow, gifts: Iterable[Gift]) -> list[str]:
    said = [_give(now, gift, _mode(now)) for gift in gifts]
    return [text for text in said if text]


def _mode(now: SetNow) -> Mode:
    """Never by symbolic link: the next master of that name would be seen through it."""
    return Mode.COPY if mode_of(now) is Mode.COPY else Mode.LINK


def _give(now: SetNow, gift: Gift, mode: Mode) -> str:
    """Place one master, then say so in the ledger; or say why not."""
    root = now.book.library.root
    target = root / gift.link
    source = find_master(now.book.library, gift.master, gift.sha256)
    if source is None:
        return f"{gift.master}: is in no library any more as it was chosen, so it is not placed"
    require_inside(root, target)
    enter_folder(target.parent)
    sweep_parts(target.parent)
    require_room_for_copy(now.book.library, root / source.path, target, mode)
    try:
        how = place(root / source.path, target, mode).how.value
    except FileExistsError:
        how = "found"
        if not _is_it(root / source.path, target, gift.sha256):
            return f"{gift.link}: is another file, so {gift.master} is not placed there; move it away"
    except FrameError as error:
        return str(error)
    when = not_before(now.book.floor)
    _write(now, [MasterGiven(when=when, link=gift.link, master=gift.master, sha256=gift.sha256, how=how)])
    return ""


def _is_it(source: Path, target: Path, sha256: str) -> bool:
    try:
        return target.samefile(source) or hash_of_name(target) == sha256
    except (FrameError, OSError):
        return False


def _to_write(now: SetNow, due: Serving) -> list[LedgerEntry]:
    """What is only written down: the choice for good, and places a person emptied."""
    gone = [_taken(now, one, by_person=True) for one in due.places.gone]
    return [*([due.choice.due] if due.choice.due is not None else []), *gone]


def _taken(now: SetNow, one: Taking, *, by_person: bool = False, gone: bool = False) -> MasterTaken:
    why = "you took it" if by_person else one.why or "no light there needs it"
    return MasterTaken(
        when=not_before(now.book.floor),
        link=one.link,
        master=one.master,
        sha256=one.sha256,
        by_person=by_person,
        why="" if gone else why,
        gone=gone,
    )


def _write(now: SetNow, entries: list[LedgerEntry]) -> None:
    if entries:
        ledger.write(now.book.library.root, now.book.owner, now.book.night, entries)
