"""Reading stored frames back and holding them against what was first recorded.

Several at once, the oldest unverified first; what was proven is remembered as it goes, so that a run that is
stopped has not read in vain. What is wrong is said with the way to mend it, a good copy sought where one may be.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import monotonic

from pipeline.model.errors import FrameError, PassingError
from pipeline.model.records import Hashed, Stays, StoredFact
from pipeline.rules.ledger import Ledger
from pipeline.rules.records import moment_text
from pipeline.rules.verifying import Finding, Wrong, judge
from pipeline.world import trash
from pipeline.world.files import sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.verified import Proof, Verified

_BATCH = 64
_EVERY_S = 2.0


@dataclass(slots=True, kw_only=True)
class Reading:
    """What was read, and what it showed."""

    findings: list[Finding] = field(default_factory=list)
    hashed: list[Hashed] = field(default_factory=list)
    """Hashes the ledger does not have yet."""
    frames: int = 0
    logs: int = 0
    """Logs and session files, which lie beside the frames of their night."""
    bytes: int = 0


def read_back(
    library: Path,
    facts: Sequence[StoredFact],
    verified: Verified,
    readers: int,
    tell: Callable[[int, int], None],
) -> Reading:
    """Read these files; `tell` is told the megabytes read, of how many."""
    done, total = Reading(), sum(fact.size for fact in facts)
    proofs: list[Proof] = []
    noted = monotonic()
    try:
        for fact, finding, proof, hashed in _read_all(library, facts, readers):
            done.findings += [finding] if finding else []
            proofs += [proof] if proof else []
            done.hashed += [hashed] if hashed else []
            is_log = fact.stays == Stays.WITNESS
            done.frames, done.logs = done.frames + (not is_log), done.logs + is_log
            done.bytes += fact.size
            tell(done.bytes // 1_000_000, total // 1_000_000)
            if len(proofs) >= _BATCH or monotonic() - noted > _EVERY_S:
                verified.note(proofs)
                proofs.clear()
                noted = monotonic()
    finally:
        verified.note(proofs)
    return done


_Result = tuple[StoredFact, Finding | None, Proof | None, Hashed | None]


def _read_all(library: Path, facts: Iterable[StoredFact], readers: int) -> Iterator[_Result]:
    """The results as they come; no more is begun than is read at once, so that a stop is quick."""
    waiting = iter(facts)
    with ThreadPoolExecutor(readers, thread_name_prefix="verify") as pool:
        running: set[Future[_Result]] = {pool.submit(_read, library, one) for one in islice(waiting, readers)}
        while running:
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(_read, library, one) for one in islice(waiting, len(ready))}
            for future in ready:
                yield future.result()


def _read(library: Path, fact: StoredFact) -> _Result:
    path = library / fact.at
    try:
        seen = path.stat()
        sha256 = sha256_of(path)
    except FileNotFoundError:
        return fact, Finding(wrong=Wrong.MISSING, path=fact.stored, says="is not there any more"), None, None
    except (FrameError, PassingError, OSError) as error:
        said = str(error).removeprefix(f"{path}: ")
        return fact, Finding(wrong=Wrong.UNREADABLE, path=fact.stored, says=said), None, None
    now = datetime.now(UTC)
    proof = Proof(fact.stored, moment_text(now), seen.st_size, seen.st_mtime_ns)
    if fact.sha256 is None:
        return fact, None, proof, Hashed(when=now, stored=fact.stored, sha256=sha256)
    finding = judge(fact, sha256, seen.st_mtime_ns)
    return fact, finding, None if finding else proof, None


def with_mending(library: OpenLibrary, ledger: Ledger, findings: Iterable[Finding]) -> list[Finding]:
    """Each finding with what to type."""
    thrown = {one.origin: one for one in trash.contents(library.root)}
    return [replace(one, mend=_mend(library, ledger, one, thrown.get(one.path))) for one in findings]


def _mend(library: OpenLibrary, ledger: Ledger, finding: Finding, thrown: trash.Thrown | None) -> str:
    fact = ledger.stored.get(finding.path)
    path = library.root / (fact.at if fact is not None else finding.path)
    if finding.wrong is Wrong.UNREADABLE:
        return "give it read rights or look at its disk, then run `doit verify` again"
    if finding.wrong is Wrong.EXTRA:
        return _mend_extra(library, ledger, finding.path)
    if finding.wrong is Wrong.MISSING and thrown is not None:
        return f"doit trash --restore {shlex.quote(finding.path)}"
    good = _good_copy(library, ledger, fact, path) if fact is not None else None
    if good is not None:
        return copy_command(good, path)
    return "no good copy was found in this library; bring it back from a backup, to exactly this path"


def _mend_extra(library: OpenLibrary, ledger: Ledger, path: str) -> str:
    if path in ledger.tombstones:
        return f"doit purge --yes {shlex.quote(path)} (it was given up, and lies here still or again)"
    inbox = shlex.quote(str(library.inboxes[0][1])) if library.inboxes else "an inbox"
    return f"run `doit`; if it is named again then, move it into {inbox} and run `doit` once more"


def _good_copy(library: OpenLibrary, ledger: Ledger, fact: StoredFact, damaged: Path) -> Path | None:
    """Another file that has the very bytes: a name in an inbox, or a place it was delivered to."""
    folders = {inbox.path: folder for inbox, folder in library.inboxes}
    places = [folders[fact.inbox] / fact.original] if fact.inbox in folders else []
    places += [library.root / link.link for link in ledger.links_of(fact.stored)]
    for place in places:
        with suppress(OSError, FrameError, PassingError):
            is_other = damaged.is_symlink() or not (damaged.exists() and place.samefile(damaged))
            if is_other and place.stat().st_size == fact.size and sha256_of(place) == fact.sha256:
                return place
    return None


def copy_command(source: Path, target: Path) -> str:
    """How a person copies a file and keeps its time; a link in its place goes first."""
    if os.name == "nt":
        return f'copy /y "{source}" "{target}"'
    first = f"rm {shlex.quote(str(target))} && " if target.is_symlink() else ""
    return f"{first}cp -pf {shlex.quote(str(source))} {shlex.quote(str(target))}"
