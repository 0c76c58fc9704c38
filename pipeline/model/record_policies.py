"""What library.toml says of records: sessions, the scheduler, summaries, notes, watching."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pipeline.model.bounds import Between, Name, Percent, Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """What an imaging session is."""

    gap_hours: Annotated[float, Between(0, 48)] = 0.0
    """A pause of more than this parts a rig's night into two sessions. 0: a rig's night is one session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerDatabase:
    """One of NINA's Target Scheduler databases: one a capture computer."""

    name: Name
    """What status and reports call it."""
    path: Name
    """The file `schedulerdb.sqlite`, or a folder that holds it."""
    logs: Name | None = None
    """NINA's log folder on that computer: a log younger than 30 minutes means that NINA is running."""
    profiles: tuple[Name, ...] = ()
    """GUIDs of the NINA profiles it speaks for. Empty: all that some rig's `profile_ids` name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """NINA's Target Scheduler: read for what is wanted; written only where this says so."""

    write: bool = False
    """True: what was culled or blinked away is subtracted from its counts, so that it is shot again."""
    databases: tuple[SchedulerDatabase, ...] = field(default=(), metadata={"also": "database"})
    """One for each capture computer."""
    project_state: bool = False
    """True: the stage folder of a target sets its project's state (10/20 active, 30 to 50 inactive, 60/70 closed)."""
    keep_backups: Annotated[int, Between(1, 1000)] = 10
    """How many copies from before a change are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summaries:
    """Tables for AstroBin and for spreadsheets."""

    ready_percent: Percent = 95.0
    """A target is ready for its master when every filter has this share of what is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Markdown notes, for Obsidian or any editor."""

    write: bool = True
    """False: no notes are written."""
    folder: Name = "_Notes"
    """Where they lie: relative to the library, or a vault's folder elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How `doit watch` looks after the inboxes."""

    quiet_minutes: Positive = 5.0
    """The night is run when nothing has come in for so long."""
    longest_minutes: Positive = 30.0
    """While frames keep coming it is run all the same after so long, and not more often."""
    again_minutes: Annotated[float, Between(0, 10_080)] = 60.0
    """Run again so long after the last time though nothing came: for the end of the night, for markers. 0: never."""
    poll_seconds: Positive = 30.0
    """How often inboxes are listed where the system does not tell of changes."""
