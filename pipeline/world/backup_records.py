"""The records as one small dated snapshot: what the library is besides its frames.

    ledger, decisions, rig files, notes, plans, markers, places, doit's state ─tar, zstd─▶ records/<moment>-<digest>

A snapshot is sent when something other than doit's own state is new; older ones stay. It unpacks with `tar --zstd -xf`
into an empty library, rig files into `_Rigs`.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

from pipeline.model.backup import Kept, Sent
from pipeline.model.backup_policies import Backup
from pipeline.rules.backup_keys import RECORDS, records_key, records_of
from pipeline.world import ledger as ledgers
from pipeline.world.backing_up import STAGING, bucket_of, carrier
from pipeline.world.backup_places import places_of, small_files
from pipeline.world.backup_precious import below, precious
from pipeline.world.backup_seen import bad_records, note_records
from pipeline.world.files import make_folder, part_of
from pipeline.world.library import OpenLibrary
from pipeline.world.s3_upload import upload

PLACES = "_Backup/places.json"
"""In the snapshot: `world/backup_places.places_of`."""
_STATE = "_Backup/state"
"""In the snapshot: what lay in `.nightbuild`."""
_NOT_STATE = {"lock", "holder", "runs", "previews", "scratch", "reports", "integrating", "archives", STAGING}
_NOT_STATE_FILES = (".sqlite", ".sqlite-journal", ".part")
_STATE_DB = "state.sqlite"


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    """In the snapshot."""
    data: bytes
    mtime_ns: int


def send_records(library: OpenLibrary, settings: Backup) -> Sent:
    """Send a snapshot, unless the last one in the bucket says the same."""
    ledger = ledgers.read(library.root)
    places = places_of(library.root, ledger)
    names = [*precious(library), *small_files(places)]
    said = _File(PLACES, json.dumps(places, sort_keys=True).encode(), 0)
    digest = _digest(library, names, said)
    bucket = bucket_of(library, settings, Kept.RECORDS)
    last = max((key for key in bucket.sizes(f"{RECORDS}/") if records_of(key)), default="")
    if (records_of(last) or ("", ""))[1] == digest[:16] and last != bad_records(library):
        note_records(library, last, bucket.place.text)
        return Sent()
    folder = library.state / STAGING
    make_folder(folder)
    part = part_of(folder / "records.tar.zst")
    try:
        count = _write(part, library, names, said)
        sha256 = hashlib.sha256(part.read_bytes()).hexdigest()
        with carrier(library, settings) as using:
            key = records_key(_moment_behind(last), digest)
            size = part.stat().st_size
            upload(
                bucket,
                key,
                part,
                using.line(lambda _size: None),
                {"sha256": sha256},
                _awake(settings.class_of(Kept.RECORDS)),
            )
    finally:
        part.unlink(missing_ok=True)
    note_records(library, key, bucket.place.text)
    return Sent(files=count, bytes=size, packs=1, sent_bytes=size)


def _moment_behind(last: str) -> datetime:
    """Now, or just behind the last snapshot where that came from a clock ahead of ours: the latest is believed."""
    told, now = records_of(last), datetime.now(UTC)
    if told is None:
        return now
    with suppress(ValueError, OverflowError):  # no moment, or the end of time
        return max(now, datetime.strptime(told[0], "%Y%m%dT%H%M%S%z") + timedelta(seconds=1))
    return now


def _awake(storage_class: str) -> str:
    """A snapshot is what a restore begins with: never in a class that has to be asked for."""
    return "STANDARD" if storage_class in {"GLACIER", "DEEP_ARCHIVE"} else storage_class


def _digest(library: OpenLibrary, names: Iterable[str], places: _File) -> str:
    told = hashlib.sha256(places.data)
    for file in (*_read(library.root, names), *_settings(library)):
        told.update(f"{file.name}\0{len(file.data)}\0".encode("utf-8", "surrogateescape"))
        told.update(file.data)
    return told.hexdigest()


def _write(part: Path, library: OpenLibrary, names: Iterable[str], places: _File) -> int:
    count = 0
    with (
        part.open("wb") as raw,
        zstandard.ZstdCompressor(level=9).stream_writer(raw, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for file in (*_read(library.root, names), *_settings(library), places, *_state(library)):
            info = tarfile.TarInfo(file.name)
            info.size, info.mtime = len(file.data), file.mtime_ns // 10**9
            info.pax_headers = {"NIGHTBUILD.mtime_ns": str(file.mtime_ns)} if file.mtime_ns else {}
            tar.addfile(info, io.BytesIO(file.data))
            count += 1
    return count


def _read(root: Path, names: Iterable[str]) -> Iterator[_File]:
    for name in names:
        path = root / name
        with suppress(FileNotFoundError):
            yield _File(name, path.read_bytes(), path.stat().st_mtime_ns)


def _settings(library: OpenLibrary) -> Iterator[_File]:
    """The rig files that are followed, wherever they lie."""
    for file in library.configuration.files:
        path = Path(file)
        yield _File(f"_Rigs/{path.name}", path.read_bytes(), path.stat().st_mtime_ns)


def _state(library: OpenLibrary) -> Iterator[_File]:
    """What lies in `.nightbuild` and saves work, but not what is large or only of this computer."""
    for path in below(library.state):
        inside = path.relative_to(library.state)
        if inside.parts[0] not in _NOT_STATE and not path.name.endswith(_NOT_STATE_FILES):
            with suppress(OSError):
                yield _File(f"{_STATE}/{inside.as_posix()}", path.read_bytes(), path.stat().st_mtime_ns)
    state = library.state / _STATE_DB
    if state.is_file():
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as source:
            yield _File(f"{_STATE}/{_STATE_DB}", source.serialize(), 0)
