"""A small library whose frames are stored and judged, so that tests can watch links come and go.

The verdict is written as a test wants it: what the limits make of frames is not the matter here.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.model.jobs import Work
from pipeline.model.records import About, Decision, LedgerEntry, LinkFact
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import Fate, Judgement, Reason, SetVerdict
from pipeline.rules.words import ACCEPT, BLINK
from pipeline.stages import accepted, offered, recorded, renamed
from pipeline.world import decisions as decided
from pipeline.world import ledger
from pipeline.world.library import open_library
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.manifests import write_verdict
from pipeline.world.nightbook import NightBook, open_book
from pipeline.world.survey import see
from tests.stages.night_library import RIG, drop, new_library, outside_caches

NIGHT = date(2026, 1, 14)
HFR = Reason(quantity="hfr", value=5.1, limit=4.6)


@dataclass(frozen=True)
class Views:
    """The library, and what a test does to it."""

    root: Path

    def shoot(self, *minutes: int, **cards: object) -> None:
        """Frames that arrive and are stored."""
        for minute in minutes:
            drop(
                self.root / "_Inbox", f"{len(list(self.root.glob('_Inbox/*')))}.fits", minute=minute, **cards
            )  # type: ignore[arg-type]
        seen = see(open_library(self.root))
        stored = renamed.plan(seen.survey.arrivals, seen.outline.nights)
        for job in stored:
            renamed.store_night(Work(self.root), **job.arguments)
        for job in recorded.plan(stored):
            recorded.record_night(Work(self.root), **job.arguments)

    def book(self, owner: str = RIG) -> NightBook:
        return open_book(self.root, owner, NIGHT)

    def only(self) -> FrameSet:
        """The one set there is."""
        (one,) = self.book().sets
        return one

    def now(self) -> SetNow:
        return look_at_set(self.book(), self.only())

    def judge(
        self,
        culled: Collection[int] = (),
        suspect: Collection[int] = (),
        *,
        held: bool = False,
        owner: str = RIG,
    ) -> None:
        """What the limits make of each set: these of its frames, counted from 0, fail."""
        book = self.book(owner)
        for one in book.sets:
            fates = {
                member.stored: Judgement(fate=Fate.CULLED, reasons=(HFR,))
                if number in culled
                else Judgement(fate=Fate.SUSPECT if number in suspect else Fate.KEPT)
                for number, member in enumerate(one.members)
            }
            write_verdict(book.library, one.id, "a test", SetVerdict(frames=fates, held=held))

    def settle(self, owner: str = RIG) -> list[str]:
        """Offer and accept what is due, as a night does; what the diary says."""
        said = []
        for stage, effect, check in (
            (offered, offered.offer_set, offered.is_offered),
            (accepted, accepted.accept_set, accepted.is_accepted),
        ):
            for job in stage.plan(self.book(owner).sets):
                if not check(self.root, **job.check_arguments):
                    outcome = effect(Work(self.root), **job.arguments)
                    said += [outcome.says] if outcome.says else []
        return said

    def is_at_rest(self, owner: str = RIG) -> bool:
        """Nothing is due, and doing it all the same changes nothing."""
        before = outside_caches(self.root)
        assert self.settle(owner) == []
        for job in offered.plan(self.book(owner).sets):
            offered.offer_set(Work(self.root), **job.arguments)
        for job in accepted.plan(self.book(owner).sets):
            accepted.accept_set(Work(self.root), **job.arguments)
        return outside_caches(self.root) == before

    def outlives_its_caches(self, **verdict: object) -> bool:
        """Without them nothing moves, before and after the limits were held against the frames again."""
        before = outside_caches(self.root)
        shutil.rmtree(self.root / ".nightbuild", ignore_errors=True)
        assert self.settle() == []
        self.judge(**verdict)  # type: ignore[arg-type]
        return self.is_at_rest() and outside_caches(self.root) == before

    def seen(self, *numbers: int, kind: str = BLINK, owner: str = RIG) -> Decision:
        """Somebody says to have looked at these frames of the set; at all of them where none is named."""
        one = self.book(owner).sets[0]
        stored = [member.stored for at, member in enumerate(one.members) if not numbers or at in numbers]
        return decided.decide(
            self.root, kind, About.SET, one.id, owner=one.owner, night=one.night, values={"frames": stored}
        )

    def accept(self) -> None:
        self.seen(kind=ACCEPT)

    def say(self, number: int, kind: str, verdict: str = "", why: str = "") -> Decision:
        """A word on one frame."""
        one = self.only()
        values = {"verdict": verdict} if verdict else {}
        stored = one.members[number].stored
        return decided.decide(
            self.root, kind, About.FRAME, stored, owner=one.owner, night=one.night, values=values, why=why
        )

    def tell(self, *entries: LedgerEntry) -> None:
        """What the watching writes into the ledger."""
        ledger.write(self.root, RIG, NIGHT, entries)

    def links(self, number: int = 0) -> list[LinkFact]:
        """Every place a frame was given."""
        book = self.book()
        return book.links.get(book.sets[0].members[number].stored, [])

    def files(self, top: str) -> list[str]:
        """What lies below a folder of the rig (or `_Reject`), by name."""
        folder = self.root / top if top.startswith("_") else self.root / RIG / top
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def frames(self, top: str) -> list[str]:
        """The frames there, by their minute."""
        names = (path.rpartition("/")[2] for path in self.files(top) if path.endswith(".fits"))
        return sorted(name[14:16] for name in names)

    def rig(self, text: str) -> None:
        """More for the rig's file."""
        path = self.root / "_Rigs" / f"{RIG}.toml"
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def make_views(root: Path, frames: int = 4) -> Views:
    """A library with one set of M31, judged: everything is kept."""
    views = Views(new_library(root, RIG, eyes=True))
    if frames:
        views.shoot(*range(frames))
        views.judge()
    return views


def later() -> datetime:
    """Now, as the ledger writes it."""
    return datetime.now(UTC)
