"""Hold the store against what was recorded: every frame read back, the oldest unverified first.

  doit verify                      everything; stopped in the middle, the next one goes on from there
  doit verify --limit-gb 50        read at most 50 GB now: a little every night
  doit verify --rig C8E --night 2026-01-14
  doit verify --all                begin anew, also what was read before the stop

Looked for are frames that are missing, files nobody recorded, and bytes that are not those first recorded; and in
10_Blink, _Reject and 20_Data files that are not the frames or masters that were put there; and whether the catalogue
tells of just these frames. Each is named with what mends it; `doit status` names a frame that is missing or changed
until a later `doit verify` finds it whole. Nothing is changed but the ledger, where a frame lacked
its SHA-256. Exit code 1 when something is wrong.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.errors import Busy
from pipeline.model.records import Hashed, StoredFact
from pipeline.rules.addresses import read_address
from pipeline.rules.adopted_states import adopted_night
from pipeline.rules.choosing import Filed, night
from pipeline.rules.guards import Guard, held_homes
from pipeline.rules.ledger import Ledger
from pipeline.rules.records import moment_text
from pipeline.rules.spoken import counted, sized
from pipeline.rules.verifying import Finding, Wrong, compare, extras, oldest_first, within
from pipeline.world import ledger as ledgers
from pipeline.world.guards import look_around
from pipeline.world.harms import keep_harms
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.rig_called import rig_called
from pipeline.world.store_listing import StoreListing, list_store
from pipeline.world.telling import teller
from pipeline.world.verification import Reading, read_back, with_mending
from pipeline.world.verified import Proof, Verified
from pipeline.world.verified_catalog import look_at_catalog
from pipeline.world.verified_links import LinksLooked, look_at_links
from pipeline.world.verified_masters import look_at_masters

_GB = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is looked at: what was asked for, but for store folders that are away as a whole."""

    filed: Filed
    guard: Guard

    def holds(self, path: str) -> bool:
        """True for a path to be looked at."""
        return self.filed.holds(path) and not self.guard.why(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be read, and what need not be."""

    findings: list[Finding]
    to_read: list[StoredFact]
    read_before: int
    """By a pass that was stopped."""
    left: int
    """Beyond the limit."""
    left_bytes: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--all", action="store_true", help="begin anew, whatever was read before a stop")
    how.add_argument("--limit-gb", type=float, metavar="N", help="read at most N gigabytes now")
    parser.add_argument("--rig", default="", help="only this rig, or this camera's darks and bias")
    parser.add_argument("--night", type=night, help="only this night, YYYY-MM-DD")
    parser.add_argument("--target", default="", help="only this target")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """List, compare, read back, say what is wrong."""
    library = open_library(context.library, context.environment)
    filed = Filed(
        rig=rig_called(library, arguments.rig), night=arguments.night or "", target=arguments.target
    )
    ledger, listing = ledgers.read(library.root), list_store(library.root)
    scope = Scope(filed=filed, guard=look_around(library.root, held_homes(ledger), ()))
    verified = Verified(library.state)
    what = "\0".join((filed.rig, filed.night, filed.target))
    begun = _begin(verified, what, anew=arguments.all) if arguments.limit_gb is None else None
    plan = _plan(library, ledger, listing, scope, verified, begun, arguments.limit_gb)
    if plan.read_before:
        context.say(
            f"Going on: {counted(plan.read_before, 'file was', 'files were')} read before it was stopped."
        )
    readers = library.configuration.library.limits.readers
    done = read_back(library.root, plan.to_read, verified, readers, teller(context.say, "MB read"))
    note = _record(library, ledger, done.hashed)
    if begun is not None:
        verified.end(what)
    places = look_at_links(
        library.root, ledger.links.values(), ledger.stored, scope.holds, read=arguments.limit_gb is None
    )
    look_at_masters(library.root, ledger, filed, places, read=arguments.limit_gb is None)
    missing = {one.path for one in plan.findings if one.wrong is Wrong.MISSING}
    catalog = look_at_catalog(library, ledger, missing, scope.holds)
    in_store = _still_wrong(library, [*plan.findings, *done.findings])
    keep_harms(verified, in_store, ledger)
    wrong = [*in_store, *places.findings, *catalog.findings]
    away = [one.what for one in scope.guard.waits]
    notes = [*([note] if note else []), *_words_on(places), *catalog.notes, *away]
    return _answer(wrong, plan, done, notes, is_partial=bool(away))


def _words_on(places: LinksLooked) -> list[str]:
    """What was seen in the places frames were given."""
    said = []
    if places.looked_at:
        said.append(f"{counted(places.looked_at, 'name')} in 10_Blink, _Reject and 20_Data looked at.")
    if places.copies:
        copies = counted(places.copies, "is an equal copy", "are equal copies")
        said.append(f"{copies} in place of links: healthy; `doit relink` wins the room.")
    if places.empty:
        gone = counted(places.empty, "is not there", "are not there")
        said.append(f"{gone}: the next `doit` takes it up as what you did.")
    return said


def _begin(verified: Verified, what: str, *, anew: bool) -> str:
    """When the pass began that this run belongs to."""
    begun = None if anew else verified.begun(what)
    if begun is None:
        begun = moment_text(datetime.now(UTC))
        verified.begin(what, begun)
    return begun


def _plan(
    library: OpenLibrary,
    ledger: Ledger,
    listing: StoreListing,
    scope: Scope,
    verified: Verified,
    begun: str | None,
    limit_gb: float | None,
) -> Plan:
    facts = [fact for fact in ledger.stored.values() if _is_looked_at(fact, ledger, scope)]
    files = _with_adopted(library, facts, listing)
    compared = compare(facts, files, listing.unread)
    unknown = [path for path in extras(listing.files, ledger.stored) if scope.holds(path)]
    found = [
        Finding(wrong=Wrong.EXTRA, path=path, says="is in the store, but no ledger knows it")
        for path in unknown
    ]
    proofs = verified.proofs()
    ordered = oldest_first(compared.to_read, {stored: proof.at for stored, proof in proofs.items()})
    unproven = [
        fact for fact in ordered if not _is_proven(proofs.get(fact.stored), begun, files[fact.stored])
    ]
    to_read = within(unproven, None if limit_gb is None else limit_gb * _GB)
    left = unproven[len(to_read) :]
    return Plan(
        findings=[*compared.findings, *found],
        to_read=to_read,
        read_before=len(ordered) - len(unproven),
        left=len(left),
        left_bytes=sum(fact.size for fact in left),
    )


def _is_looked_at(fact: StoredFact, ledger: Ledger, scope: Scope) -> bool:
    """True for what was asked for; an adopted frame that its person deleted is not missing."""
    if not fact.is_adopted:
        return scope.holds(fact.stored)
    link, record = ledger.links.get(fact.stored), ledger.adopted.get(fact.stored, {})
    is_there = link is None or link.state != "absent"
    return is_there and scope.filed.holds_adopted(record, fact.stored)


def _with_adopted(
    library: OpenLibrary, facts: Sequence[StoredFact], listing: StoreListing
) -> dict[str, tuple[int, int]]:
    """The listing, and what was adopted or promoted, wherever it lies."""
    files = dict(listing.files)
    for fact in facts:
        if fact.stored not in files and read_address(fact.stored) is None:
            path = library.root / fact.at
            if path.is_file() and not path.is_symlink():
                found = path.stat()
                files[fact.stored] = (found.st_size, found.st_mtime_ns)
    return files


def _is_proven(proof: Proof | None, begun: str | None, seen: tuple[int, int]) -> bool:
    """True when this very pass has read the file already."""
    return (
        proof is not None and begun is not None and proof.at >= begun and seen == (proof.size, proof.mtime_ns)
    )


def _record(library: OpenLibrary, ledger: Ledger, hashed: Sequence[Hashed]) -> str:
    """Give the ledger the hashes it lacked; a run at work has the right of way, and takes them itself."""
    nights: dict[tuple[str | None, date | None], list[Hashed]] = {}
    for one in hashed:
        nights.setdefault(_filed_under(one.stored, ledger), []).append(one)
    if not nights:
        return ""
    try:
        with Lock(library.root, command="doit verify"):
            for (owner, evening), entries in nights.items():
                ledgers.write(library.root, owner, evening, entries)
    except Busy:
        return (
            f"{counted(len(hashed), 'new hash', 'new hashes')} could not be recorded: another run is at work."
        )
    return f"{counted(len(hashed), 'frame')} got the SHA-256 that was not recorded yet."


def _filed_under(stored: str, ledger: Ledger) -> tuple[str | None, date | None]:
    """The rig or camera and the night in whose journal a frame's lines stand."""
    address, record = read_address(stored), ledger.adopted.get(stored)
    if record is not None:
        return str(record.get("owner") or "") or None, adopted_night(record)
    return (address.owner, address.night) if address else (None, None)


def _still_wrong(library: OpenLibrary, findings: Sequence[Finding]) -> list[Finding]:
    """What is wrong by a fresh look: while frames were read, a run may have stored or thrown away others."""
    if not findings:
        return []
    ledger, listing = ledgers.read(library.root), list_store(library.root)
    unknown = set(extras(listing.files, ledger.stored))
    still = [one for one in findings if one.wrong is not Wrong.EXTRA and one.path in ledger.stored]
    still = [one for one in still if one.wrong is not Wrong.MISSING or one.path not in listing.files]
    still += [one for one in findings if one.wrong is Wrong.EXTRA and one.path in unknown]
    return with_mending(library, ledger, [replace(one, says=_given_up(one, ledger)) for one in still])


def _given_up(finding: Finding, ledger: Ledger) -> str:
    is_grave = finding.wrong is Wrong.EXTRA and finding.path in ledger.tombstones
    return "was given up, but lies in the store" if is_grave else finding.says


def _answer(
    wrong: Sequence[Finding], plan: Plan, done: Reading, notes: Sequence[str], *, is_partial: bool
) -> Answer:
    rows = [{"wrong": one.wrong.value, "path": one.path, "what": one.says, "mend": one.mend} for one in wrong]
    data: dict[str, Any] = {
        "read": done.frames,
        "read_logs": done.logs,
        "read_bytes": done.bytes,
        "read_before": plan.read_before,
        "left": plan.left,
        "hashed": len(done.hashed),
        "notes": list(notes),
        **{kind.value: [row for row in rows if row["wrong"] == kind.value] for kind in Wrong},
    }
    logs = f" and {counted(done.logs, 'log or session file', 'logs and session files')}" if done.logs else ""
    lines = [f"{counted(done.frames, 'frame')}{logs} read back, {sized(done.bytes)}."]
    lines += notes
    if plan.left:
        lines.append(
            f"{counted(plan.left, 'file is', 'files are')} left for the next time ({sized(plan.left_bytes)})."
        )
    if not wrong:
        lines.append("Everything that was looked at is as it was recorded.")
        return Answer(sentences=tuple(lines), data=data, exit_code=WAITS if is_partial else OK)
    for one in wrong:
        lines += [f"{one.path}: {one.says}", f"    mend: {one.mend}"]
    counts = {kind: sum(one.wrong is kind for one in wrong) for kind in Wrong}
    said = ", ".join(f"{number} {kind.value}" for kind, number in counts.items() if number)
    return Answer(sentences=tuple(lines), closing=(f"Wrong: {said}.",), data=data, exit_code=WAITS)
