"""The note that a sync service waits for us: who paused what, since when, and how it is undone.

It lies in the state folder while the service is paused, so that whoever comes after a kill knows what to
resume. It holds the settings of the pause itself, since `[sync]` may be edited in between, and never a key.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.model.errors import PassingError
from pipeline.model.services import SyncKind, SyncSettings
from pipeline.world.files import replace_if_different
from pipeline.world.processes import host_mark, host_name, is_alive, started_of

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNote:
    """One pause by one run."""

    token: str
    """Tells this pause from every other; empty for a note that could not be read."""
    pid: int
    started: str | None
    """The moment the run's process started: process ids are given away again."""
    host: str
    since: str
    settings: SyncSettings

    @property
    def is_foreign(self) -> bool:
        """True when another machine paused a service of its own."""
        return self.host != host_name()

    @property
    def is_held(self) -> bool:
        """True while the run that paused is alive."""
        return is_alive(self.pid, self.started)


def note_in(state_dir: Path) -> Path:
    """Where this machine's note lies: two machines on one library pause a service each."""
    return state_dir / f"sync-paused-{host_mark()}.json"


def make_note(settings: SyncSettings) -> PauseNote:
    """A note of a pause that this process begins now."""
    return PauseNote(
        token=secrets.token_hex(8),
        pid=os.getpid(),
        started=started_of(os.getpid()),
        host=host_name(),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=_make_absolute(settings),
    )


def write_note(path: Path, note: PauseNote) -> None:
    """Put the note where the next run looks for it."""
    text = json.dumps(asdict(note), indent=2, ensure_ascii=True)
    try:
        replace_if_different(path, text.encode())
    except OSError as error:
        raise PassingError(f"{path} could not be written: {error.strerror or error}.") from error


def read_note(path: Path, settings: SyncSettings) -> PauseNote | None:
    """The note, if there is one; one that makes no sense is taken for a dead run's under today's settings."""
    try:
        said = json.loads(path.read_bytes())
        return PauseNote(
            token=str(said["token"]),
            pid=int(said["pid"]),
            started=None if said["started"] is None else str(said["started"]),
            host=str(said["host"]),
            since=str(said["since"]),
            settings=_read_settings(said["settings"]),
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PassingError(f"{path} could not be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return PauseNote(token="", pid=0, started=None, host=host_name(), since="?", settings=settings)


@contextmanager
def take_turn(note: Path) -> Iterator[None]:
    """Keep a run, its watchdog and the next run from acting on one note at the same time.

    Where the folder is gone, or its file system knows no locks, there is nobody to wait for.
    """
    try:
        handle = note.with_name(f".{note.name}.lock").open("ab")
    except OSError:
        yield
        return
    with handle:
        with suppress(OSError):
            _lock(handle)
        yield


def _make_absolute(settings: SyncSettings) -> SyncSettings:
    """The same settings for a process that stands in another folder."""
    key_file, *commands = settings.api_key_file, settings.pause, settings.resume
    pausing, resuming = (
        (str(Path(command[0]).absolute()), *command[1:])
        if command and Path(command[0]).parent.name
        else command
        for command in commands
    )
    absolute = str(Path(key_file).absolute()) if key_file else ""
    return replace(settings, api_key_file=absolute, pause=pausing, resume=resuming)


def _read_settings(said: dict[str, Any]) -> SyncSettings:
    usual = SyncSettings()
    values: dict[str, Any] = {}
    for known in fields(SyncSettings):
        value, default = said[known.name], getattr(usual, known.name)
        if isinstance(default, tuple):
            value = tuple(str(word) for word in value)
        elif isinstance(default, float):
            value = float(value)
        elif not isinstance(default, SyncKind) and type(value) is not type(default):
            raise TypeError(known.name)
        values[known.name] = value
    return SyncSettings(**values | {"kind": SyncKind(values["kind"])})


if sys.platform == "win32":

    def _lock(handle: BinaryIO) -> None:
        msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)  # ten tries, one a second

else:

    def _lock(handle: BinaryIO) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
