"""Other disks, full disks, read-only disks: real ones where this machine lets us, else a visible skip."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, *, size: str = "1m", options: str = "") -> Iterator[Path]:
    """A tiny file system of its own, mounted on `folder`; skips where we may not mount."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root on Linux")
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}{options}", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine refuses to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """A folder in which nothing can be made, also for root."""
    if os.name == "nt":
        pytest.skip("a read-only attribute of a folder stops nobody on Windows")
    if os.geteuid() != 0:
        folder.chmod(0o555)
        try:
            yield folder
        finally:
            folder.chmod(0o755)
        return
    with small_disk(folder):
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder


def other_disk(tmp_path: Path) -> Path:
    """A folder on another device than `tmp_path`; skips where there is none."""
    shm = Path("/dev/shm")
    if not shm.is_dir() or not os.access(shm, os.W_OK) or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system at hand")
    folder = shm / f"nightbuild-{os.getpid()}-{tmp_path.name}"
    folder.mkdir()
    return folder
