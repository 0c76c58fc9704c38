"""Nights whose frames are stored and measured, so that tests can hold them against limits and watch them go and come.

What was measured is what the test says: the HFR stands in a frame's name, as NINA writes it, and anything else beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipeline.model.jobs import Work
from pipeline.model.measures import Measured
from pipeline.model.records import About
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import Fate, SetVerdict
from pipeline.rules.readings import readings
from pipeline.stages import culled, offered, renamed
from pipeline.world import decisions as decided
from pipeline.world.library import open_library
from pipeline.world.manifests import read_verdict, write_measures
from pipeline.world.nightbook import NightBook
from pipeline.world.set_finder import open_sets
from pipeline.world.survey import see
from tests.living_library import START, LivingLibrary
from tests.small_library import C8E, bare_library, shoot

RIG = C8E
LIMITS = "[cull.pass1]\nhfr = 4.6\nrms_arcsec = 2.0\nauto_percent = 30\n"
NIGHT = date(2026, 1, 14)
_A_DAY = 24 * 12
"""Frames are shot each five minutes."""


@dataclass
class Nights:
    """The library, and what a test does to it."""

    root: Path
    shot: int = 0

    @property
    def living(self) -> LivingLibrary:
        return LivingLibrary(self.root)

    def limit(self, cull: str = LIMITS) -> None:
        """The rig's file, with this cull."""
        folder = self.root / "_Rigs"
        folder.mkdir(exist_ok=True)
        text = f'optic = "C8E"\nfocal_ratio = 10.0\ncamera = "ZWO ASI2600MM Pro"\n{cull}'
        (folder / f"{RIG}.toml").write_text(text, encoding="utf-8")

    def shoot(self, *hfr: float | None, day: int = 0, **cards: object) -> None:
        """Frames with these HFRs arrive, are stored and measured."""
        for value in hfr:
            self.shot += 1
            clock = START + timedelta(hours=1, days=day, minutes=5 * self.shot)
            said = "" if value is None else f"_HFR_{value:.2f}"
            name = f"{clock:%Y-%m-%d_%H-%M-%S}{said}.fits"
            shoot(self.living, name, self.shot + day * _A_DAY, **cards)  # type: ignore[arg-type]
        seen = see(open_library(self.root))
        for job in renamed.plan(seen.survey.arrivals, seen.outline.nights):
            renamed.store_night(Work(self.root), **job.arguments)
        self.measure()

    def measure(self, more: Mapping[int, Mapping[str, float]] | None = None) -> None:
        """What names say, and for frame n of a set this besides, is written down."""
        for book, one in open_sets(open_library(self.root)):
            rows = [
                Measured(
                    stored=member.stored,
                    size=member.size,
                    mtime_ns=member.mtime_ns,
                    values=readings(member.frame) | dict((more or {}).get(number, {})),
                )
                for number, member in enumerate(one.members)
            ]
            write_measures(book.library, one.id, "a test", rows)

    def sets(self) -> list[tuple[NightBook, FrameSet]]:
        return list(open_sets(open_library(self.root)))

    def only(self) -> FrameSet:
        """The one set there is."""
        ((_, one),) = self.sets()
        return one

    def cull(self) -> list[str]:
        """Judge what is due, night by night; what the diary says."""
        said = []
        for _, one in self.sets():
            for job in culled.plan([one]):
                if not culled.is_culled(self.root, **job.check_arguments):
                    outcome = culled.cull_set(Work(self.root), **job.arguments)
                    said += [outcome.says] if outcome.says else []
                assert culled.is_culled(self.root, **job.check_arguments)
        return said

    def offer(self) -> None:
        """Put frames where the verdict says."""
        for job in offered.plan([one for _, one in self.sets()]):
            offered.offer_set(Work(self.root), **job.arguments)

    def verdict(self) -> SetVerdict:
        """What is written down about the one set."""
        found = read_verdict(open_library(self.root), self.only().id)
        assert found is not None
        return found[1]

    def fates(self, fate: Fate) -> list[int]:
        """Which frames of the one set have this fate."""
        verdict = self.verdict()
        return [n for n, one in enumerate(self.only().members) if verdict.frames[one.stored].fate is fate]

    def names(self, folder: str) -> list[str]:
        """The frames in a folder of the library."""
        return sorted(path.name for path in (self.root / folder).glob("*.fits"))

    def say(self, kind: str, number: int, **values: object) -> None:
        """A word on a frame of the one set."""
        one = self.only()
        stored = one.members[number].stored
        decided.decide(self.root, kind, About.FRAME, stored, owner=one.owner, night=one.night, values=values)

    def look(self, numbers: Iterable[int]) -> None:
        """Somebody looked at these frames of the one set."""
        one = self.only()
        stored = [one.members[n].stored for n in numbers]
        decided.decide(
            self.root, "blink", About.SET, one.id, owner=one.owner, night=one.night, values={"frames": stored}
        )

    def judged(self) -> list[Mapping[str, object]]:
        """The ledger's lines about judgements of the one set."""
        from pipeline.world import journals
        from pipeline.world.ledger import journal_files

        records = [
            one for path in journal_files(self.root / "_Ledger") for one in journals.read(path).records
        ]
        return [one for one in records if one["event"] == "judged"]


def make_nights(root: Path, *hfr: float | None, cull: str = LIMITS) -> Nights:
    """A library of one night."""
    bare_library(root)
    nights = Nights(root)
    nights.limit(cull)
    if hfr:
        nights.shoot(*hfr)
    return nights


def with_usual(factor: float) -> str:
    """A cull that goes by what is usual."""
    return f'[cull.pass1]\nhfr = {{ usual = {factor} }}\nauto_percent = "always"\n'


def days(nights: Nights, *hfr: Sequence[float]) -> None:
    """Night after night, each judged."""
    for day, values in enumerate(hfr):
        nights.shoot(*values, day=day)
    nights.cull()
