"""What a person wants to shoot, and how far it is: wishes from schedulers and lists, held against what is accepted.

NINA's Target Scheduler ─┐
Telescopius, target sets ─┴─▶ Plans(wishes) + accepted sets ─rules/totals─▶ Progress per rig, target, panel, filter
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

PLAN = "plan"
"""The kind of decision that holds an imported plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One line of a plan: so many exposures, or so many hours, of a target through a filter."""

    target: str
    """As the plan spells it, its panel split off; compare by `rules.targets.target_key` and the aliases."""
    object: str = ""
    """The catalogue's one spelling of it (`NGC 7000`), where the plan names the catalogue."""
    panel: str = ""
    filter: str = ""
    """As the rig's file spells it where that is known. Empty: any."""
    rig: str = ""
    """Empty: any rig."""
    exposure_s: float | None = None
    desired: int | None = None
    """Exposures wanted; None: hours are wanted."""
    hours: float | None = None
    accepted: int | None = None
    """What the plan itself counts as accepted; None: it does not count."""
    acquired: int | None = None
    project: str = ""
    state: str = ""
    """`draft`, `active`, `inactive`, `closed`; empty: unknown."""
    priority: int = 1
    """0 low, 1 normal, 2 high."""
    is_mosaic: bool = False
    ra_deg: float | None = None
    dec_deg: float | None = None
    rotation_deg: float | None = None
    source: str = ""
    """Which plan said so: a scheduler database's name in library.toml, or an imported file's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSource:
    """Where wishes came from."""

    name: str
    kind: str
    """`target scheduler`, `telescopius`, `mosaic`, `nina target set`, `nina sequence`."""
    as_of: datetime | None = None
    """When it was last read; None: it never was."""
    reachable: bool = True
    """False: these are the wishes of the last snapshot."""
    why: str = ""
    """Why it is not reachable, as half a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """Everything that is wanted."""

    wishes: tuple[Wish, ...] = ()
    sources: tuple[PlanSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one rig, target, panel and filter is. Seconds are summed unrounded; words round."""

    target: str
    """The folder's spelling where frames are there, else the plan's."""
    panel: str = ""
    filter: str = ""
    rig: str = ""
    had_s: float = 0.0
    """Accepted, moved on included."""
    had_frames: int = 0
    wanted_s: float | None = None
    """None: nobody said how much is wanted."""
    wanted_frames: int | None = None
    project: str = ""
    priority: int = 1
    source: str = ""
    by_exposure: dict[float, int] = field(default_factory=dict)
    """Exposure in seconds to the number of accepted frames."""

    @property
    def needed_s(self) -> float | None:
        """What is still missing; None: nobody said."""
        return None if self.wanted_s is None else max(0.0, self.wanted_s - self.had_s)
