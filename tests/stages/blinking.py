"""What a person does in their folders, for tests of the watching: frames offered, moved, deleted, marked."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.jobs import Work
from pipeline.model.records import LinkFact
from pipeline.model.sets import FrameSet
from pipeline.model.watching import Absorption
from pipeline.rules.waiting import Waiting
from pipeline.rules.words import SetWords, words_of
from pipeline.stages import blinked
from pipeline.world.absorbing import absorption_of, look_over, questions_of
from pipeline.world.nightbook import open_books
from tests.stages.night_library import RIG, configure
from tests.stages.view_library import NIGHT, Views, make_views

M31 = f"{RIG}/10_Blink/M31"
DATE = f"{M31}/DATE_2026-01-14"
FILTER = "FILTER_L_EXP_300.00_SETTEMP_-10.00"


@dataclass(frozen=True)
class Person(Views):
    """A library, and a person at work in it."""

    def only(self) -> FrameSet:
        """The set of M31."""
        return next(one for one in self.book().sets if one.target == "M31")

    @property
    def folder(self) -> str:
        """Where the one set is offered."""
        return self.only().blink

    def offer(self, **verdict: object) -> None:
        """The set is offered, as the limits have it; nothing accepted yet."""
        self.judge(**verdict)  # type: ignore[arg-type]
        self.settle()

    def there(self, number: int) -> Path:
        """The n-th frame as it is offered."""
        return self.root / self.folder / self.only().members[number].name

    def rejected(self, number: int) -> Path:
        """The n-th frame as it lies in _Reject."""
        return self.root / self.only().reject / self.only().members[number].name

    def mark(self, folder: str = DATE, name: str = "BLINKED", text: str = "") -> Path:
        """A marker."""
        path = self.root / folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def move(self, source: Path | str, target: str) -> None:
        """A file or a folder goes somewhere else in the library, below what is made on the way."""
        path = self.root / source
        place = self.root / target
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)

    def into(self, folder: str, *numbers: int) -> None:
        """Frames are moved into a folder."""
        for number in numbers:
            self.move(self.there(number), f"{folder}/{self.only().members[number].name}")

    def delete(self, *numbers: int) -> None:
        for number in numbers:
            self.there(number).unlink()

    def delete_folder(self, folder: str) -> None:
        shutil.rmtree(self.root / folder)

    def look(self) -> str:
        """What the night says of it; and that saying it twice says nothing."""
        (job,) = blinked.plan([(RIG, NIGHT)])
        assert self.passes_nothing_over()
        said = blinked.absorb(Work(self.root), **job.arguments).says
        assert blinked.is_absorbed(self.root, **job.check_arguments)
        assert blinked.absorb(Work(self.root), **job.arguments).says == ""
        return said

    def passes_nothing_over(self) -> bool:
        """A night that is not opened, since nobody did anything there, has nothing to say."""
        full, quick = absorption_of(open_books(self.root, RIG, [NIGHT])), self.would()
        entries = [{night: len(found) for night, found in one.entries.items()} for one in (full, quick)]
        return full.sayings == quick.sayings and entries[0] == entries[1]

    def look_at_all(self) -> None:
        (job,) = blinked.plan([(RIG, NIGHT)])
        blinked.absorb(Work(self.root), **job.arguments)

    def other_target(self) -> None:
        """Something else is offered too, so that the disk is there."""
        self.shoot(90, OBJECT="M33")
        self.offer()

    def name_of(self, stored: str) -> str:
        """A frame by its minute."""
        return stored.rpartition("/")[2][14:16]

    def states(self) -> list[str]:
        return [told.state.value for told in self.now().standings.values()]

    def forget(self) -> None:
        shutil.rmtree(self.root / ".nightbuild")

    def would(self) -> Absorption:
        return look_over(self.root, RIG, [NIGHT])

    def words(self) -> SetWords:
        return words_of(self.only(), self.book().decisions)

    def says(self, number: int) -> str:
        """The word on a frame."""
        word = self.words().frames.get(self.only().members[number].stored)
        return word.says if word else ""

    def why(self, number: int) -> str:
        return self.words().frames[self.only().members[number].stored].why

    def looked_at(self) -> list[int]:
        """Which frames somebody said to have looked at, by their number."""
        seen = self.words().seen
        return [number for number, one in enumerate(self.only().members) if one.stored in seen]

    def link(self, number: int) -> LinkFact:
        """The place in 10_Blink a frame was given."""
        return next(link for link in self.links(number) if "/10_Blink/" in f"/{link.link}")

    def asks(self) -> list[Waiting]:
        return questions_of(self.book().library, [(RIG, NIGHT)])


def make_person(root: Path, frames: int = 4) -> Person:
    """A library whose one set is offered."""
    person = Person(make_views(root, frames).root)
    configure(person.root)
    person.offer()
    return person
