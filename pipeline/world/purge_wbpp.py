"""A folder WBPP wrote masters to is emptied: only when a library has every one of them, byte for byte, read just now.

    folder ─list─▶ pictures: twin? ─▶ trash beside the folder, by renames        links are not followed and stay

The trash is the library's where the folder lies in the library, else `_Trash` beside the folder: the same disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import time

from pipeline.model.errors import FrameError, NightbuildError
from pipeline.rules.purge_wbpp import Part, part_of, why_never
from pipeline.rules.spoken import counted
from pipeline.world import trash
from pipeline.world.files import sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.master_files import list_masters
from pipeline.world.pictures import open_picture
from pipeline.world.trash_beside import library_above, own_name


@dataclass(frozen=True, slots=True)
class Lying:
    """One file there."""

    inside: str
    """Its path below the folder, with `/`."""
    size: int
    mtime_ns: int
    part: Part


@dataclass(slots=True, kw_only=True)
class Emptying:
    """A folder, and what became or would become of it."""

    folder: Path
    home: Path
    """Where its trash lies."""
    by: str = ""
    """The library that empties it, as its trash says."""
    files: list[Lying] = field(default_factory=list)
    """What would go."""
    links: int = 0
    """Links, and other things that are no plain files of that disk: they stay."""
    twins: dict[str, str] = field(default_factory=dict)
    """Masters, to their twins in a library."""
    refused: list[str] = field(default_factory=list)
    """Why nothing goes, a sentence each."""
    gone: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[Path]:
        """What would go, in full."""
        return [self.folder / one.inside for one in self.files]


def look_into(library: OpenLibrary, name: str) -> Emptying:
    """What a configured folder holds, and why it may not be emptied, if so. Every master and its twin are read."""
    given = library.root / Path(name).expanduser()
    folder = given.parent.resolve() / given.name
    root = library.root.resolve()
    home = root if folder.is_relative_to(root) else folder.parent
    found = Emptying(folder=folder, home=home, by=own_name(root))
    why = _why_never(library, folder, root)
    if why:
        found.refused.append(f"{folder}: stays as it is, {why}")
        return found
    for one in _walk(folder, "", folder.stat().st_dev, found):
        if one.part is not Part.KEPT:
            found.files.append(one)
    _prove(library, found)
    return found


def empty_folder(found: Emptying, tell: Callable[[int, int], None]) -> None:
    """Move everything to the trash that was looked at and is as it was; then the folders that are empty."""
    for number, one in enumerate(found.files, 1):
        path = found.folder / one.inside
        try:
            seen = path.lstat()
            if (seen.st_size, seen.st_mtime_ns) != (one.size, one.mtime_ns) or not stat.S_ISREG(seen.st_mode):
                found.refused.append(f"{path}: stays, it changed while it was looked at")
                continue
            twin = found.twins.get(one.inside)
            why = f"a library has it as {twin}" if twin else "left by WBPP"
            trash.throw(found.home, path.relative_to(found.home).as_posix(), why=why, by=found.by)
            found.gone.append(one.inside)
        except FileNotFoundError:
            continue
        except (NightbuildError, OSError) as error:
            found.refused.append(f"{path}: stays, {str(error).removeprefix(f'{path}: ')}")
            if isinstance(error, OSError) and not isinstance(error, PermissionError):
                found.refused.append(
                    f"{found.home}: takes nothing more; the same command goes on with the rest"
                )
                break
        tell(number, len(found.files))
    _drop_empty(found.folder)


def _why_never(library: OpenLibrary, folder: Path, root: Path) -> str:
    try:
        seen = folder.lstat()
    except OSError as error:
        return f"it cannot be looked into ({error.strerror})"
    if not stat.S_ISDIR(seen.st_mode):
        return "it is a link or no folder; name the folder itself in library.toml"
    if folder.parent == folder or (folder != root and folder.parent.stat().st_dev != seen.st_dev):
        return "it is a disk of its own, and nowhere beside it could its trash lie; empty it by hand"
    other = library_above(folder, root)
    if other:
        return f"it is or lies in another library, {other}; that one empties it"
    ours = [path for _, path in library.inboxes] + [library.state]
    if library.configuration.folder:
        ours.append(Path(library.configuration.folder))
    ours = [one for one in ours if one.exists()]
    return why_never(folder.as_posix(), root.as_posix(), tuple(one.resolve().as_posix() for one in ours))


def _walk(folder: Path, inside: str, device: int, found: Emptying) -> Iterator[Lying]:
    """Every file on the folder's own disk; links, junctions and disks mounted there are passed by."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        found.refused.append(f"{folder}: cannot be looked into ({error.strerror})")
        return
    for entry in entries:
        path, seen = f"{inside}{entry.name}", os.lstat(entry.path)
        is_plain = seen.st_dev == device and not getattr(seen, "st_reparse_tag", 0)
        if is_plain and stat.S_ISDIR(seen.st_mode):
            if inside or entry.name != trash.TRASH:
                yield from _walk(Path(entry.path), f"{path}/", device, found)
        elif is_plain and stat.S_ISREG(seen.st_mode):
            yield Lying(path, seen.st_size, seen.st_mtime_ns, part_of(path))
        else:
            found.links += 1


def _prove(library: OpenLibrary, found: Emptying) -> None:
    """Find the twin of every picture; each that has none is named."""
    by_size: dict[int, list[str]] = {}
    for master in list_masters(library):
        by_size.setdefault(master.size, []).append(master.path)
    hashes: dict[str, str] = {}
    now_ns = time() * 1e9
    settled_ns = now_ns - library.configuration.library.settle_seconds * 1e9
    for one in found.files:
        path = found.folder / one.inside
        if one.part is Part.STRANGE:
            found.refused.append(f"{path}: nothing of WBPP's; move it away first")
        if one.part is not Part.TWIN:
            continue
        if settled_ns < one.mtime_ns <= now_ns:
            found.refused.append(f"{path}: was written just now")
            continue
        try:
            twin = _twin(library.root, found.folder, path, by_size.get(one.size, ()), hashes)
        except (NightbuildError, OSError) as error:
            found.refused.append(f"{path}: cannot be read ({str(error).removeprefix(f'{path}: ')})")
            continue
        if twin:
            found.twins[one.inside] = twin
        else:
            found.refused.append(f"{path}: {_why_in_no_library(path)}")


def _why_in_no_library(path: Path) -> str:
    """What to do about a picture that no library has: `doit` takes in what can be read."""
    try:
        open_picture(path)
    except FrameError as error:
        why = str(error).removeprefix(f"{path}: ")
        return f"no library can take it ({why}); delete it, or move it away, and type this again"
    return "no library has it; run `doit`, or move it away if it is no master"


def _twin(
    root: Path, folder: Path, path: Path, alike: list[str] | tuple[str, ...], hashes: dict[str, str]
) -> str:
    """The master in a library that has these bytes, both read now."""
    if not alike:
        return ""
    sha256 = sha256_of(path)
    for other in alike:
        with suppress(FrameError, OSError):
            if not _is_apart(root, folder, root / other, path):
                continue
            if other not in hashes:
                hashes[other] = sha256_of(root / other)
            if hashes[other] == sha256:
                return other
    return ""


def _is_apart(root: Path, folder: Path, twin: Path, path: Path) -> bool:
    """True for a file of the library's own: behind a link the twin may be the very file that would go."""
    real = twin.resolve()
    is_inside = real.is_relative_to(root.resolve()) and not real.is_relative_to(folder.resolve())
    return is_inside and not twin.samefile(path)


def _drop_empty(folder: Path) -> None:
    """Folders in it that hold nothing any more; the folder itself stays."""
    for parent, _, _ in os.walk(folder, topdown=False):
        if Path(parent) != folder:
            with suppress(OSError):
                Path(parent).rmdir()


def links_said(found: Emptying) -> str:
    """What is left where it is, as a sentence; empty where there is nothing."""
    if not found.links:
        return ""
    return (
        f"{found.folder}: {counted(found.links, 'link')} or the like stay; nothing behind them was looked at."
    )
