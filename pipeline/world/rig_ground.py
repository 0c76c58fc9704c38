"""Where a rig is named or renamed: the library seen, its rigs, who waits, and what was decided on rigs before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.model.errors import UserError
from pipeline.model.frames import Frame
from pipeline.model.library import Configuration
from pipeline.model.records import About, Decision
from pipeline.model.rigs import Rig
from pipeline.model.survey import Arrival, Fate
from pipeline.rules.addresses import read_address
from pipeline.rules.phrases import listed, nearest
from pipeline.rules.recognise import Parts, recognise
from pipeline.rules.rig_words import rig_called
from pipeline.rules.rigfiles import rig_key
from pipeline.world import decisions as decided
from pipeline.world import rig_folder
from pipeline.world.library import open_library
from pipeline.world.person import who_decides
from pipeline.world.survey import Seen, see

NEW, ALIAS = "rig-new", "rig-alias"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """All that naming a rig depends on."""

    seen: Seen
    folder: Path
    """Where rig files are written to."""
    environment: Mapping[str, str]
    makes_folder: bool
    """True when that folder is not there yet."""

    @property
    def root(self) -> Path:
        """The library."""
        return self.seen.library.root

    @property
    def configuration(self) -> Configuration:
        """What holds now: the library's own settings, or the shipped ones."""
        return self.seen.library.configuration

    @property
    def active(self) -> Path:
        """Where it was read from."""
        return Path(self.configuration.folder)

    def rig_called(self, name: str) -> Rig:
        """A known rig by any spelling of its name."""
        known = rig_called(name, [rig.name for rig in self.configuration.rigs])
        found = next((rig for rig in self.configuration.rigs if rig.name == known), None)
        if found is not None:
            return found
        names = [rig.name for rig in self.configuration.rigs]
        close = nearest(name, names)
        advice = f"did you mean {close}?" if close else f"known: {listed(names) or 'none'}."
        raise UserError(f"No rig file describes {name}; {advice}")

    def look_again(self) -> Seen:
        """The library as it is with what was just written."""
        return see(open_library(self.root, self.environment))

    def waiting(self, is_meant: Callable[[Frame], bool] = lambda _frame: True) -> list[Arrival]:
        """Frames that wait for a rig."""
        return [a for a in unknown(self.seen) if a.frame is not None and is_meant(a.frame)]

    def stored_under(self, name: str) -> int:
        """How many frames are filed under a rig."""
        addresses = (read_address(stored) for stored in self.seen.ledger.stored)
        return sum(a is not None and rig_key(a.owner) == rig_key(name) for a in addresses)

    def decide(self, kind: str, rig: str, values: Mapping[str, object]) -> Decision:
        """Write down what was done to the rig's file, so that it can be undone."""
        who = who_decides(self.environment)
        here = {**values, "folder": self._place}
        return decided.decide(self.root, kind, About.RIG, rig, owner=rig, values=here, who=who)

    def undo(self, decision: Decision) -> None:
        """Write down that it was undone."""
        decided.undo(self.root, decision, who=who_decides(self.environment))

    def holding(self, kind: str) -> list[Decision]:
        """What was done to rig files in this folder and not undone, the oldest first."""
        found = {
            one.id for one in self.seen.decisions.of_kind(kind) if one.values.get("folder") == self._place
        }
        return [one for one in self.seen.decisions.said if one.id in found]

    def give_back(self) -> bool:
        """Take the shipped settings out again where nothing else is left; True when that was so."""
        copied: dict[str, str] = {}
        made = False
        for one in self.seen.decisions.said:
            kept: Any = one.values.get("copied")
            if (
                one.kind in {NEW, ALIAS}
                and one.values.get("folder") == self._place
                and isinstance(kept, dict)
            ):
                copied |= kept
                made = made or one.values.get("made") is True
        return rig_folder.give_back(self.folder, copied, made=made)

    @property
    def _place(self) -> str:
        """The folder as decisions write it: it may move with the library."""
        inside = self.folder.is_relative_to(self.root)
        return self.folder.relative_to(self.root).as_posix() if inside else str(self.folder)


def stand_on(library: Path | None, environment: Mapping[str, str], standing: Path) -> Ground:
    """Look at the library and the folder its rig files go to."""
    opened = open_library(library, environment)
    folder = rig_folder.writable_folder(opened.root, environment, standing)
    return Ground(seen=see(opened), folder=folder, environment=environment, makes_folder=not folder.is_dir())


def unknown(seen: Seen) -> Sequence[Arrival]:
    """Everything that waits because no file describes its rig."""
    return [a for a in seen.survey.arrivals if a.fate is Fate.UNKNOWN_RIG]


def belongs_to(frame: Frame, rig: Rig) -> bool:
    """True when a frame's own words fit a rig."""
    parts = Parts(
        optic=frame.optic,
        focal_ratio=frame.focal_ratio,
        camera=frame.camera,
        camera_id=frame.camera_id,
        focal_length_mm=frame.focal_length_mm,
        night=frame.night,
    )
    return recognise(parts, [rig]).rig is not None
