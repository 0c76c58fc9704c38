"""Who is alive: whether the process that left a lock or a part-file behind is still at work.

A process id alone proves nothing, since it is given away again; with the moment the process started it does.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
import zlib
from pathlib import Path

_STILL_ACTIVE = 259
_QUERY_LIMITED = 0x1000
_FIRST_SPACE = "pid:[4026531836]"  # Linux numbers the outermost process space so


@functools.cache
def host_name() -> str:
    """This machine, for people to read."""
    return platform.node() or "localhost"


@functools.cache
def host_id() -> str:
    """This machine, as far as its process ids are worth anything.

    Names are given twice (half the observatories run a `raspberrypi`), so the machine's own number goes with
    it; and two containers on one machine, which do not see each other's processes, are two hosts.
    """
    space = _read_link("/proc/self/ns/pid")
    number = _read("/etc/machine-id") or _card_number()
    return f"{host_name()}:{number}" + ("" if space in {"", _FIRST_SPACE} else f":{space}")


@functools.cache
def host_mark() -> str:
    """Four hex digits of the host, short enough for the name of a part-file."""
    return f"{zlib.crc32(host_id().encode('utf-8', 'replace')) & 0xFFFF:04x}"


def is_alive(pid: int, started: str | None = None) -> bool:
    """True when the process runs on this host, and is the one that started then (where that is known)."""
    if pid <= 0 or not _exists(pid):
        return False
    now = started_of(pid)
    return started is None or now is None or now == started


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    def started_of(pid: int) -> str | None:
        """A word for the moment a process started, the same each time; `None` when it is not there."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = wintypes.HANDLE
        process = wintypes.HANDLE(kernel.OpenProcess(_QUERY_LIMITED, False, pid))
        if not process.value:
            return None
        times = [wintypes.FILETIME() for _ in range(4)]
        code = wintypes.DWORD()
        try:
            kernel.GetExitCodeProcess(process, ctypes.byref(code))
            known = kernel.GetProcessTimes(process, *(ctypes.byref(moment) for moment in times))
        finally:
            kernel.CloseHandle(process)
        if not known or code.value != _STILL_ACTIVE:
            return None
        return str(times[0].dwHighDateTime << 32 | times[0].dwLowDateTime)

    def _exists(pid: int) -> bool:
        return started_of(pid) is not None  # os.kill would end it

else:

    def started_of(pid: int) -> str | None:
        """A word for the moment a process started, the same each time; `None` where it cannot be known."""
        if Path("/proc/self/stat").exists():
            return _started_by_proc(pid)
        import subprocess

        found = subprocess.run(
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
            env={"LC_ALL": "C", "TZ": "UTC"},
        )
        return found.stdout.strip() or None

    def _exists(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except OSError:
            return True  # another user's
        return not Path("/proc/self/stat").exists() or _started_by_proc(pid) is not None

    def _started_by_proc(pid: int) -> str | None:
        """Clock ticks since boot, with the boot they count from; `None` for a zombie, which holds nothing."""
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return None
        fields = text.rpartition(")")[2].split()  # a program's name may hold blanks and brackets
        return None if len(fields) < 20 or fields[0] in "ZX" else f"{boot}:{fields[19]}"


def _card_number() -> str:
    import uuid

    return f"{uuid.getnode():x}"


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _read_link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""
