"""What people decided, in outline and kept between runs (world/outlines): planning decodes none of the words on sets.

    _Decisions ─▶ Said    latest          when each night was last spoken of
                          verdict_files   those that were heard
                          wide            what may be heard in any night: corrections, undos, words on rigs
                          all             every decision; the frames a look names are read when they are asked for

`all` is what `decisions.read` returns, word for word: only the time it takes differs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from itertools import chain, product
from pathlib import Path
from typing import Any

from pipeline.model.frames import Problem
from pipeline.model.records import About, Decision
from pipeline.model.summaries import WordsSummary
from pipeline.rules.corrections import CORRECT
from pipeline.rules.decisions import UNDO, Decisions, decision_file, fold
from pipeline.rules.outline import Night
from pipeline.rules.records import decision_of, moment_text
from pipeline.world import journals
from pipeline.world.collector import collector_resting
from pipeline.world.decisions import decisions_in
from pipeline.world.journals import Look, Record
from pipeline.world.outlines import REST_NS, Outlined, read_outlined

DECISIONS, FILE = "_Decisions", "decisions.json"
_VERSION = 1
_FRAMES, _LINE = "frames", "_line"
_FEW = 3
"""Lists no longer than this are kept where they are."""
_latest: dict[str, tuple[Said, bool]] = {}
"""What was read last in this process, and whether it was kept: nothing had been written for a while then."""
_OF_A_NIGHT = frozenset({About.SET, About.FRAME})


@dataclass(frozen=True)
class Said:
    """All decisions of a library, as far as each question needs them."""

    root: Path = Path()
    files: Mapping[str, WordsSummary] = field(default_factory=dict)
    """By their paths in the library, in the order they are folded in."""
    looks: Mapping[str, Look] = field(default_factory=dict)
    """The same files, as they looked when they were read."""

    def is_still(self, owner: str, nights: Iterable[date]) -> bool:
        """True when nothing was added since to what is filed under a rig's nights, the rig or the library."""
        homes = {home_of(*filed) for filed in product((owner, None), (*nights, None))}
        now = {name: look for home in homes for name, look in journals.looks_in(self.root, home)}
        return now == {name: look for home in homes for name, look in self._by_home.get(home, ())}

    @cached_property
    def _by_home(self) -> dict[str, list[tuple[str, Look]]]:
        found: dict[str, list[tuple[str, Look]]] = {}
        for name, look in self.looks.items():
            found.setdefault(name.rpartition("/")[0], []).append((name, look))
        return found

    @cached_property
    def latest(self) -> dict[Night, str]:
        """When each night was last spoken of, as the ledger writes moments."""
        latest: dict[Night, str] = {}
        for summary in self.files.values():
            for owner, night, when in summary.latest:
                key = owner, date.fromisoformat(night)
                latest[key] = max(when, latest.get(key, ""))
        return latest

    @cached_property
    def verdict_files(self) -> frozenset[tuple[str, int, int]]:
        """The verdict files that were ever heard: they need not be read again."""
        return frozenset(file for summary in self.files.values() for file in summary.verdicts)

    @cached_property
    def wide(self) -> Decisions:
        """The files in which something may be heard in any night, whatever else they hold."""
        return self._folded(name for name, summary in self.files.items() if summary.is_wide)

    @cached_property
    def all(self) -> Decisions:
        """Everything."""
        return self._folded(self.files)

    def _folded(self, names: Iterable[str]) -> Decisions:
        notes: list[Problem] = []
        with collector_resting():
            files = [list(self._decisions(name, notes)) for name in names]
            return fold(files, notes)

    def _decisions(self, name: str, notes: list[Problem]) -> Iterator[Decision]:
        summary, path = self.files[name], self.root / name
        if not summary.lines:  # something in it is no decision: it is read as it is, and that is said
            found, said = decisions_in(path, journals.read(path))
            notes += said
            yield from found
            return
        frames = _Frames(path)
        for record in journals.parse(summary.lines.encode(), name).records:
            if _LINE in record:
                fetch = partial(frames.of, record["id"], record[_LINE])
                record["values"] = _Later(record["values"], fetch)
            one = decision_of(record)
            if one is not None:
                yield one


class _Later(Mapping[str, object]):
    """What a decision says, its frames read from its file when they are asked for."""

    __slots__ = ("_fetch", "_values")

    def __init__(self, values: Mapping[str, object], fetch: Callable[[], list[object]]) -> None:
        self._values = values
        self._fetch = fetch

    def __getitem__(self, key: str) -> object:
        return self._fetch() if key == _FRAMES else self._values[key]

    def __iter__(self) -> Iterator[str]:
        yield _FRAMES
        yield from self._values

    def __len__(self) -> int:
        return len(self._values) + 1

    def __repr__(self) -> str:
        return repr(dict(self))


class _Frames:
    """The lists of frames in one file of decisions, read once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _records(self) -> list[Record]:
        return journals.read(self._path).records

    def of(self, wanted: str, line: int) -> list[object]:
        """The frames that decision names; none where somebody took it out of the file meanwhile."""
        near = chain(self._records[line : line + 1], self._records)
        found = next((one for one in near if one.get("id") == wanted), {})
        values = found.get("values")
        named = values.get(_FRAMES) if isinstance(values, dict) else None
        return named if isinstance(named, list) else []


def read_said(library: Path, state: Path | None, *, remember: bool = True) -> Said:
    """All decisions of a library.

    Args:
        library: Its root.
        state: Where caches lie; None: every file is read.
        remember: False: nothing is written.
    """
    looks = dict(journals.looks_below(library, DECISIONS))
    latest, kept = _latest.get(str(library), (Said(), False))
    if latest.looks == looks and looks and kept >= remember:
        return latest
    now_ns = time.time_ns()
    said = Said(library, read_outlined(library, looks, state, _OUTLINED, remember=remember), looks)
    _latest.clear()
    if all(now_ns - mtime_ns >= REST_NS for _, mtime_ns in looks.values()):
        _latest[str(library)] = said, remember
    return said


def home_of(owner: str | None, night: date | None) -> str:
    """The folder in which the decisions on a night, a rig or the library lie."""
    return decision_file(owner, night, "any").rpartition("/")[0]


def _made(path: Path) -> tuple[WordsSummary, bool]:
    from pipeline.rules.verdict_words import absorbed_verdicts  # not needed where nothing new was said

    journal = journals.read(path)
    known, notes = decisions_in(path, journal)
    latest: dict[Night, str] = {}
    for one in known:
        if one.owner is not None and one.night is not None:
            key = one.owner, one.night
            latest[key] = max(moment_text(one.when), latest.get(key, ""))
    lines = "" if notes else _lines(journal.records)
    summary = WordsSummary(
        latest=tuple((owner, night.isoformat(), when) for (owner, night), when in latest.items()),
        is_wide=not lines or any(map(_is_wide, known)),
        verdicts=tuple(sorted(absorbed_verdicts(Decisions(said=tuple(known))).files)),
        lines=lines,
    )
    names = [*(owner for owner, _ in latest), *(path for path, _, _ in summary.verdicts)]
    return summary, bool(lines) and all(map(_can_be_kept, names))


def _is_wide(one: Decision) -> bool:
    return one.about not in _OF_A_NIGHT or one.kind in {CORRECT, UNDO}


def _lines(records: list[Record]) -> str:
    """The records as lines again; nothing where reading them would not come to the same."""
    short = [_shortened(record, line) for line, record in enumerate(records)]
    data = b"\n".join(map(journals.dump, short))
    return data.decode() if journals.parse(data, "").records == short else ""


def _shortened(record: Record, line: int) -> Record:
    values = record.get("values", {})
    named = values.get(_FRAMES)
    if not isinstance(named, list) or len(named) <= _FEW:
        return {key: item for key, item in record.items() if key != _LINE}
    rest = {key: item for key, item in values.items() if key != _FRAMES}
    return {**record, "values": rest, _LINE: line}


def _can_be_kept(name: object) -> bool:
    """False for bytes of a file name in no alphabet, which JSON does not take."""
    return isinstance(name, str) and name.encode(errors="replace").decode() == name


def _loaded(plain: dict[str, Any]) -> WordsSummary:
    latest = tuple((owner, night, when) for owner, night, when in plain["latest"])
    verdicts = tuple((path, size, mtime_ns) for path, size, mtime_ns in plain["verdicts"])
    return WordsSummary(latest=latest, is_wide=plain["is_wide"], verdicts=verdicts, lines=plain["lines"])


_OUTLINED = Outlined(file=FILE, version=_VERSION, make=_made, load=_loaded)
