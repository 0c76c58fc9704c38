"""Give imaging sessions names, join two, part one: a rig's night is one session unless you say otherwise.

  doit session                            every session there is (`doit show sessions` asks for some of them)
  doit session ID --name "Perseids"       call it so
  doit session ID --into ID               its frames belong to the other session, of the same rig
  doit session ID --split FRAME           parted: FRAME, and what was taken later, becomes a session of its own
  doit session ID --undo                  take back all that was said of it

FRAME is a stored file's name or path, or a moment such as 2026-01-15T02:30:00Z. Nothing moves on the disk: sessions are
how catalogue, pages and notes put frames together. `[sessions] gap_hours` in library.toml parts nights at long pauses.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime

from pipeline.model.answers import CANNOT, Answer, Context
from pipeline.model.catalog import Catalog, FrameRow, SessionRow
from pipeline.model.errors import UserError
from pipeline.model.records import About, Decision
from pipeline.rules.phrases import meant
from pipeline.rules.report_words import hours
from pipeline.rules.session_parts import JOIN, NAME, SPLIT
from pipeline.rules.spoken import counted
from pipeline.world import decisions as decided
from pipeline.world.catalog import read_catalog
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.person import who_decides
from pipeline.world.rig_called import rig_called
from pipeline.world.said import read_said

_KINDS = (NAME, JOIN, SPLIT)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("session", nargs="?", default="", metavar="ID", help="2026-01-14/<rig>, as listed")
    said = parser.add_mutually_exclusive_group()
    said.add_argument("--name", metavar="TEXT", help="what it is called")
    said.add_argument("--into", metavar="ID", help="the session it is joined to")
    said.add_argument("--split", metavar="FRAME", help="the first frame, or moment, of the second part")
    said.add_argument("--undo", action="store_true", help="take back what was said of it")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept beside the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """List the sessions, or write down what is said of one."""
    library = open_library(context.library, context.environment)
    if not arguments.session:
        return _list(read_catalog(library, tables={"sessions"}))
    asked = (arguments.name, arguments.into, arguments.split)
    if not arguments.undo and all(one is None for one in asked):
        raise UserError(
            f"What is to become of {arguments.session}? Add --name, --into, --split or --undo; "
            "`doit help session` says more."
        )
    arguments.session = _id_of(library, arguments.session)
    arguments.into = _id_of(library, arguments.into) if arguments.into is not None else None
    who = who_decides(context.environment)
    with Lock(library.root, command="doit session"):
        if arguments.undo:
            return _take_back(library, arguments.session, who, arguments.why)
        kind, values, says = _said(library, arguments)
        rig = _rig_of(arguments.session)
        decision = decided.decide(
            library.root,
            kind,
            About.SESSION,
            arguments.session,
            owner=rig,
            values=values,
            who=who,
            why=arguments.why,
        )
    data = {"session": arguments.session, **values, "decision": decision.id}
    return Answer(sentences=(f"{says} The next `doit` writes it down.",), data=data)


def _said(library: OpenLibrary, arguments: argparse.Namespace) -> tuple[str, dict[str, str], str]:
    """Which decision it is, its values, and the sentence."""
    session = arguments.session
    catalog = read_catalog(library, tables={"sessions"}, owners={_rig_of(session)})
    known = [row["id"] for row in catalog.sessions]
    _require(session, known)
    if arguments.name is not None:
        return NAME, {"name": arguments.name.strip()}, f"{session} is called {arguments.name.strip()!r}."
    if arguments.into is not None:
        _require(arguments.into, known)
        if arguments.into == session:
            raise UserError(f"{session} cannot be joined to itself.")
        return JOIN, {"into": arguments.into}, f"The frames of {session} belong to {arguments.into}."
    at = _moment(library, session, arguments.split)
    return (
        SPLIT,
        {"at": at},
        f"{session} is parted at {at}: what was taken from then on is a session of its own.",
    )


def _require(session: str, known: Iterable[str]) -> None:
    names = list(known)
    if session not in names:
        raise UserError(f"No session of that rig is called {session!r}: {meant(session, names)}")


def _id_of(library: OpenLibrary, session: str) -> str:
    """The id with its rig's whole name: `2026-01-14/C8E` will do."""
    night, slash, rest = session.partition("/")
    rig, tilde, part = rest.partition("~")
    return f"{night}{slash}{rig_called(library, rig)}{tilde}{part}"


def _rig_of(session: str) -> str:
    night, slash, rig = session.partition("/")
    if not (night and slash and rig):
        raise UserError(f"{session!r} is no session's id: write 2026-01-14/<rig>; `doit session` lists them.")
    return rig.partition("~")[0]


def _moment(library: OpenLibrary, session: str, word: str) -> str:
    """When the second part begins: the moment itself, or that of a frame of the session."""
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        return _moment_of_frame(library, session, word)
    if moment.tzinfo is None:
        raise UserError(f"{word}: in which zone? Write it in UTC with a Z at its end, or name a frame.")
    return moment.astimezone(UTC).isoformat()


def _moment_of_frame(library: OpenLibrary, session: str, word: str) -> str:
    rig = _rig_of(session)
    tables = read_catalog(library, owners={rig}).owners.get(rig)
    frames: list[FrameRow] = [
        row for row in (tables.frames if tables else ()) if row.get("session") == session
    ]
    path = word.replace("\\", "/")
    found = [row for row in frames if row["stored"] == path or row["stored"].rpartition("/")[2] == path]
    if not found:
        raise UserError(
            f"{session} has no frame {word!r}; `doit show frames --night {session[:10]}` lists them."
        )
    if "utc" not in found[0]:
        raise UserError(f"{word}: nobody knows when it was taken, so nothing can be parted there.")
    return found[0]["utc"]


def _take_back(library: OpenLibrary, session: str, who: str, why: str) -> Answer:
    said = read_said(library.root, library.state, remember=False).all
    holding: list[Decision] = [
        one for one in said.holding.get((About.SESSION, session), ()) if one.kind in _KINDS
    ]
    if not holding:
        return Answer(sentences=(f"Nothing was said of {session}.",), exit_code=CANNOT)
    for one in holding:
        taken = decided.undo(library.root, one, who=who, why=why)
    return Answer(
        sentences=(f"{session} is as its night made it. The next `doit` writes it down.",),
        data={"session": session, "decision": taken.id},
    )


def _list(catalog: Catalog) -> Answer:
    rows = [_row(one) for one in sorted(catalog.sessions, key=lambda one: (one["night"], one["id"]))]
    none = ("There are no sessions yet: `doit` writes them down.",)
    return Answer(sentences=(*catalog.troubles, *(() if rows else none)), rows=rows, data=rows)


def _row(one: SessionRow) -> dict[str, str]:
    return {
        "session": one["id"],
        "name": one.get("name", ""),
        "targets": ", ".join(one.get("targets", ())),
        "frames": counted(one.get("frames", 0), "frame"),
        "accepted": hours(one.get("accepted_s", 0.0)),
    }
