"""A library with lights, masters and a target moved on, kept in a bucket: what is to be brought back."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.model.answers import Answer, Context
from pipeline.model.backup import Kept
from pipeline.model.backup_policies import Backup
from pipeline.world import ledger as ledgers
from pipeline.world.backing_up import carrier, send_home
from pipeline.world.backup_homes import due_of, homes_of
from pipeline.world.backup_place import library_id
from pipeline.world.backup_records import send_records
from pipeline.world.library import open_library
from pipeline.world.s3 import Bucket, open_bucket
from tests.masters_library import Stacked, make_stacked
from tests.stages.night_library import RIG


def settings_for(url: str, bucket: str, **more: Any) -> Backup:
    """[backup] as library.toml would say it."""
    return Backup(enabled=True, bucket=bucket, endpoint_url=url, **{"pack_mb": 8, **more})


def back_up(root: Path, settings: Backup) -> None:
    """Everything a `doit` would send."""
    library = open_library(root)
    with carrier(library, settings) as using:
        for home in homes_of(library, settings):
            sent = send_home(using, home.name, due_of(library, settings, home), _quiet)
            assert not sent.troubles, sent.troubles
    send_records(library, settings)


def bucket_of(root: Path, settings: Backup) -> Bucket:
    """The library's place in the bucket."""
    return open_bucket(settings.place(Kept.LIGHTS), library_id(root))


def place_words(settings: Backup) -> list[str]:
    """What is typed on a computer that has no library.toml."""
    return [
        "--bucket",
        settings.bucket or "",
        "--prefix",
        settings.prefix,
        "--endpoint-url",
        settings.endpoint_url or "",
    ]


def ask(name: str, words: Sequence[str], folder: Path, library: Path | None = None) -> Answer:
    """A command in this process."""
    module = import_module(f"pipeline.commands.{name}")
    parser = argparse.ArgumentParser(allow_abbrev=False)
    module.add_arguments(parser)
    said: list[str] = []
    context = Context(folder=folder, library=library, environment=dict(os.environ), say=said.append)
    answer: Answer = module.run(parser.parse_intermixed_args(list(words)), context)
    return answer


def main(seconds: str, *words: str) -> int:
    """`backup-restore` where no library is, killed after so many seconds: a process of its own."""
    timer = threading.Timer(float(seconds), os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True
    timer.start()
    return ask("backup_restore", words, Path.cwd()).code()


def tree(root: Path) -> dict[str, bytes]:
    """What lies outside caches and pages, byte for byte."""
    derived = {".nightbuild", "_Reports", "_Backup"}
    paths = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
    return {
        name: path.read_bytes()
        for path in paths
        if (name := path.relative_to(root).as_posix()) and derived.isdisjoint(name.split("/"))
    }


def links(root: Path) -> dict[str, str]:
    """Names in the person's folders to the stored frame each is the very file of."""
    stored = {
        (seen.st_dev, seen.st_ino): path
        for path in ledgers.read(root).stored
        if (root / path).is_file() and (seen := (root / path).stat())
    }
    homes = [path for pattern in ("*/[1-7]0_*", "_Reject") for path in root.glob(pattern)]
    found = {}
    for home in homes:
        for path in home.rglob("*.fits"):
            seen = path.stat()
            found[path.relative_to(root).as_posix()] = stored.get((seen.st_dev, seen.st_ino), "")
    return found


def make_backed(root: Path, *, nights: int = 1) -> Stacked:
    """Masters made of three darks and flats, accepted lights of M31, one that was culled, NGC 7000 moved on."""
    night = make_stacked(root)
    for kind in ("DARK", "FLAT", "FLATDARK", "BIAS"):
        night.expose(kind)
    for day in range(nights):
        night.shoot(2.0, 2.1, 2.2, 7.0, day=day)
    night.shoot(2.0, 2.1, target="NGC 7000")
    night.doit("--now")
    for kind in ("DARK", "FLAT", "FLATDARK", "BIAS"):
        night.blink(kind)
    for folder in sorted({path.parent for path in night.frames("10_Blink") if "_FLAT" not in path.parts}):
        night.mark(folder)
    night.doit("--now")
    night.doit("--now")
    data, further = root / RIG / "20_Data", root / RIG / "30_Master"
    if (data / "NGC 7000").is_dir():
        further.mkdir(exist_ok=True)
        (data / "NGC 7000").rename(further / "NGC 7000")
    night.age_folders()
    night.doit("--now")
    return night


def _quiet(_done: int, _of: int) -> None:
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
