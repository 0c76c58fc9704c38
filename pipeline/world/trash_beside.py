"""The trash beside a folder that lies outside the library: what `doit purge --wbpp` took is there, on the same disk.

Several libraries may share such a trash: what each threw bears its name.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import orjson

from pipeline.world import trash
from pipeline.world.library import OpenLibrary
from pipeline.world.selected import ID_FILE


def homes_beside(library: OpenLibrary) -> list[Path]:
    """Folders outside the library in which a trash of ours lies, beside what `wbpp_output` names."""
    root, found = library.root.resolve(), []
    for name in library.configuration.library.masters.folders:
        home = (library.root / Path(name).expanduser()).parent.resolve()
        is_taken = home.is_relative_to(root) or library_above(home, root)
        if not is_taken and (home / trash.TRASH / trash.JOURNAL).is_file():
            found.append(home)
    return list(dict.fromkeys(found))


def thrown_beside(library: Path, home: Path) -> list[trash.Thrown]:
    """What this library threw away there; whatever else lies in a folder of that name is not ours."""
    mine = own_name(library)
    return [one for one in trash.contents(home) if one.why and one.by == mine]


def own_name(library: Path) -> str:
    """What a trash that several libraries could share calls this one: its id, or where it lies."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        return str(orjson.loads((library / ID_FILE).read_bytes())["library"])
    return library.resolve().as_posix()


def library_above(folder: Path, root: Path) -> str:
    """The other library a folder is or lies in; empty where there is none."""
    for above in (folder, *folder.parents):
        if above == root:
            return ""
        if os.path.lexists(above / ID_FILE):
            return above.as_posix()
    return ""
