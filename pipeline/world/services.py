"""The sync service waits while raw files move, and goes on afterwards whatever became of the run.

    pause:   at work? ─▶ note ─▶ watchdog ─▶ stop the service
    resume:  start the service ─▶ note gone ─▶ watchdog ends

Only what we paused is resumed: what a person has stopped stays stopped, and another run's pause is its own.
Three look after the note: the run, its watchdog (a process of its own, which acts when the run is gone or the
time is over) and the next run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.model.errors import NightbuildError, PassingError
from pipeline.model.services import SyncKind, SyncSettings
from pipeline.world.pause_notes import PauseNote, make_note, read_note, take_turn, write_note
from pipeline.world.syncthing import SyncthingFolder
from pipeline.world.units import Commands, SystemdUnit, WindowsService

_LOOK_S = 1.0
_TRY_AGAIN_S = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
_RESUMED = 10
"""The watchdog's exit status when it was the one that resumed."""
_CHECKOUT = Path(__file__).resolve().parents[2]
_LEFT_TO_TRY: list[subprocess.Popen[bytes]] = []
"""Watchdogs that go on trying after a failed resume; a child may not be forgotten while it runs."""


class Service(Protocol):
    """Anything that can be told to wait."""

    @property
    def what(self) -> str:
        """What is paused, for a person."""

    def is_paused(self) -> bool:
        """True when it waits already, by whomever."""

    def pause(self) -> None:
        """Tell it to wait; it does when this returns."""

    def resume(self) -> None:
        """Tell it to go on; no harm where it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause of ours, to be handed to `resume`."""

    what: str
    note_path: Path
    note: PauseNote
    watchdog: subprocess.Popen[bytes] = field(repr=False, compare=False)


def find_service(settings: SyncSettings) -> Service | None:
    """The service that `[sync]` names; None where it names none."""
    match settings.kind:
        case SyncKind.NONE:
            return None
        case SyncKind.SYSTEMD:
            return SystemdUnit(name=settings.name, user=settings.user_unit, timeout_s=settings.timeout_s)
        case SyncKind.WINDOWS:
            return WindowsService(name=settings.name, timeout_s=settings.timeout_s)
        case SyncKind.SYNCTHING:
            return SyncthingFolder(
                url=settings.url,
                folder=settings.folder,
                api_key_file=Path(settings.api_key_file),
                self_signed=settings.self_signed,
                timeout_s=settings.timeout_s,
            )
        case SyncKind.COMMANDS:
            return Commands(pausing=settings.pause, resuming=settings.resume, timeout_s=settings.timeout_s)


def pause(settings: SyncSettings, note_path: Path) -> Pause | None:
    """Pause the sync service before the first raw file is touched.

    The pause ends with the process that calls this, at the latest: call it in the run, not in a worker.

    Returns:
        None when there is nothing to resume later: no service, or a person or another run paused it before.

    Raises:
        PassingError: It could not be paused and goes on as before. Raw files wait; the rest need not.
    """
    service = find_service(settings)
    if service is None:
        return None
    note_path = note_path.absolute()
    try:
        with take_turn(note_path):
            left = read_note(note_path, settings)
            if left is not None and not left.is_foreign and left.is_held:
                return None
            if left is not None:
                _undo(left, note_path)
            return None if service.is_paused() else _begin(service, make_note(settings), note_path)
    except PassingError as error:
        raise PassingError(f"Sync was not paused. {error}") from error


def resume(pause: Pause) -> bool:
    """Let the service go on; False when it did so before, because `max_pause_minutes` were over.

    Raises:
        PassingError: It could not be resumed; the watchdog and the next run go on trying.
    """
    done = False
    try:
        with take_turn(pause.note_path):
            left = read_note(pause.note_path, pause.note.settings)
            another = left is not None and left.token not in ("", pause.note.token)
            ours = not another and not (left is None and _has_resumed(pause.watchdog))
            if ours:
                _undo(pause.note, pause.note_path)
            done = True
            return ours
    except PassingError as error:
        raise PassingError(f"Sync was not resumed; it is tried again. {error}") from error
    finally:
        _dismiss(pause.watchdog, done=done)


def resume_left(settings: SyncSettings, note_path: Path) -> str:
    """Resume what a killed run left paused: the first thing a run does, also one with nothing else to do.

    Returns:
        A sentence about what goes on again; empty when nothing was left.

    Raises:
        PassingError: It could not be resumed; the next run tries again.
    """
    if not note_path.exists():
        return ""
    with take_turn(note_path):
        left = read_note(note_path, settings)
        if left is None or left.is_foreign or left.is_held:
            return ""
        _undo(left, note_path)
        service = find_service(left.settings)
    what = service.what if service else "Sync"
    return f"{what} goes on: a run that ended early had paused it at {left.since}."


def watch(note_path: Path, token: str) -> int:
    """Resume when the run is gone or `max_pause_minutes` are over; end at once when the note is gone.

    The run holds the other end of standard input: one byte says that it has resumed, an end without a byte
    that it is no more. Neither a kill nor a new process of the same number can deceive this.
    """
    note = read_note(note_path, SyncSettings())
    if note is None or note.token != token:
        return 0
    run_over = threading.Event()
    words: list[bytes] = []
    threading.Thread(target=_listen, args=(words, run_over), daemon=True).start()
    give_up = time.monotonic() + note.settings.max_pause_minutes * 60
    while (left_s := give_up - time.monotonic()) > 0 and not run_over.wait(min(_LOOK_S, left_s)):
        if _is_withdrawn(note_path, token):
            return 0
    return 0 if any(words) else _resume_stubbornly(note, note_path)


def _begin(service: Service, note: PauseNote, note_path: Path) -> Pause:
    write_note(note_path, note)
    watchdog = None
    try:
        watchdog = _start_watchdog(note_path, note.token)
        service.pause()
    except BaseException:
        # It may be half paused. If even this fails, the note stays and the watchdog goes on trying.
        undone = False
        with suppress(NightbuildError):
            _undo(note, note_path)
            undone = True
        if watchdog is not None:
            _dismiss(watchdog, done=undone)
        raise
    return Pause(what=service.what, note_path=note_path, note=note, watchdog=watchdog)


def _undo(note: PauseNote, note_path: Path) -> None:
    service = find_service(note.settings)
    if note.is_foreign:
        what = service.what if service else "its sync service"
        raise PassingError(
            f"A run on {note.host} paused {what} there; run `doit` there, or delete {note_path}."
        )
    if service is not None:
        service.resume()
    with suppress(OSError):
        note_path.unlink()


def _start_watchdog(note_path: Path, token: str) -> subprocess.Popen[bytes]:
    """Start the watchdog in a session of its own, standing nowhere that could want to be unmounted."""
    arguments = [sys.executable, "-P", "-m", "pipeline.world.services", "--watch", str(note_path), token]
    paths = os.pathsep.join(path for path in (str(_CHECKOUT), os.environ.get("PYTHONPATH")) if path)
    for flags in _WATCHDOG_FLAGS:
        try:
            return subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=_CHECKOUT.anchor,
                env={**os.environ, "PYTHONPATH": paths},
                creationflags=flags,
                start_new_session=True,
            )
        except OSError as error:
            reason = error.strerror or error
    raise PassingError(f"No watchdog could be started: {reason}.")


if sys.platform == "win32":
    _DETACHED = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    # Out of a job that ends with the run, where the job lets go.
    _WATCHDOG_FLAGS: tuple[int, ...] = (_DETACHED | subprocess.CREATE_BREAKAWAY_FROM_JOB, _DETACHED)
else:
    _WATCHDOG_FLAGS: tuple[int, ...] = (0,)


def _dismiss(watchdog: subprocess.Popen[bytes], *, done: bool) -> None:
    if watchdog.stdin is not None:
        with suppress(OSError):
            if done:
                watchdog.stdin.write(b".")
            watchdog.stdin.close()
    try:
        watchdog.wait(2 * _LOOK_S if done else 0)
    except subprocess.TimeoutExpired:
        _LEFT_TO_TRY.append(watchdog)


def _has_resumed(watchdog: subprocess.Popen[bytes]) -> bool:
    """A note that is gone says little (somebody may have emptied the state folder): the watchdog knows."""
    with suppress(subprocess.TimeoutExpired):
        watchdog.wait(3 * _LOOK_S)
    return watchdog.poll() == _RESUMED


def _listen(words: list[bytes], run_over: threading.Event) -> None:
    with suppress(OSError):
        words.append(os.read(0, 1))
    run_over.set()


def _is_withdrawn(note_path: Path, token: str) -> bool:
    """True when the note is gone though its folder is there: an unmounted disk has resumed nothing."""
    try:
        note = read_note(note_path, SyncSettings())
    except PassingError:
        return False
    return note_path.parent.is_dir() if note is None else note.token != token


def _resume_stubbornly(note: PauseNote, note_path: Path) -> int:
    for wait_s in (*_TRY_AGAIN_S, 0.0):
        with take_turn(note_path):
            if _is_withdrawn(note_path, note.token):
                return 0
            with suppress(PassingError):
                _undo(note, note_path)
                return _RESUMED
        time.sleep(wait_s)
    return 1


if __name__ == "__main__":
    sys.exit(watch(Path(sys.argv[2]), sys.argv[3]))
