"""A rig's targets as projects: how far their folders have come, 10_Blink to 70_Abandon, inside zip and tar too.

Only names are looked at, and nothing is ever written there: 30_Master to 70_Abandon are the person's own. Links are not
followed. Of a target's folder only the uppermost names are told: what changes there shows in the folder's own time, so
that a night in which nothing changed costs one look at each. An archive tells the names of its files from its own list;
one packed as a whole (.tar.gz) would have to be unpacked for that.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress

from pipeline.model.catalog import ProjectRow, SetRow
from pipeline.rules.layout import BLINK, DATA, STAGES
from pipeline.rules.ledger import owner_part
from pipeline.rules.projects import TargetPlace, projects
from pipeline.world.library import OpenLibrary
from pipeline.world.marks import mark_of_files
from pipeline.world.zips import NONSENSE

_OFFERED = (BLINK, DATA)
_OWN = STAGES[3:]
"""The person's own folders: what lies in them is listed."""
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".7z", ".rar")
_PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_MOST_PICTURES, _MOST_NAMES = 12, 200_000
_ODD = (OSError, tarfile.TarError, *NONSENSE)


def projects_of(library: OpenLibrary, owner: str, sets: Sequence[SetRow]) -> list[ProjectRow]:
    """The rig's projects; a camera has none."""
    return projects(owner, sets, _places(library, owner), library.configuration.targets)


def projects_mark(library: OpenLibrary, owner: str) -> str:
    """What their folders look like now, by times of the folders themselves: equal means the same projects."""
    home = owner_part(owner)
    stages = [f"{home}/{stage}" for stage in (*_OFFERED, *_OWN)]
    inside = [
        f"{stage}/{entry.name}" for stage in stages[len(_OFFERED) :] for entry in _entries(library, stage)
    ]
    return mark_of_files(library.root, [*stages, *inside])


def _places(library: OpenLibrary, owner: str) -> Iterator[TargetPlace]:
    home = owner_part(owner)
    for stage in _OFFERED:
        for entry in _entries(library, f"{home}/{stage}"):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("_"):
                yield TargetPlace(stage=stage, path=f"{home}/{stage}/{entry.name}", name=entry.name)
    for stage in _OWN:
        for entry in _entries(library, f"{home}/{stage}"):
            path = f"{home}/{stage}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                pictures = _pictures(library, path)
                yield TargetPlace(stage=stage, path=path, name=entry.name, pictures=pictures)
            elif (ending := _ending(entry.name)) and entry.is_file(follow_symlinks=False):
                yield _archive(entry, stage, path, entry.name[: -len(ending)])


def _entries(library: OpenLibrary, folder: str) -> list[os.DirEntry[str]]:
    """What lies there, hidden things apart; nothing where it is not there or cannot be read."""
    with suppress(OSError), os.scandir(library.root / folder) as found:
        return sorted((one for one in found if not one.name.startswith(".")), key=lambda one: one.name)
    return []


def _pictures(library: OpenLibrary, folder: str) -> tuple[str, ...]:
    """The finished pictures right in a target's folder."""
    names = [one.name for one in _entries(library, folder) if one.name.lower().endswith(_PICTURES)]
    return tuple(f"{folder}/{name}" for name in names[:_MOST_PICTURES])


def _ending(name: str) -> str:
    """What makes a file an archive by name: `.tar.gz`; the longest that fits."""
    return max((one for one in _ARCHIVES if name.lower().endswith(one)), key=len, default="")


def _archive(entry: os.DirEntry[str], stage: str, path: str, name: str) -> TargetPlace:
    size = entry.stat(follow_symlinks=False).st_size
    place = TargetPlace(stage=stage, path=path, name=name, is_archive=True, bytes=size)
    try:
        names = _members(entry)
    except _ODD as error:
        why = str(error) if not isinstance(error, OSError) else (error.strerror or "it could not be read")
        return TargetPlace(
            stage=stage,
            path=path,
            name=name,
            is_archive=True,
            bytes=size,
            trouble=f"could not be listed: {why}",
        )
    if names is None:
        return place
    return TargetPlace(
        stage=stage,
        path=path,
        name=name,
        is_archive=True,
        bytes=size,
        files=len(names),
        pictures=tuple(sorted(one for one in names if one.lower().endswith(_PICTURES))[:_MOST_PICTURES]),
        holds=_top(names),
    )


def _members(entry: os.DirEntry[str]) -> list[str] | None:
    """The names of its files; None where they could only be known by unpacking it."""
    lower = entry.name.lower()
    if lower.endswith(".zip"):
        with zipfile.ZipFile(entry.path) as opened:
            return [one.filename for one in opened.infolist()[:_MOST_NAMES] if not one.is_dir()]
    if lower.endswith(".tar"):
        with closing(tarfile.open(entry.path, "r:")) as opened:
            found = []
            for member in opened:
                found += [member.name] if member.isfile() else []
                if len(found) >= _MOST_NAMES:
                    break
            return found
    return None


def _top(names: Sequence[str]) -> tuple[str, ...]:
    """The folder all of it lies in, where there is just one."""
    tops = {name.replace("\\", "/").removeprefix("./").split("/", 1)[0] for name in names if "/" in name}
    return tuple(tops) if len(tops) == 1 else ()
