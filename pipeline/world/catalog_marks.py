"""What a rig's catalogue was made from, remembered in `.nightbuild/catalog`: so that a look at times is enough.

    journals and decisions of the rig ─┐
    manifests of its sets ─────────────┴─look─▶ Marks     digests of contents; what looks as it did is not read

What counts is the contents: without the marks they are read once more, and nothing else changes.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from pathlib import Path

import orjson

from pipeline.model.errors import NightbuildError
from pipeline.rules.decisions import LIBRARY
from pipeline.rules.ledger import owner_part
from pipeline.world import journals
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.manifests import CULLED, MEASURED, manifest_path
from pipeline.world.outlines import REST_NS
from pipeline.world.said import DECISIONS

LIBRARY_MARK = "catalog"
"""What the library's own file was last made from, in `.nightbuild/marks`."""
_FOLDER, _VERSION = "catalog", 1
_LEDGER, _NIGHT, _ENDING = "_Ledger", "DATE_", ".jsonl"
_GONE = -1

FileLook = tuple[int, int, str]
"""Size, time and digest of a file."""
SetLook = tuple[int, str]
"""Time of a set's folder of manifests, and a digest of what lies in it; -1 and nothing where nothing does."""
ABSENT: SetLook = (_GONE, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What was looked at."""

    seen_ns: int = 0
    """When: what was written shortly before is read again at the next look."""
    basis: str = ""
    """A digest of the settings that count."""
    projects: str = ""
    """What the folders of finished work look like."""
    catalog: str = ""
    """The digest of the file that was made of it."""
    at: tuple[int, int] = (0, 0)
    """Its size and time."""
    files: Mapping[str, FileLook] = field(default_factory=dict)
    manifests: Mapping[str, SetLook] = field(default_factory=dict)

    @property
    def contents(self) -> tuple[object, ...]:
        """What must be equal for nothing to have changed, the folders of finished work apart."""
        files = {path: digest for path, (_, _, digest) in self.files.items()}
        return (
            self.basis,
            files,
            {name: digest for name, (_, digest) in self.manifests.items()},
        )

    def nights(self, owner: str) -> dict[date, str]:
        """The rig's or camera's nights and their journals."""
        home = f"{_LEDGER}/{owner_part(owner)}/{_NIGHT}"
        found: dict[date, str] = {}
        for path in self.files:
            if path.startswith(home):
                with suppress(ValueError):
                    found[date.fromisoformat(path[len(home) : -len(_ENDING)])] = path
        return dict(sorted(found.items()))

    def within(self, folder: str) -> list[str]:
        """Names and digests of the files that lie right in a folder."""
        lying = (path for path in self.files if path.rpartition("/")[0] == folder)
        return [f"{path} {self.files[path][2]}" for path in sorted(lying)]


def look(library: OpenLibrary, owner: str, kept: Marks, sets: Iterable[str]) -> Marks:
    """The rig's journals, the decisions that may concern it and its sets' manifests, as they are now.

    Args:
        library: Where they lie.
        owner: Rig or camera.
        kept: The last look: what rested then and looks the same is not read.
        sets: Names of the sets.
    """
    seen_ns = time.time_ns()
    files = {path: _file(library.root, path, at, kept) for path, at in _journals(library.root, owner)}
    home = os.fspath(library.state)
    manifests = {name: look_at_manifests(library, name, kept, home) for name in sets}
    return Marks(seen_ns=seen_ns, files=files, manifests=manifests)


def look_at_manifests(library: OpenLibrary, set_id: str, kept: Marks, home: str = "") -> SetLook:
    """What lies in a set's folder of manifests; `home`: the state folder, where many are looked at."""
    mtime_ns = _time(f"{home or library.state}/manifests/{set_id}")
    known = kept.manifests.get(set_id, ABSENT)
    if mtime_ns == _GONE:
        return ABSENT
    if known[0] == mtime_ns and _has_rested(mtime_ns, kept):
        return known
    from pipeline.world.calibrated_manifest import (
        FILE as CALIBRATED,
    )  # not needed in a night in which nothing is due

    told = [_bytes(manifest_path(library, set_id, name)) for name in (MEASURED, CULLED, CALIBRATED)]
    return (mtime_ns, "") if not any(told) else (mtime_ns, _digest(*told))


def has_marks(library: OpenLibrary, owner: str) -> bool:
    """True when a look was kept: then so are the manifests it was a look at."""
    return os.path.exists(_place(library, owner))  # noqa: PTH110 - one for each rig, in every run


def read_marks(library: OpenLibrary, owner: str) -> Marks | None:
    """The last look; None where there is none that can be read."""
    try:
        said = orjson.loads(_place(library, owner).read_bytes())
        if said.pop("version") != _VERSION or said.pop("owner") != owner:
            return None
        said["at"] = tuple(said["at"])
        for name in ("files", "manifests"):
            said[name] = {path: tuple(at) for path, at in said[name].items()}
        return Marks(**said)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def keep_marks(library: OpenLibrary, owner: str, marks: Marks) -> None:
    """Keep a look; a place that cannot be written costs time in the next run, nothing else."""
    said = {
        "version": _VERSION,
        "owner": owner,
        **{name: getattr(marks, name) for name in Marks.__dataclass_fields__},
    }
    place = _place(library, owner)
    with suppress(OSError, TypeError, NightbuildError):
        make_folder(place.parent)
        replace_if_different(place, orjson.dumps(said))


def forget(library: OpenLibrary, path: str) -> None:
    """A reader found this file damaged, however it looks from outside: the next run makes it again."""
    name = path.rpartition("/")[2]
    with suppress(OSError):
        (library.state / _FOLDER / name).unlink(missing_ok=True)


def knows_more(now: Marks, kept: Marks) -> bool:
    """True when this look saves the next one from reading what the last one did not."""
    if now.files != kept.files or now.manifests != kept.manifests:
        return True
    times = [at[1] for at in now.files.values()] + [at[0] for at in now.manifests.values()]
    return any(_has_rested(at, now) and not _has_rested(at, kept) for at in times)


def look_of(path: Path) -> tuple[int, int]:
    """Size and time of a file; zeros where it is not there."""
    try:
        seen = path.stat()
    except OSError:
        return 0, 0
    return seen.st_size, seen.st_mtime_ns


def _place(library: OpenLibrary, owner: str) -> Path:
    return library.state / _FOLDER / f"{owner_part(owner)}.json"


def _journals(root: Path, owner: str) -> Iterator[tuple[str, journals.Look]]:
    part = owner_part(owner)
    return chain(
        journals.looks_in(root, f"{_LEDGER}/{part}"),
        journals.looks_below(root, f"{DECISIONS}/{part}"),
        journals.looks_below(root, f"{DECISIONS}/{LIBRARY}"),
    )


def _file(root: Path, path: str, at: journals.Look, kept: Marks) -> FileLook:
    known = kept.files.get(path)
    if known is not None and known[:2] == at and _has_rested(at[1], kept):
        return known
    return (*at, _digest(_bytes(root / path)))


def _has_rested(mtime_ns: int, kept: Marks) -> bool:
    """True when it was quiet for a while at the last look: a change shows in its time since."""
    return kept.seen_ns - mtime_ns >= REST_NS


def _time(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 - one for each set, in every run
    except OSError:
        return _GONE


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _digest(*told: bytes) -> str:
    found = hashlib.blake2b(digest_size=16)
    for one in told:
        found.update(b"%d\0" % len(one))
        found.update(one)
    return found.hexdigest()
