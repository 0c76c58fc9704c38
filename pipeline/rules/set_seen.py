"""One set as `doit status` sees it: what was said and judged of it, and which of its frames wait for eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model.policies import Accept
from pipeline.model.sets import FrameSet
from pipeline.model.verdicts import SetVerdict, State
from pipeline.rules.cull_words import rig_word
from pipeline.rules.positions import Links, Place, stage_of
from pipeline.rules.records import moment
from pipeline.rules.standings import Standing
from pipeline.rules.words import SetWords

EYES = frozenset({State.OFFERED, State.HELD, State.LATE})
"""The states of a frame that lies in 10_Blink."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSeen:
    """One set as `doit status` sees it."""

    frames: FrameSet
    words: SetWords
    verdict: SetVerdict | None
    standings: Mapping[str, Standing]
    links: Links
    accept: Accept
    shown: bool = True
    """Its rig shows this kind to eyes."""
    over: bool = True
    """Its night is over."""
    page: str = ""
    """Where its night's blink page lies; empty: there is none."""
    troubles: Mapping[str, str] = field(default_factory=dict)
    """Stored paths of frames that could not be measured, to why."""
    stuck: Sequence[str] = ()
    """Sentences about frames that cannot be placed or taken away as things lie."""
    unmeasured: int = 0
    """How many frames are still to be measured."""

    @property
    def title(self) -> str:
        """`M31 L 300 s, C8E, 2026-01-14`."""
        return f"{self.frames.label}, {rig_word(self.frames.rig)}, {self.frames.night}"

    def count(self, *states: State) -> int:
        """How many of its frames are in one of these states."""
        return sum(told.state in states for told in self.standings.values())

    @property
    def looked(self) -> datetime | None:
        """When somebody last said to have looked at it."""
        return max(self.words.seen.values(), default=None)

    @property
    def to_be_looked_at(self) -> list[str]:
        """Frames that lie in 10_Blink and that somebody is to look at."""
        if self.is_unasked:
            return []
        return [
            stored
            for stored, told in self.standings.items()
            if told.state in EYES and stored not in self.words.seen and self._offered(stored)
        ]

    @property
    def is_unasked(self) -> bool:
        """True where its rig's file has it accepted without anybody's eyes, and no question is open."""
        return (self.accept.mode == "auto" or not self.shown) and not (
            self.verdict is not None and self.verdict.held
        )

    def offered_since(self) -> datetime | None:
        """When the first of the frames that wait was put into 10_Blink."""
        waiting = self.to_be_looked_at or [s for s, told in self.standings.items() if told.state in EYES]
        return min((when for stored in waiting for when in self._offered(stored)), default=None)

    def _offered(self, stored: str) -> list[datetime]:
        return [
            moment(link.delivered)
            for link in self.links.get(stored, ())
            if link.state in {"delivered", "moved_on"} and stage_of(link.link) is Place.BLINK
        ]
