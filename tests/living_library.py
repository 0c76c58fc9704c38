"""A small real library and what happens to it in a test: frames arrive, nights are run, days pass, `doit` is typed."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.model.answers import Answer, Context
from pipeline.model.frames import Value
from pipeline.model.jobs import Work
from pipeline.rules.ledger import Ledger
from pipeline.stages.night import plan_library
from pipeline.world import ledger
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.library import init_library
from tests import forked
from tests.factories import NINA_LIGHT
from tests.stages.night_library import NO_EYES
from tests.typed import typed

START = datetime(2026, 1, 14, 22, 0, 0, tzinfo=UTC)
_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}
_RIG = "C8E@f10.0+ZWO ASI2600MM Pro"


@dataclass(frozen=True)
class LivingLibrary:
    """A library with one inbox."""

    root: Path

    @property
    def inbox(self) -> Path:
        return self.root / "_Inbox"

    @property
    def ledger(self) -> Ledger:
        return ledger.read(self.root)

    @property
    def stored(self) -> list[str]:
        """Stored paths, by the ledger."""
        return sorted(self.ledger.stored)

    def settings(self, text: str) -> None:
        """Write library.toml."""
        (self.root / "_Rigs/library.toml").write_text(text, encoding="utf-8")

    def shoot(self, *numbers: int, into: str = "LIGHT/M31") -> list[Path]:
        """Frames number 1, 2, ...: one each five minutes, each with bytes of its own."""
        return [put(self.inbox / into / f"light_{number:03}.fits", light(number)) for number in numbers]

    def left(self) -> list[str]:
        """Names of the files in the inbox."""
        return sorted(path.name for path in self.inbox.rglob("*") if path.is_file())

    def doit(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """`doit` as a person types it; anything but the expected exit code fails the test.

        The night itself runs in this process, a command in one of its own.
        """
        result = forked.doit(self.root, *words, env=environment()) if words else typed(self.root)
        assert code is None or result.returncode == code, f"{words}\n{result.stdout}\n{result.stderr}"
        return result

    def ask(self, *words: str, code: int | None = 0) -> Any:
        """The JSON a command answers."""
        return json.loads(self.doit(*words, "--json", code=code).stdout)

    def command(self, name: str, *words: str, folder: Path | None = None) -> Answer:
        """A command asked within this process: quick, for tests that ask many."""
        module = import_module(f"pipeline.commands.{name}")
        parser = argparse.ArgumentParser(allow_abbrev=False)
        module.add_arguments(parser)
        arguments = parser.parse_intermixed_args(words)
        answer: Answer = module.run(arguments, Context(folder=folder or self.root, library=self.root))
        return answer

    def night(self) -> list[str]:
        """Every job of the night without doit; the stages of those that had something to say."""
        said = []
        for job in plan_library(self.root).jobs:
            module, _, name = job.effect.partition(":")
            outcome = getattr(import_module(module), name)(Work(self.root), **job.arguments)
            said += [job.stage] if outcome.says else []
        return said

    def days_pass(self, days: float) -> None:
        """Everything the ledger tells of happened that much earlier."""

        def earlier(found: re.Match[str]) -> str:
            moment = datetime.fromisoformat(found[2]) - timedelta(days=days)
            return found[1] + moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

        for file in (self.root / "_Ledger").rglob("*.jsonl"):
            file.write_text(re.sub(r'("when":")([^"]+)', earlier, file.read_text("utf-8")), "utf-8")

    def picture(self) -> dict[str, tuple[str, int, int]]:
        """Every file outside .nightbuild and the derived pages: digest, time, mode."""
        paths = (path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())
        derived = {".nightbuild", "_Reports"}
        outside = (path for path in paths if derived.isdisjoint(path.relative_to(self.root).parts))
        return {
            str(path): (sha256(path), path.stat().st_mtime_ns, path.stat().st_mode)
            for path in sorted(outside)
        }

    def forget(self) -> None:
        """Delete every cache."""
        shutil.rmtree(self.root / ".nightbuild", ignore_errors=True)


def make_library(root: Path) -> LivingLibrary:
    """An empty library with one rig, whose files may be a moment old."""
    init_library(root)
    library = LivingLibrary(root)
    (root / "_Rigs").mkdir()
    (root / "_Rigs" / f"{_RIG}.toml").write_text(
        'optic = "C8E"\nfocal_ratio = 10\ncamera = "ZWO ASI2600MM Pro"\n' + NO_EYES, encoding="utf-8"
    )
    library.settings("")
    return library


def environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}


def light(number: int, **changes: Value) -> bytes:
    """A whole FITS file of the night of 2026-01-14."""
    begun = START + timedelta(minutes=5 * number)
    times = {
        "DATE-OBS": f"{begun:%Y-%m-%dT%H:%M:%S}",
        "DATE-LOC": f"{begun + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
    }
    cards = {key: value for key, value in (NINA_LIGHT | times | changes).items() if key not in _LAYOUT}
    pixels = np.random.default_rng(number).integers(500, 60_000, (24, 32)).astype(np.uint16)
    return image_bytes(pixels, as_cards(cards))


def put(path: Path, data: bytes, *, age_s: float = 3600) -> Path:
    """A file as old as if it had been written long before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    moment_ns = (int(datetime.now(UTC).timestamp()) - int(age_s)) * 1_000_000_000
    os.utime(path, ns=(moment_ns, moment_ns))
    return path


def flip(path: Path) -> None:
    """One bit turns, and neither size nor time shows it."""
    seen = path.stat()
    data = bytearray(path.read_bytes())
    data[-7] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(seen.st_mtime_ns, seen.st_mtime_ns))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def executed(result: subprocess.CompletedProcess[str]) -> list[str]:
    """The tasks a run did."""
    return [line.split("  ")[0][2:] for line in result.stdout.splitlines() if line.startswith((". ", "! "))]
