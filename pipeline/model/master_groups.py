"""Raw calibration frames on their way to a master.

frames of a night that passed ─▶ Batch (alike in all) ─rules/master_groups─▶ Group (one master)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pipeline.model.calibration import Grouping, MasterRecipe
from pipeline.model.frames import Frame, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Frames of one set that passed and are alike in everything that may tell masters apart."""

    owner: str
    """The rig or camera they are filed under."""
    filed: date
    """The night they are filed under."""
    set_id: str
    frame: Frame
    """Any of them: what they have in common."""
    count: int
    sensor_temp_c: float | None = None
    """In the middle of theirs."""
    digest: str = ""
    """Of their bytes, whatever their order; empty where one was not hashed yet."""
    mark: str = ""
    """Where it is empty: of what was stored, names, sizes and times for those without a hash."""

    @property
    def kind(self) -> Kind:
        """BIAS, DARK, FLAT or FLATDARK."""
        return self.frame.kind or Kind.DARK

    @property
    def night(self) -> date:
        """The night they were taken in."""
        return self.frame.night or self.filed


@dataclass(frozen=True, slots=True, kw_only=True)
class NightBatches:
    """What one journal's calibration frames come to."""

    batches: tuple[Batch, ...] = ()
    waiting: int = 0
    """Frames that have not passed yet."""
    unripe: int = 0
    """Sets that may still grow: their night is not over."""
    promoted: tuple[str, ...] = ()
    """Masters that became stored frames, since their raws went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the rigs of a camera ask of its masters."""

    grouping: Grouping
    recipe: MasterRecipe
    backend: Literal["built-in", "siril", "pixinsight"]
    told_by_id: bool = False
    """Two bodies share the camera's name: their ids tell them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Frames that become one master."""

    kind: Kind
    policy: Policy
    batches: tuple[Batch, ...]
    """In the order of their nights."""
    path: str
    """Where its master lies when no newer one has taken the name."""
    is_latest: bool = True
    """False: a later campaign has the name, and this one's master lies among the superseded."""
    others: tuple[int, int] | None = None
    """Width and height of a larger group that is like this one but for its size."""

    @property
    def frame(self) -> Frame:
        """What its master will be."""
        return self.batches[0].frame

    @property
    def count(self) -> int:
        """How many frames."""
        return sum(batch.count for batch in self.batches)

    @property
    def nights(self) -> tuple[date, date]:
        """The first and the last."""
        return self.batches[0].night, max(batch.night for batch in self.batches)

    @property
    def missing(self) -> int:
        """How many frames more it needs."""
        return max(self.policy.recipe.min_frames - self.count, 0)

    @property
    def digest(self) -> str:
        """Of its frames' bytes, as the master's header keeps it; empty where one was not hashed yet."""
        told = [batch.digest for batch in self.batches]
        return f"{self.count}:{joined_digest(told)}" if all(told) else ""

    @property
    def mark(self) -> str:
        """What it is remembered by where it came to nothing: the digest, or what stands for it until all are hashed."""
        told = [batch.digest or batch.mark for batch in self.batches]
        return f"{self.count}:{joined_digest(told)}" if all(told) else ""


def joined_digest(digests: Iterable[str]) -> str:
    """One digest for many, whatever their order and however they were joined before."""
    return f"{sum(int(one, 16) for one in digests) % (1 << 256):064x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """What a thin sample says of a frame or a master, in the camera's numbers."""

    level_adu: float
    """In the middle of all pixels."""
    noise_adu: float
    saturated_share: float
    hot_share: float
    """Pixels far above those around them."""
    odd_share: float
    """Values that are no numbers."""
    blocks_adu: tuple[float, ...]
    """Medians on a coarse grid, row by row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A frame that is left out of a master, and why."""

    stored: str
    why: str
    """Half a sentence: `saturated: 12 % of its pixels`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A name in a library about whose masters something may be due."""

    name: str
    """`_Dark Library/<camera>/masterDark_..`, without suffix."""
    kind: Kind
    camera: str
    nights: tuple[tuple[str, date], ...] = ()
    """Owner and night under which the frames of it are filed."""
    is_open: bool = False
    """Frames of it are dealt with in this run."""
