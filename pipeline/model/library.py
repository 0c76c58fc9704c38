"""The library's own settings (`library.toml`), the aliases of targets, and all configuration as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pipeline.model.backup_policies import Backup
from pipeline.model.bounds import Between, Count, Name, Percent, Positive
from pipeline.model.record_policies import Notes, Scheduler, Sessions, Summaries, Watch
from pipeline.model.rigs import Inbox, Rig, Site, Views, also
from pipeline.model.services import SyncSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireAfter:
    """Take raw names out of the inbox some time after their frames are safe."""

    after_days: Annotated[float, Between(0, 36500)]
    """How long a stored frame's name stays in the inbox."""
    when: Literal["stored", "backed_up"] = "stored"
    """The days are counted from when it was stored. "backed_up": and the name stays until the bucket has the frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archives:
    """What a zip or tar found in an inbox may hold; a larger one is left where it is and named."""

    unpack: bool = True
    """False: archives are files like any other, left where they are."""
    max_files: Count = 20_000
    """The most files one archive may hold."""
    max_gb: Positive = 100.0
    """The most gigabytes one archive may unpack to."""
    max_ratio: Positive = 200.0
    """The most a file may grow in unpacking; real frames grow two- or threefold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of the machine a run may take."""

    workers: Annotated[int, Between(1, 1024)] | None = None
    """Processes for work on pixels. Absent: one for each core."""
    memory_mb: Annotated[int, Between(200, 10_000_000)] | None = None
    """Memory all workers together may use. Absent: half of what the machine has."""
    readers: Annotated[int, Between(1, 256)] = 4
    """Files read at the same time; a network share bears few."""
    nice: Annotated[int, Between(0, 19)] = 5
    """How far a run steps back for other programs: 0 not at all, 19 as far as it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepFree:
    """Room that is never filled on a disk; the smaller of the two."""

    percent: Percent = 5.0
    """Share of the disk."""
    gb: Annotated[float, Between(0, 1_000_000)] = 20.0
    """Gigabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlinkPages:
    """How the pages for blinking are made, and where their verdicts are looked for."""

    pages: bool = True
    """False: no previews and no pages are made; PixInsight or any other viewer does."""
    downloads: Name | None = None
    """Your browser's download folder: verdict files are read from it too, and left there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterSources:
    """Where masters that other programs made are found."""

    wbpp_output: tuple[Name, ...] | Name = ()
    """A folder such as PixInsight's WBPP `master`, or a list: masters found there are copied into the libraries."""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders, however many were named."""
        return (self.wbpp_output,) if isinstance(self.wbpp_output, str) else self.wbpp_output


@dataclass(frozen=True, slots=True, kw_only=True)
class Siril:
    """The Siril that integrates masters where a rig asks for it."""

    command: Name | None = None
    """Its program; absent: `siril-cli`, or Siril where it is usually installed."""
    timeout_minutes: Positive = 120.0
    """After so long it is ended and the master is left for the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixInsight:
    """The PixInsight that integrates masters where a rig asks for it."""

    command: Name | None = None
    """Its program; absent: where it is usually installed."""
    timeout_minutes: Positive = 240.0
    """After so long it is ended and the master is left for the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """What library.toml says; the defaults are those of a library without one."""

    inboxes: tuple[Inbox, ...] = field(default=(Inbox(path="_Inbox"),), metadata=also("inbox"))
    """Where raw frames arrive: paths, or tables. Those named here replace `_Inbox` in the library."""
    sites: tuple[Site, ...] = field(default=(), metadata=also("site"))
    """The places one observes from."""
    unknown_rigs: Literal["ask", "accept"] = "ask"
    """Frames of a rig no file describes wait in the inbox ("ask"), or follow `_default.toml` ("accept")."""
    state_dir: Name = ".nightbuild"
    """Caches and task state; absolute (a local disk is faster than a share) or relative to the library."""
    views: Views = "auto"
    """How frames appear in 10_Blink and 20_Data: by link where the disk can, by copy, or by symlink."""
    settle_seconds: Annotated[float, Between(0, 86_400)] = 5.0
    """A file changed more recently than this may still be being written: a run waits, then looks again."""
    retire: Literal["later", "next_run", "manual"] | RetireAfter = "later"
    """When a stored frame's name leaves the inbox: in a run 12 hours later or more, in the very next one, by
    `doit retire` alone, or `{ after_days = 7 }`. The stored frame is read again first."""
    archives: Archives = Archives()
    """What a zip or tar found in an inbox may hold."""
    blink: BlinkPages = BlinkPages()
    """The pages for blinking."""
    masters: MasterSources = MasterSources()
    """Masters made elsewhere."""
    siril: Siril = Siril()
    """The Siril on this computer."""
    pixinsight: PixInsight = PixInsight()
    """The PixInsight on this computer."""
    sessions: Sessions = field(default_factory=Sessions)
    """What an imaging session is."""
    scheduler: Scheduler = field(default_factory=Scheduler)
    """NINA's Target Scheduler."""
    summaries: Summaries = field(default_factory=Summaries)
    """Tables for AstroBin and for spreadsheets."""
    notes: Notes = field(default_factory=Notes)
    """Markdown notes."""
    watch: Watch = field(default_factory=Watch)
    """How `doit watch` looks after the inboxes."""
    limits: Limits = Limits()
    """How much of the machine a run may take."""
    keep_free: KeepFree = KeepFree()
    """Room that is never filled on a disk."""
    backup: Backup = field(default_factory=Backup)
    """The library in a bucket."""
    sync: SyncSettings = field(default_factory=SyncSettings)
    """The service that carries frames here, and how it is told to wait."""

    @property
    def waits_for_no_backup(self) -> bool:
        """True where inbox names are to stay until a backup has their frames, and nothing is backed up."""
        return (
            isinstance(self.retire, RetireAfter)
            and self.retire.when == "backed_up"
            and not self.backup.enabled
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetAlias:
    """Other spellings joined under one target."""

    name: Name
    """The spelling of the target's folder."""
    aliases: tuple[Name, ...]
    """The other spellings. Letter case, blanks and accents' forms need none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetList:
    """What targets.toml says."""

    targets: tuple[TargetAlias, ...] = field(default=(), metadata=also("target"))
    """One table for each target that has several spellings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything a person wrote for Nightbuild to follow."""

    library: Library = Library()
    rigs: tuple[Rig, ...] = ()
    """Sorted by name."""
    targets: tuple[TargetAlias, ...] = ()
    stranger: Rig
    """What holds for a rig no file describes: `_default.toml` with no name on it."""
    folder: str = ""
    """Where it was read from."""
    files: tuple[str, ...] = ()
    """The files it was read from, absolute: what a task that depends on them names."""
    mark: str = ""
    """A digest of what stood in them."""
    warnings: tuple[str, ...] = ()
    """Sentences for the person: nothing that stops a run."""

    def rig(self, name: str) -> Rig | None:
        """The rig of exactly this name."""
        return next((rig for rig in self.rigs if rig.name == name), None)

    def describe_stranger(self, *, name: str, optic: str, focal_ratio: float, camera: str) -> Rig:
        """A rig no file describes, as the defaults would have it."""
        body = replace(self.stranger.camera, name=camera)
        return replace(self.stranger, name=name, optic=optic, focal_ratio=focal_ratio, camera=body)

    @property
    def sites(self) -> Mapping[str, Site]:
        """The sites by name."""
        return {site.name: site for site in self.library.sites}
