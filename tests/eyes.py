"""A library that a person blinks in: nights of tiny frames arrive, `doit` is typed, frames are moved and marked.

What NINA measured stands in a frame's name, as it writes it, and the rigs are culled by that alone: the pixels are noise.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.model.answers import Answer
from pipeline.model.frames import Value
from pipeline.model.records import About
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import State
from pipeline.rules.ledger import Ledger
from pipeline.rules.states import ledger_states
from pipeline.rules.verdict_files import FORMAT, VERSION, verdict_name
from pipeline.world import ledger
from pipeline.world.library import open_library
from pipeline.world.library_states import states_of
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.set_finder import open_sets
from pipeline.world.survey import see
from pipeline.world.verdict_inbox import library_id
from tests.libraries import frame_bytes, half_files, received_twice, sums, write
from tests.looking import answered
from tests.stages.night_library import (
    OTHER,
    OTHER_RIG,
    RIG,
    RIG_FILES,
    new_library,
    outside_caches,
    write_settings,
)
from tests.typed import typed

LIMITS = "[cull.pass1]\nhfr = 4.6\nrms_arcsec = 2.0\nauto_percent = 30\n"
SETTINGS = "settle_seconds = 0\nretire = 'manual'\n[limits]\nnice = 0\n"
NO_PAGES = "[blink]\npages = false"
"""Where no page is looked at, its pictures need not be drawn."""
EVENING = datetime(2026, 1, 14, 22, 0, 0, tzinfo=UTC)
CALIBRATION = {"FLAT": (2.0, "L"), "DARK": (300.0, None), "BIAS": (0.0, None)}
"""Exposure and filter."""


@dataclass
class Eyes:
    """The library, and what a person does in it."""

    root: Path
    shot: int = 0

    # -- what arrives ----------------------------------------------------------------------------------------------

    def shoot(
        self,
        *hfr: float | str | None,
        day: int = 0,
        target: str = "M31",
        rig: str = RIG,
        rms: float | str | None = None,
        **cards: Value | None,
    ) -> list[Path]:
        """Lights with these HFRs in their names, three minutes apart."""
        return [
            self._light(value, rms, day, {"OBJECT": target, **(OTHER if rig == OTHER_RIG else {}), **cards})
            for value in hfr
        ]

    def calibrate(self, kind: str, number: int = 3, *, day: int = 0, **cards: Value | None) -> list[Path]:
        """Flats, darks or bias of the morning."""
        exposure, filter_name = CALIBRATION[kind]
        told = {
            "IMAGETYP": kind,
            "EXPOSURE": exposure,
            "EXPTIME": exposure,
            "FILTER": filter_name,
            "OBJECT": None,
            **cards,
        }
        return [self._frame(f"{kind}_{self.shot:05}.fits", day, told, hours=9) for _ in range(number)]

    def _light(
        self, hfr: float | str | None, rms: float | str | None, day: int, cards: dict[str, Value | None]
    ) -> Path:
        said = "" if hfr is None else f"_HFR_{hfr if isinstance(hfr, str) else f'{hfr:.2f}'}"
        said += "" if rms is None else f"_RMSAC_{rms if isinstance(rms, str) else f'{rms:.2f}'}"
        return self._frame(f"{self.shot:05}{said}.fits", day, cards)

    def _frame(self, name: str, day: int, cards: dict[str, Value | None], *, hours: float = 0) -> Path:
        self.shot += 1
        begun = EVENING + timedelta(days=day, hours=hours, seconds=60 * self.shot)
        clock = f"{begun:%Y-%m-%dT%H:%M:%S}.5"
        return write(
            self.root / "_Inbox" / name,
            frame_bytes(self.shot, **{"DATE__OBS": clock, "DATE__LOC": clock, **cards}),
        )

    def limit(self, text: str = LIMITS, rig: str = RIG) -> None:
        """What the rig's file says beside its name."""
        write_settings(self.root / "_Rigs" / f"{rig}.toml", RIG_FILES[rig] + text)

    def settings(self, text: str) -> None:
        """The library's own settings."""
        write_settings(self.root / "_Rigs/library.toml", SETTINGS.replace("[limits]", f"{text}\n[limits]"))

    # -- what is typed ---------------------------------------------------------------------------------------------

    def doit(self, *words: str, code: int = 0) -> str:
        """`doit` with these words, by doit itself but in this process; what it said."""
        result = typed(self.root, *words)
        said = result.stdout + result.stderr
        assert result.returncode == code, said
        assert "Traceback" not in said, said
        return said

    def ask(self, name: str, *words: str) -> Answer:
        """A command, in this process."""
        return answered(self.root, name, *words)

    # -- what a person does in the folders -------------------------------------------------------------------------

    def files(self, place: str, rig: str = RIG) -> list[Path]:
        """What lies in a stage's folder of a rig, in `_Reject` of it, or below any folder of the library."""
        home = self.root / (
            f"_Reject/{rig}" if place == "_Reject" else f"{rig}/{place}" if place[0].isdigit() else place
        )
        return sorted(path for path in home.rglob("*") if path.is_file())

    def frames(self, place: str, rig: str = RIG) -> list[Path]:
        """The frames there."""
        return [path for path in self.files(place, rig) if path.suffix == ".fits"]

    def count(self, rig: str = RIG) -> dict[str, int]:
        """How many frames lie in each of a rig's folders; empty ones are left out."""
        found = {
            place: len(self.frames(place, rig)) for place in ("10_Blink", "20_Data", "30_Master", "_Reject")
        }
        return {place: number for place, number in found.items() if number}

    def mark(self, folder: Path | str, name: str = "BLINKED", text: str = "") -> Path:
        """A marker."""
        path = self.root / folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def touch_later(self, path: Path) -> None:
        """Touched again, seconds later."""
        seen = path.stat().st_mtime_ns + 5 * 10**9
        os.utime(path, ns=(seen, seen))

    def move(self, source: Path, folder: Path | str) -> Path:
        """A file or folder goes into another folder."""
        target = self.root / folder / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        return target

    def age_folders(self) -> None:
        """As if an hour had passed since anything happened in the folders."""
        for folder in self.root.rglob("*"):
            if folder.is_dir() and ".nightbuild" not in folder.parts:
                then = folder.stat().st_mtime_ns - 3600 * 10**9
                os.utime(folder, ns=(then, then))

    # -- how it stands ---------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        return ledger.read(self.root)

    def sets(self) -> list[SetNow]:
        """Every set there is, as it stands."""
        return [look_at_set(book, one) for book, one in open_sets(open_library(self.root))]

    def only(self, target: str = "") -> FrameSet:
        """The one set (of this target)."""
        (one,) = (now.frames for now in self.sets() if target in {"", now.frames.target})
        return one

    def states(self) -> dict[str, int]:
        """How every stored frame stands, counted as status and balance count."""
        seen = see(open_library(self.root), remember=False)
        return {
            str(state): number
            for state, number in states_of(
                seen.library, seen.outline, seen.decisions, remember=False
            ).states.items()
        }

    def by_frame(self) -> dict[str, str]:
        """The state of each frame that belongs to a set, one by one; by the ledger, where its verdict is forgotten."""
        found: dict[str, str] = {}
        for now in self.sets():
            by_ledger = ledger_states(now.book.ledger)
            for stored, told in now.standings.items():
                found[stored] = str(by_ledger[stored] if told.state is State.STORED else told.state)
        return found

    def says(self, stored: str) -> list[str]:
        """What was decided about a frame, in the order it was said."""
        seen = see(open_library(self.root), remember=False)
        return [
            f"{one.kind} {one.values.get('verdict', '')}".strip()
            for one in seen.decisions.said
            if one.about is About.FRAME and one.subject == stored
        ]

    def verdict_file(
        self, one: FrameSet, *rejects: int, made: str = "2026-01-15T10:00:00+00:00", **changes: Any
    ) -> tuple[str, bytes]:
        """What the page of a set would save: its name, and its bytes."""
        frames = [
            {
                "stored": member.stored,
                "sha256": self.ledger.stored[member.stored].sha256,
                "verdict": "reject" if number in rejects else "keep",
            }
            for number, member in enumerate(one.members)
        ]
        told = {"format": FORMAT, "version": VERSION, "library": library_id(self.root), "set": one.id, "rig": one.rig,
                "night": one.night.isoformat(), "made": made, "frames": frames, **changes}  # fmt: skip
        return verdict_name(one.id), json.dumps(told).encode()

    # -- what must always be so ------------------------------------------------------------------------------------

    def require_whole(self) -> None:
        """Nothing lost, doubled or half; every stored frame in exactly one state, and seen in at most one folder."""
        now = sums(self.root)
        assert now.difference == 0, now
        assert received_twice(self.root) == []
        parts = half_files(self.root)
        assert parts == [], parts
        frames = [fact for fact in self.ledger.stored.values() if fact.stays != "witness"]
        states, by_frame = self.states(), Counter(self.by_frame().values())
        assert sum(states.values()) == len(frames), (states, len(frames))
        assert by_frame == {state: number for state, number in states.items() if state != "aside"}, (
            states,
            by_frame,
        )
        assert all((self.root / fact.stored).is_file() for fact in frames)
        assert self.seen_twice() == [], self.seen_twice()

    def seen_twice(self) -> list[str]:
        """Stored frames that are seen in more than one of a person's folders."""
        homes = [
            *self.root.glob("*/10_Blink"),
            *self.root.glob("*/20_Data"),
            *self.root.glob("_Calibration/*/10_Blink"),
            self.root / "_Reject",
        ]
        shown = Counter(path.stat().st_ino for home in homes for path in home.rglob("*.fits"))
        by_inode = {(self.root / stored).stat().st_ino: stored for stored in self.ledger.stored}
        return [by_inode[inode] for inode, times in shown.items() if times > 1 and inode in by_inode]

    def require_rest(self) -> None:
        """All is whole; a second run executes nothing, and without any cache the next one changes nothing outside them."""
        self.require_whole()
        self.require_idle()
        before = outside_caches(self.root)
        shutil.rmtree(self.root / ".nightbuild")
        self.doit()
        changed = changes(before, outside_caches(self.root))
        assert changed == [], changed

    def require_idle(self) -> None:
        before = outside_caches(self.root)
        said = self.doit()
        assert said.startswith("Nothing due"), said
        assert changes(before, outside_caches(self.root)) == []


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The paths that differ."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def make_eyes(root: Path, *rigs: str, pages: bool = False) -> Eyes:
    """An empty library of these rigs (of the C8E, where none is named), culled by what names say."""
    eyes = Eyes(new_library(root, *(rigs or (RIG,)), eyes=True))
    for rig in rigs or (RIG,):
        eyes.limit(rig=rig)
    eyes.settings("" if pages else NO_PAGES)
    return eyes
