"""One night's journal of the ledger, come down to what planning asks of it: a value small enough to be kept.

Eighty thousand lines are not read to find that nothing is due. What is asked of each frame is kept as numbers of
eight bytes: enough to say which journals must be read, and to count without reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from pipeline.model.served import Lack


class Told(IntEnum):
    """What a journal says of one inbox name, a bit each; nothing of it: the name is only mentioned.

    Plain numbers once they are joined: an `IntFlag` would make eighty thousand values of its own.
    """

    NOTHING = 0
    STORED = 1
    """A frame was received under it, and is stored."""
    WITNESS = 2
    """A log or session file is."""
    DUPLICATE = 4
    GIVEN_UP = 8
    RETIRED = 16
    """The name went from the inbox after all that."""
    HELD = 32
    """It lay in the inbox as a file of its own, not inside an archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of one inbox that a journal mentions: three columns of numbers, each packed as hex."""

    keys: str = ""
    """What a name is known by, eight bytes each."""
    told: str = ""
    """`Told`, a byte each."""
    since: str = ""
    """When it last came or went, eight bytes each: where two journals speak of one name, the later counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Every file a night ever received, or found to be a duplicate: what tells that something new came."""

    owner: str
    night: str
    """ISO, the evening's date."""
    marks: str
    """Eight bytes each, packed as hex, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightSummary:
    """What one journal comes down to."""

    nights: tuple[Marks, ...] = ()
    """One, unless somebody put journals together."""
    homes: Mapping[str, int] = field(default_factory=dict)
    """Store folders to the number of files there."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """What a target is equal by, to its folder."""
    their_targets: Mapping[str, str] = field(default_factory=dict)
    """The same of adopted frames: how their person spells it."""
    lying: tuple[tuple[str, str, str], ...] = ()
    """Where frames lay: inbox, folder in it, and their night's folder in the store."""
    names: Mapping[str, Names] = field(default_factory=dict)
    """By inbox."""
    unsettled: Mapping[str, int] = field(default_factory=dict)
    """Kind to the number of frames that still wait for something: limits, eyes, an answer."""
    unoffered: Mapping[str, int] = field(default_factory=dict)
    """Of these, how many were never given a place: all is done for them where a rig asks for no eyes."""
    states: Mapping[str, int] = field(default_factory=dict)
    """State of its life to the number of frames, as far as the ledger alone can tell."""
    leaves: tuple[str, ...] = ()
    """Folders a person works in that hold places we gave: their times tell whether anything happened there."""
    written_off: tuple[tuple[str, str], ...] = ()
    """Of each set the name last said to go, and the folder it is offered in: a name still there is of a killed run."""
    views: Mapping[str, int] = field(default_factory=dict)
    """`<rig>/10_Blink` and the like, to the number of places that ought to be there."""
    lacks: tuple[Lack, ...] = ()
    """What is unfinished about masters, as far as the ledger alone can tell."""
    calibration: tuple[tuple[str, str, str], ...] = ()
    """Each set that is to be calibrated and is not yet: its name, `wanted` or `waits`, and what its rig asked for."""
    copies: tuple[tuple[str, str, int], ...] = ()
    """Each set that is calibrated or is to be: its name, a folder of 20_Data its lights lie in, and how many there."""
    adopted: int = 0
    """How many frames are registered where they lie."""
    latest: str = ""
    """When the journal's last line was written, ISO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsSummary:
    """What one file of decisions comes down to."""

    latest: tuple[tuple[str, str, str], ...] = ()
    """A rig or camera, its night, ISO, and when that was last spoken of there, ISO."""
    is_wide: bool = False
    """True when something in it may be heard in any night: a correction, an undo, a word on a rig or inbox file."""
    verdicts: tuple[tuple[str, int, int], ...] = ()
    """Path, size and time of every verdict file that was heard, also of what was taken back since."""
    lines: str = ""
    """Its decisions as lines of JSON, the long lists of frames left out."""
