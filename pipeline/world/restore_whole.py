"""A whole library given back to an empty folder: begun with the records, ended with the id file.

    empty folder ─▶ .nightbuild-restoring ─▶ records ─▶ files … ─▶ links, receipts, masters, tombstones ─▶ id file

Killed anywhere, the same command goes on with the same snapshot. Until the end there is no id file, so no run of `doit`
can mistake what has not come yet for what a person took away.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model.backup import Pack
from pipeline.model.errors import UserError
from pipeline.rules.backup_restoring import Chosen
from pipeline.rules.layout import CALIBRATED, DATA
from pipeline.world import ledger as ledgers
from pipeline.world.backup_place import library_id
from pipeline.world.configuration import load_configuration
from pipeline.world.files import is_part, make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.restored_places import bury_not_kept, give_places, promote_masters, write_receipts
from pipeline.world.restored_records import Snapshot, lay_out, put_id
from pipeline.world.selected import ID_FILE

LOCK_FOLDER, LOCK_FILES = ".nightbuild", {"lock", "holder"}
MARK = ".nightbuild-restoring"
"""In the folder of a library that is being given back: which one, and by which snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What made the files a library again."""

    links: int
    receipts: int
    promoted: tuple[str, ...]
    not_kept: int
    other: tuple[str, ...]
    """Names that were not given, since something else lies there."""


def begun_with(root: Path, library: str) -> str | None:
    """The snapshot a restore was begun with here; empty: none yet. None: a library lies here already, whole.

    Raises:
        UserError: the folder holds something else.
    """
    if (root / ID_FILE).is_file():
        if library_id(root) != library:
            raise UserError(f"{root}: is another library; give an empty folder with --to DIR")
        return None
    mark = root / MARK
    if mark.is_file():
        told = json.loads(mark.read_bytes())
        if told.get("library") != library:
            raise UserError(
                f"{root}: another library is being restored there; give an empty folder with --to DIR"
            )
        return str(told.get("snapshot", ""))
    if root.exists() and not _is_empty(root):
        raise UserError(f"{root}: is not empty; give an empty folder with --to DIR")
    return ""


def _is_empty(root: Path) -> bool:
    """True for a folder with nothing in it but the lock of a restore that was killed before it had begun."""
    return root.is_dir() and all(
        path.name.startswith(f".{MARK}.") and is_part(path.name)
        if path.name != LOCK_FOLDER or not path.is_dir()
        else all(one.name in LOCK_FILES or is_part(one.name) for one in path.iterdir())
        for path in root.iterdir()
    )


def begin(
    root: Path, library: str, snapshot: Snapshot | None, rigs: str | None
) -> tuple[OpenLibrary, list[str]]:
    """Mark the folder and lay the records out; the library as it will be, and what lay there with other bytes."""
    make_folder(root)
    told = {"library": library, "snapshot": snapshot.key if snapshot is not None else ""}
    replace_if_different(root / MARK, json.dumps(told).encode())
    if snapshot is None:
        return OpenLibrary(root, load_configuration(root, rigs)), []
    other = lay_out(Snapshot(key=snapshot.key, files=snapshot.files), root, root)
    library_there = OpenLibrary(root, load_configuration(root, rigs))
    lay_out(Snapshot(key=snapshot.key, state=snapshot.state), root, library_there.state)
    return library_there, other


def finish(
    library: OpenLibrary,
    identity: str,
    snapshot: Snapshot | None,
    packs: Sequence[Pack],
    chosen: Chosen,
    damaged: Collection[str] = (),
) -> Finished:
    """Make a library of the files that came.

    Args:
        library: As it will be.
        identity: Its id.
        snapshot: What it was begun with.
        packs: Those that lie in the bucket.
        chosen: What was brought back.
        damaged: Keys of those of which something did not come out as it was sent.
    """
    ledger = ledgers.read(library.root)
    missing = [stored for stored in chosen.not_kept if stored in ledger.stored]
    links, other = give_places(library, snapshot or Snapshot(key=""), ledger)
    receipts = write_receipts(library.root, packs, damaged)
    promoted = promote_masters(library, ledger, missing)
    buried = bury_not_kept(library.root, ledger, missing)
    _make_inboxes(library)
    put_id(snapshot, library.root, identity)
    (library.root / MARK).unlink(missing_ok=True)
    return Finished(
        links=links, receipts=receipts, promoted=tuple(promoted), not_kept=buried, other=tuple(other)
    )


def _make_inboxes(library: OpenLibrary) -> None:
    """Those in the library; what lay in them is stored, and `.keep` says that they are empty by intent."""
    for inbox, folder in library.inboxes:
        if not Path(inbox.path).is_absolute():
            make_folder(folder)
            if not any(folder.iterdir()):
                (folder / ".keep").touch()


def as_it_stood(chosen: Chosen, snapshot: Snapshot | None) -> Chosen:
    """Without files of the person's own, and calibrated lights, that were gone when the snapshot was made."""
    if snapshot is None or not snapshot.places:
        return chosen
    there = snapshot.places.get("others", {})
    kept = [one for one in chosen.wanted if not _is_own(one.path) or one.path in there]
    return replace(chosen, wanted=tuple(kept))


def _is_own(path: str) -> bool:
    """True for what lies in a person's folders and is no stored frame."""
    parts = path.split("/")
    stage = parts[1] if len(parts) > 2 else ""
    if stage == DATA:
        return len(parts) > 4 and parts[3] == CALIBRATED
    return stage[:2].isdigit() and stage[2:3] == "_" and int(stage[:2]) >= 30
