"""A small library taken through the night in this process, its frames measured as a test says: no pixels are read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.model.answers import Answer
from pipeline.model.jobs import Asked, Work
from pipeline.model.measures import Measured
from pipeline.stages.night import plan_library
from pipeline.world.manifests import write_measures
from pipeline.world.measuring import basis_of, pixel_basis
from pipeline.world.nightbook import NightBook, open_book
from pipeline.world.summaries import read_outline
from tests.looking import RIG, answered, drop, new_library

GOOD: Mapping[str, float] = {
    "hfr": 2.0,
    "hfr_measured": 2.0,
    "stars_measured": 500.0,
    "background_adu": 900.0,
}
LIMITS = "\n[cull.pass1]\nhfr = 4.6\nauto_percent = 30\n"


def easy_library(root: Path, settings: str = "", rig: str = LIMITS) -> Path:
    """An empty library whose rig offers to eyes whatever NINA did not call bad: tiny frames pass its limits."""
    new_library(root, settings, eyes=True)
    file = root / "_Rigs" / f"{RIG}.toml"
    file.write_text(file.read_text(encoding="utf-8") + rig, encoding="utf-8")
    return root


class JudgedLibrary:
    """One rig, the night of 2026-01-14."""

    def __init__(self, root: Path, rig: str = LIMITS) -> None:
        self.root = easy_library(root, rig=rig)
        self.rig_file = self.root / "_Rigs" / f"{RIG}.toml"
        self.rows: dict[int, Mapping[str, float]] = {}
        self.troubles: dict[int, str] = {}

    def shoot(self, *minutes: int, **cards: Any) -> None:
        """Lights (or what the cards say) of these minutes."""
        for minute in minutes:
            drop(
                self.root / "_Inbox",
                f"{cards.get('IMAGETYP', 'LIGHT')}_{minute}.fits",
                minute=minute,
                **cards,
            )

    def measure(self, *minutes: int, trouble: str = "", **values: float) -> None:
        """What measuring will find."""
        for minute in minutes:
            self.rows[minute] = {**GOOD, **values}
            if trouble:
                self.troubles[minute] = trouble

    def night(self, *, now: bool = False) -> list[str]:
        """Every job of the night; what they said."""
        said = []
        for job in plan_library(self.root, Asked(now=now)).jobs:
            if job.stage == "measured":
                self._write_rows(job.arguments)
                continue
            if job.stage in {"recorded", "shown"}:
                continue
            module, _, name = job.effect.partition(":")
            outcome = getattr(import_module(module), name)(Work(self.root), **job.arguments)
            said += [f"{job.stage}: {outcome.says}"] if outcome is not None and outcome.says else []
        return said

    def hash_all(self) -> None:
        """Every frame's SHA-256 recorded."""
        self.ask("verify")

    def _write_rows(self, arguments: Mapping[str, Any]) -> None:
        for book in self.books():
            frames = book.by_id.get(arguments["set_id"])
            if frames is not None:
                rows = [self._row(one.stored, one.size, one.mtime_ns) for one in frames.members]
                basis, pixels = basis_of(book, frames), pixel_basis(book, frames)
                write_measures(book.library, frames.id, basis, rows, pixels=pixels)

    def _row(self, stored: str, size: int, mtime_ns: int) -> Measured:
        minute = int(stored.rpartition("/")[2][14:16])
        trouble = self.troubles.get(minute, "")
        values = {} if trouble else dict(self.rows.get(minute, GOOD))
        return Measured(stored=stored, size=size, mtime_ns=mtime_ns, values=values, trouble=trouble)

    def books(self) -> list[NightBook]:
        return [open_book(self.root, *night) for night in read_outline(self.root, None).nights]

    def blink(self, kind: str = "M31") -> Path:
        """The folder of the one set offered there."""
        return next(
            folder for folder in (self.root / RIG / "10_Blink" / kind).rglob("FILTER*") if folder.is_dir()
        )

    def mark(self, kind: str = "M31") -> None:
        """A marker in the set's folder."""
        (self.blink(kind) / "BLINKED").write_text("")

    def settle(self) -> None:
        """The person's folders as if nothing had happened there for an hour."""
        for place in ("10_Blink", "20_Data"):
            for folder in (self.root / RIG / place).rglob("*"):
                if folder.is_dir():
                    os.utime(folder, (1_770_000_000, 1_770_000_000))

    def ask(self, name: str, *words: str) -> Answer:
        """A command, in this process."""
        return answered(self.root, name, *words)
