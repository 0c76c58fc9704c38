"""By which means a set's frames get their places, and whether there is room: asked before the first one is placed.

Links where the disk can. Where only copies would do, nothing is placed until a person has said that copies are meant.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.model.errors import NoRoom, UserError
from pipeline.rules.deliveries import Delivery
from pipeline.rules.spoken import counted, sized
from pipeline.world.files import require_inside
from pipeline.world.links import How, Mode, link_mode_of
from pipeline.world.looking import SetNow
from pipeline.world.space import room_for
from pipeline.world.tidying import enter_folder, remove_hollow

_MODES = {"auto": Mode.LINK, "copy": Mode.COPY, "symlink": Mode.SYMLINK}
_known: dict[tuple[int, int], How] = {}


def way_to_place(now: SetNow, deliveries: Sequence[Delivery]) -> Mode:
    """How these frames are to be placed.

    Raises:
        UserError: only copies would do, and nobody asked for copies. NoRoom: the copies would fill the disk.
    """
    mode = mode_of(now)
    fresh = [one for one in deliveries if not os.path.lexists(now.book.library.root / one.link)]
    if fresh and mode is Mode.LINK:
        _require_links(now, fresh)
    if fresh and mode is Mode.COPY:
        _require_room(now, fresh)
    return mode


def mode_of(now: SetNow) -> Mode:
    """What the rig's file asks for, else library.toml."""
    return _MODES[now.rig.views or now.book.library.configuration.library.views]


def _require_links(now: SetNow, fresh: Sequence[Delivery]) -> None:
    root = now.book.library.root
    source = (root / fresh[0].stored).parent
    target = (root / fresh[0].link).parent
    require_inside(root, target)
    if _how(source, target) is How.COPY:
        remove_hollow(root, [target])
        room = sized(_size(now, fresh))
        raise UserError(
            f"{target}: links to the stored frames do not work there. "
            f"Copies of {counted(len(fresh), 'frame')} of {now.frames.label} would take {room} more. If they are "
            f'meant, write views = "copy" into library.toml, or into {now.frames.rig}.toml for this rig alone, '
            "and run `doit`. Nothing was placed."
        )


def _how(source: Path, target: Path) -> How | None:
    """By which means a file gets a name there, tried once for two disks; None where it could not be tried."""
    with suppress(OSError):
        enter_folder(target)
        key = source.stat().st_dev, target.stat().st_dev
        if key not in _known:
            _known[key] = link_mode_of(source, target)
        return _known[key]
    return None


def _require_room(now: SetNow, fresh: Sequence[Delivery]) -> None:
    library = now.book.library
    keep = library.configuration.library.keep_free
    room = room_for(
        _size(now, fresh), (library.root / fresh[0].link).parent, keep_percent=keep.percent, keep_gb=keep.gb
    )
    if not room.fits:
        raise NoRoom(
            f"{now.frames.label}: copies of {counted(len(fresh), 'frame')} need {sized(room.wanted_bytes)}; "
            f"{sized(room.free_bytes)} are free, of which {sized(room.kept_bytes)} are kept. Make room, run `doit`."
        )


def _size(now: SetNow, fresh: Sequence[Delivery]) -> int:
    return sum(now.frames.by_stored[one.stored].size for one in fresh)
