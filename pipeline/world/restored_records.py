"""The latest snapshot of the records, read and laid out: what a library is besides its frames.

    records/<moment>-….tar ─▶ Snapshot: ledger, decisions, rig files, markers, places, doit's state
    laid out in an empty folder; the id file comes last of all, so that a half restored library is no library

Nothing is written over. Names that would leave the folder are refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zstandard

from pipeline.model.errors import FrameError, UserError
from pipeline.rules.backup_keys import BACKUP, RECORDS, records_of
from pipeline.rules.ledger import Ledger, fold
from pipeline.world.files import make_folder, part_of, place_part, require_inside, sync_file
from pipeline.world.passing import retry
from pipeline.world.s3 import Bucket
from pipeline.world.selected import ID_FILE

_PLACES = f"{BACKUP}/places.json"
_SETTINGS = "_Rigs/library.toml"
_STATE = f"{BACKUP}/state/"
_MTIME = "NIGHTBUILD.mtime_ns"
_MOST_BYTES = 4 << 30
"""A snapshot lies in memory while it is read; the records of no library come near."""
_LATEST_NS = 1 << 63
NOT_WHOLE = (tarfile.TarError, zstandard.ZstdError, FrameError, ValueError, EOFError, RecursionError)
"""What reading a snapshot raises that is cut or something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One file of the snapshot."""

    data: bytes
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one snapshot holds."""

    key: str
    when: str = ""
    """As its name says: `20260115T091200Z`."""
    files: Mapping[str, Kept] = field(default_factory=dict)
    """By where each lies in the library."""
    state: Mapping[str, Kept] = field(default_factory=dict)
    """By where each lies in `.nightbuild`."""
    places: Mapping[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    """Names that would lie outside the library."""

    def library_toml(self) -> bytes:
        """The library's own settings; empty where it had none."""
        kept = self.files.get(_SETTINGS)
        return kept.data if kept is not None else b""

    def ledger(self) -> Ledger:
        """What its journals say, in the order they are folded in."""
        return fold(record for name in sorted(self.files) for record in _lines(name, self.files[name].data))


def latest_snapshot(bucket: Bucket, begun: str = "") -> Snapshot | None:
    """The latest snapshot that is whole; None where there is none.

    Args:
        bucket: Where they lie.
        begun: The one a restore was begun with: it goes on with that.

    Raises:
        UserError: there are some, and none is whole.
    """
    keys = sorted((key for key in bucket.keys(f"{RECORDS}/") if records_of(key)), reverse=True)
    keys.sort(key=lambda key: key != begun)
    for key in keys:
        head, data = bucket.head(key), bucket.read(key)
        if head is not None and head.sha256 in {"", hashlib.sha256(data).hexdigest()}:
            try:
                return read_snapshot(key, data)
            except NOT_WHOLE:
                continue
    if keys:
        raise UserError(f"{bucket.place.bucket}: none of {len(keys)} snapshots of the records is whole")
    return None


def lay_out(snapshot: Snapshot, root: Path, state: Path) -> list[str]:
    """Write what is not there yet; returns the names of files that lie there already with other bytes."""
    other = []
    for name, kept in snapshot.files.items():
        if name != ID_FILE and not _put(root, root / name, kept):
            other.append(name)
    for name, kept in snapshot.state.items():
        _put(state, state / name, kept)
    return other


def put_id(snapshot: Snapshot | None, root: Path, library: str) -> None:
    """Make it a library: the very last thing."""
    kept = snapshot.files.get(ID_FILE) if snapshot is not None else None
    data = (json.dumps({"library": library, "format": 1}) + "\n").encode()
    _put(root, root / ID_FILE, kept or Kept(data=data, mtime_ns=0))


def _put(home: Path, path: Path, kept: Kept) -> bool:
    """True when these bytes lie there now."""
    require_inside(home.parent, path)
    if os.path.lexists(path):
        return path.is_file() and path.read_bytes() == kept.data
    try:
        make_folder(path.parent)
    except UserError:  # a file lies where a folder should
        return False
    part = part_of(path)
    try:
        retry(lambda: _write(part, kept), path)
        place_part(part, path)
    finally:
        part.unlink(missing_ok=True)
    return True


def _write(part: Path, kept: Kept) -> None:
    with part.open("wb") as out:
        out.write(kept.data)
        out.flush()
        sync_file(out.fileno())
    if kept.mtime_ns:
        os.utime(part, ns=(kept.mtime_ns, kept.mtime_ns))


def read_snapshot(key: str, data: bytes) -> Snapshot:
    """A snapshot's bytes taken apart; one of NOT_WHOLE where they are cut or are something else."""
    files: dict[str, Kept] = {}
    state: dict[str, Kept] = {}
    places: dict[str, Any] = {}
    refused = []
    for name, kept in _members(data):
        if not _is_safe(name):
            refused.append(name)
        elif name == _PLACES:
            places = _places(json.loads(kept.data))
        elif name.startswith(_STATE):
            state[name.removeprefix(_STATE)] = kept
        else:
            files[name] = kept
    when = records_of(key)
    return Snapshot(
        key=key, when=when[0] if when else "", files=files, state=state, places=places, refused=tuple(refused)
    )


def _places(told: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a stranger wrote
    """What the snapshot says of the person's folders; ValueError where that is nothing of ours."""
    if not isinstance(told, dict) or not all(
        isinstance(one, list) and all(isinstance(name, str) for name in one)
        if kind == "folders"
        else isinstance(one, dict)
        for kind, one in told.items()
    ):
        raise ValueError("its places are none of ours")
    return told


def _members(data: bytes) -> Iterator[tuple[str, Kept]]:
    with (
        zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        room = _MOST_BYTES
        for info in tar:
            room -= info.size
            if room < 0:
                raise ValueError("it is larger than any library's records are")
            taken = tar.extractfile(info) if info.isreg() else None
            if taken is not None:
                mtime_ns = int(info.pax_headers.get(_MTIME, "0"))
                if abs(mtime_ns) >= _LATEST_NS:
                    raise ValueError("a time of it is none")
                yield info.name, Kept(data=taken.read(), mtime_ns=mtime_ns)


def _is_safe(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return not ({"", ".", ".."} & set(parts) or "\0" in name or ":" in parts[0])


def _lines(name: str, data: bytes) -> Iterator[dict[str, Any]]:
    """The records of a journal; what is torn is skipped, as when it is read from the disk."""
    if not name.startswith("_Ledger/") or not name.endswith(".jsonl"):
        return
    for line in data.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record
