"""One run at a time: the library's lock, with who holds it and whether it still breathes.

    .nightbuild/lock      held by the operating system's lock, where there is one; never read
    .nightbuild/holder    who: host, process, since when, which command; and a heartbeat, every ten seconds

The operating system frees its lock when a run dies, however it dies. Where it has none (many network shares)
the holder's file decides: on this host a dead process is taken over from at once, on another one when the
heartbeat has been still for ten minutes by the file system's own clock.
"""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from pipeline.model.errors import Busy
from pipeline.world import holders
from pipeline.world.files import make_folder
from pipeline.world.holders import Holder
from pipeline.world.oslocks import disown, try_own
from pipeline.world.processes import host_id, host_name, started_of

BEAT_S = 10.0
_held_here: set[str] = set()
_guard = threading.Lock()


class Lock:
    """The right to write to a library, as a context: got or `Busy` on entering, given back on leaving."""

    def __init__(self, library: Path, *, command: str = "doit", beat_s: float = BEAT_S) -> None:
        self.folder = library / ".nightbuild"
        self.command = command
        self.beat_s = beat_s
        self.notes: list[str] = []
        """What was found and done on the way in: "taken over from ..."."""
        self._descriptor = -1
        self._mine: Holder | None = None
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Lock:
        make_folder(self.folder)
        key = os.path.realpath(self.folder)
        with _guard:
            if key in _held_here:
                raise _busy(self.folder)
            _held_here.add(key)
        try:
            self._take()
        except BaseException:
            self._let_go(key)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go(os.path.realpath(self.folder))

    @property
    def is_lost(self) -> bool:
        """True when somebody took the lock away by force: nothing more may be written."""
        return self._lost.is_set()

    def require_held(self) -> None:
        """Raise `Busy` when the lock was taken away; asked before each task."""
        if self.is_lost:
            raise Busy(f"The lock on {self.folder.parent} was taken away (`doit unlock --force`?).")

    def _take(self) -> None:
        self._descriptor, owned = _own(self.folder / "lock")
        if owned is False:
            raise _busy(self.folder)
        if holders.is_there(self.folder):
            self._take_over(proven=owned is True)
        self._mine = holders.claim(self.folder, self._holder())
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def _take_over(self, *, proven: bool) -> None:
        """Clear a dead holder's file away, or raise `Busy`. `proven`: the system says that no run is here."""
        found = holders.look(self.folder)
        if found is None:
            age_s = holders.beat_age_s(self.folder)
            dead = proven or age_s is None or age_s > holders.STALE_S
        else:
            dead = not holders.is_held(self.folder, found)
        if not dead or not holders.remove(self.folder, found):
            raise _busy(self.folder)
        who = found.who() if found else "a run whose name cannot be read"
        self.notes.append(f"The lock was taken over from {who}: it is gone.")

    def _holder(self) -> Holder:
        return Holder(
            token=secrets.token_hex(8),
            host=host_name(),
            machine=host_id(),
            pid=os.getpid(),
            started=started_of(os.getpid()),
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            command=self.command[:200],
        )

    def _beat(self) -> None:
        mine, count = self._mine, 0
        while mine is not None and not self._stop.wait(self.beat_s):
            count += 1
            with suppress(OSError):  # a share that hiccups: the next beat tells
                if not holders.beat(self.folder, mine, count) and not self._beats_again(mine, count):
                    self._lost.set()
                    return

    def _beats_again(self, mine: Holder, count: int) -> bool:
        """A run that comes too late for a dead one's lock may hold our file for the blink of an eye."""
        return not self._stop.wait(0.5) and holders.beat(self.folder, mine, count)

    def _let_go(self, key: str) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        if self._mine is not None and self._mine.pid == os.getpid() and not self.is_lost:
            with suppress(OSError):
                holders.remove(self.folder, self._mine)
        if self._descriptor >= 0:
            with suppress(OSError):
                disown(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
        with _guard:
            _held_here.discard(key)


def holder_of(library: Path) -> Holder | None:
    """Who holds the library now; None when nobody does. Writes nothing on the holder's own machine."""
    folder = library / ".nightbuild"
    found = holders.look(folder)
    return found if found is not None and holders.is_held(folder, found) else None


def break_lock(library: Path, *, force: bool = False) -> str:
    """Free a lock whose holder is gone, and say so; a living one is `Busy` unless forced.

    By force the lock file itself goes too, so that a lock some server still remembers is left behind; the run
    it is taken from notices at its next heartbeat and stops.
    """
    folder = library / ".nightbuild"
    found = holders.look(folder)
    if os.path.realpath(folder) in _held_here:
        raise _busy(folder)  # our own: and looking at it would let the system's lock go
    descriptor, owned = _own(folder / "lock") if (folder / "lock").exists() else (-1, None)
    try:
        alive = owned is False or (found is not None and holders.is_held(folder, found))
        if alive and not force:
            raise _busy(folder)
        if not holders.is_there(folder) and owned is not False:
            return f"{library} is not locked."
        if holders.is_there(folder) and not holders.remove(folder, found):
            raise _busy(folder)
        if alive:
            _forget(folder / "lock")
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    taken = f"was taken from {found.who()}" if found else "of a run that left no name was removed"
    return f"The lock on {library} {taken}. The next `doit` can start."


def _own(path: Path) -> tuple[int, bool | None]:
    """The open lock file, and whether the system gave it to us; opened anew when replaced meanwhile."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        owned = try_own(descriptor)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor, owned
        os.close(descriptor)


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except PermissionError as error:
        raise Busy(f"{path}: is held open by the run it belongs to; end that program first.") from error


def _busy(folder: Path) -> Busy:
    return Busy(holders.busy_text(folder, holders.look(folder)))
