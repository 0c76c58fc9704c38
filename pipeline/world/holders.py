"""Who holds the library's lock: a small file with a name, an address and a pulse.

The first line says who. The second is the heartbeat: rewritten in place, so that the server stamps the file
with its own clock, and two machines whose clocks differ agree on how old it is.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

import orjson

from pipeline.model.errors import Busy
from pipeline.world.files import write_all, write_new
from pipeline.world.passing import retry
from pipeline.world.processes import host_id, host_mark, is_alive
from pipeline.world.renames import rename_new

STALE_S = 600.0
"""A heartbeat of another host older than this is a dead one's."""
_BINARY = getattr(os, "O_BINARY", 0)
_LINE = 1024
"""Where the heartbeat lies: the first line is filled up with blanks, so no beat ever writes into a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A run that holds, or held, the lock."""

    token: str
    host: str
    machine: str
    """The host's identity, where names may be given twice."""
    pid: int
    started: str | None
    """What tells this process from a later one of the same number."""
    since: str
    command: str

    @property
    def is_here(self) -> bool:
        """True when it ran on this machine, where its process can be looked for."""
        return self.machine == host_id()

    def who(self) -> str:
        """`doit` (process 4711 on nas, since 21:03)."""
        since = self.since
        with suppress(ValueError):
            since = f"{datetime.fromisoformat(self.since).astimezone():%Y-%m-%d %H:%M}"
        return f"`{self.command}` (process {self.pid} on {self.host}, since {since})"


def look(folder: Path) -> Holder | None:
    """Who the holder's file names; None without one, or when it says nothing that can be read."""
    return _parse(folder / "holder")


def is_there(folder: Path) -> bool:
    """True when there is a holder's file, whatever it says."""
    return os.path.lexists(folder / "holder")


def _parse(path: Path) -> Holder | None:
    try:
        found = orjson.loads(path.read_bytes().partition(b"\n")[0])
        return Holder(**{spec.name: found[spec.name] for spec in fields(Holder)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_held(folder: Path, holder: Holder) -> bool:
    """True while the holder may still be at work."""
    if holder.is_here:
        return is_alive(holder.pid, holder.started)
    age_s = beat_age_s(folder)
    return age_s is not None and age_s < STALE_S


def beat_age_s(folder: Path) -> float | None:
    """Seconds since the last heartbeat by the clock of its disk, asked by writing a probe there."""
    probe = folder / f".probe.{os.getpid()}-{host_mark()}{secrets.token_hex(4)}.part"
    try:
        beat_ns = (folder / "holder").stat().st_mtime_ns
        probe.write_bytes(b"?")
        return max(probe.stat().st_mtime_ns - beat_ns, 0) / 1e9
    except FileNotFoundError:
        return None
    finally:
        probe.unlink(missing_ok=True)


def claim(folder: Path, holder: Holder) -> Holder:
    """Write the holder's file where there is none; `Busy` when another run was quicker."""
    try:
        write_new(folder / "holder", orjson.dumps(asdict(holder)).ljust(_LINE - 1) + b"\n%012d\n" % 0)
    except FileExistsError:
        raise Busy(busy_text(folder, look(folder))) from None
    return holder


def beat(folder: Path, holder: Holder, count: int) -> bool:
    """Let the heart beat; False when the file names another by now, or is gone."""
    if look(folder) != holder:
        return False
    descriptor = os.open(folder / "holder", os.O_WRONLY | _BINARY)
    try:
        os.lseek(descriptor, _LINE, os.SEEK_SET)
        write_all(descriptor, b"%012d\n" % count)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return True


def remove(folder: Path, holder: Holder | None) -> bool:
    """Take the file of this very holder away (None: one nobody can read); False when it is another's by now.

    It is renamed first and looked at then, so that two runs which find the same dead holder do not both win.
    """
    aside = folder / f".holder.{os.getpid()}-{host_mark()}{secrets.token_hex(4)}.part"
    try:
        retry(lambda: rename_new(folder / "holder", aside), folder)
    except FileNotFoundError:
        return True
    if _parse(aside) == holder:
        aside.unlink(missing_ok=True)
        return True
    with suppress(FileExistsError):
        rename_new(aside, folder / "holder")
    return False


def busy_text(folder: Path, holder: Holder | None) -> str:
    """Who holds the library, since when, what to type."""
    if holder is None:
        return f"Another run holds {folder.parent}. Wait for it, or look with `doit status`."
    pulse = ""
    if not holder.is_here:
        with suppress(OSError):
            age_s = beat_age_s(folder)
            pulse = "" if age_s is None else f" Its heartbeat is {age_s:.0f} s old."
    return (
        f"Another run holds {folder.parent}: {holder.who()}.{pulse} "
        f"Wait for it, look with `doit status`, or free a dead one with `doit unlock`."
    )
