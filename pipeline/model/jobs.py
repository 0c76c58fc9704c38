"""A job: one piece of the night's work, planned but not begun.

Stages plan jobs, the engine runs them; neither knows the other. A job names its effect as text, so that
planning imports nothing heavy and a job can travel to a worker:

    plan_night(library) ─▶ Job(effect="pipeline.stages.renamed:store_night", arguments={...})
                             │ when it is due
                             ▼
    store_night(work, **arguments) ─▶ Outcome("408   3 duplicates", counts={"stored": 408})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.model.answers import Answer

_NOT_IN_NAMES = frozenset('%=*\\"')
"""`=` and `*` mean something to doit, the others to shells."""


def job_name(stage: str, *subject: str) -> str:
    """The name of a job, `<stage>:<subject>`; what must not be in it is written %XX, so no two become one."""
    return f"{stage}:{'_'.join(map(_plain, subject))}"


def _plain(text: str) -> str:
    if text.isprintable() and _NOT_IN_NAMES.isdisjoint(text):
        return text
    return "".join(
        char if char.isprintable() and char not in _NOT_IN_NAMES else _percent(char) for char in text
    )


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One task of the night: a set, a night, a master, a rig, a page; never a frame."""

    stage: str
    name: str
    """`<stage>:<subject>`, relative and stable: it is the key under which its success is remembered."""
    doc: str
    """One line for `doit list --all`."""
    inputs: tuple[str, ...] = ()
    """Files it reads: relative to the library with `/`, or absolute for what lies outside (an inbox)."""
    targets: tuple[str, ...] = ()
    """Files it makes, written like the inputs."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Everything it depends on that is no file, JSON-able: rig slice, parameters, VERSION."""
    effect: str
    """Dotted name, `pipeline.stages.renamed:store_night`, resolved when it runs; called with a Work."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Plain keyword arguments of the effect. What changes the outcome belongs into settings too."""
    check: str = ""
    """Dotted name of `check(library, **check_arguments) -> bool`: False when the work must be done again."""
    check_arguments: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    """Names of jobs to be done first, where no file says so."""
    behind: tuple[str, ...] = ()
    """Names of jobs that come earlier, whatever becomes of them: their failure does not stop this one."""
    derived: bool = False
    """True: the targets can be made again, so `doit clean` may remove them."""
    touches_inbox: bool = False
    """True: it reads or retires raw files, so a sync service is paused before it begins."""
    rig: str = ""
    night: str = ""
    target: str = ""
    """What `doit --rig --night --target` select by; empty where it speaks for many."""

    def __post_init__(self) -> None:
        if not self.name.startswith(f"{self.stage}:") or not _NOT_IN_NAMES.isdisjoint(
            self.name.replace("%", "")
        ):
            raise ValueError(f"{self.name!r}: make it with job_name({self.stage!r}, ...)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of the night, as `doit list` and the diary show it."""

    name: str
    """The state it brings about: `renamed`, `culled`."""
    heading: str
    """The first word of its diary lines: `Stored`, `Culled`."""
    doc: str
    """One imperative sentence, under 60 characters: a line of the method section."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an effect says when it is done."""

    says: str = ""
    """Its diary line, without the heading: `C8E  M31 L 300 s  38 of 42 kept  3 HFR > 4.6 px`."""
    counts: Mapping[str, float] = field(default_factory=dict)
    """Numbers for the run's sums, by name: `{"stored": 408, "duplicates": 3}`."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an effect knows of the run it belongs to."""

    library: Path
    """The library's root; the paths of a job are relative to it."""
    progress: Callable[[int, int], None] = lambda _done, _of: None
    """Says how far it is, n of m; cheap, may be called for every frame and from any thread."""
    hear: Callable[[Iterable[str]], None] = lambda _lines: None
    """Takes what another program was told and said: it is kept in the run's log, also where the job fails."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file's content as somebody already knows it, which saves reading it again."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The night, planned."""

    jobs: Sequence[Job]
    """In the order of the night."""
    waits: tuple[str, ...] = ()
    """What nothing is planned for until a person sees to it; said at the end of each run, which then ends with 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asked of a plan."""

    now: bool = False
    """`--now`: every night counts as over, so that its sets are judged."""
    everything: bool = False
    """Sealed nights are opened: for who must know every file that some task makes."""


@dataclass(slots=True)
class Tally:
    """What a run did: the numbers behind its last lines."""

    done: int = 0
    failed: int = 0
    later: int = 0
    blocked: int = 0
    """Not begun, because something they need failed or is later."""
    current: int = 0
    """Nothing to do: up to date."""
    counts: dict[str, float] = field(default_factory=dict)
    """The counts of all outcomes, summed."""


def _nothing_known(_library: Path) -> Callable[[str], FileRecord | None]:
    return lambda _path: None


def _no_pause(_library: Path) -> AbstractContextManager[None]:
    return nullcontext()


def _nothing_to_add(_library: Path, _tally: Tally) -> Answer:
    return Answer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """All the engine is told about the night: its stages, its plan, and what surrounds a run."""

    stages: tuple[Stage, ...]
    """In the order of the night."""
    plan: Callable[[Path, Asked], Plan]
    """Scans and plans once, for the library at this root."""
    state_folder: Callable[[Path], Path] = lambda library: library / ".nightbuild"
    """Where state, lock and run logs of a library lie."""
    known_files: Callable[[Path], Callable[[str], FileRecord | None]] = _nothing_known
    """What the ledger knows of a path, so that no stored frame is hashed twice."""
    threads: Callable[[Path], int] = lambda _library: 0
    """How many tasks run side by side where `-n` does not say; 0 is one after another."""
    pauses_s: tuple[float, ...] = (1.0, 4.0)
    """How long a task that met passing trouble waits between its tries; after the last one it is later."""
    open: Callable[[Path], tuple[str, ...]] = lambda _library: ()
    """What a run does first, once the library is its own; sentences about what it found."""
    pause_sync: Callable[[Path], AbstractContextManager[None]] = _no_pause
    """Held from the first job that touches an inbox until the run's end."""
    close: Callable[[Path, Tally], Answer] = _nothing_to_add
    """The last lines of a run that did something: what waits, and the balance."""
