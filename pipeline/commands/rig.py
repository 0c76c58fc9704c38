r"""List the rigs, name a new one, give a known one another name, or read a NINA profile.

  doit rig                                     the known rigs, and those whose frames wait in an inbox
  doit rig --new "C8E@f10.0+ASI2600MM"         make its file from what the waiting frames say
  doit rig --new "C8E@f10.0+ASI2600MM" --from "SQA55@f5.3+ATR585M"      judged as that one is
  doit rig --alias "Edge8@f10.0+ASI2600MM" "C8E@f10.0+ASI2600MM"        the first is the second
  doit rig --alias "Edge8@f10.0+ASI2600MM" "C8E@f10.0+ASI2600MM" --from 2024-03-01 --until 2025-08-20
  doit rig X.profile                           write the rig's file; where there is one, show the difference
  doit rig FOLDER                              each profile in it (NINA's: %LocalAppData%\NINA\Profiles)
  doit rig X.profile --update --on 2026-01-10  add new filters, an end for those gone since that night, the id

With --undo, --new takes the file away again (unedited, and nothing stored under it) and --alias exactly that
alias. --from is the first night with the alias, --until the first night without it. Files go beside the other
rig files: the folder NIGHTBUILD_RIGS names, else _Rigs in the library; when _Rigs holds none, the ones that came
with Nightbuild are copied there first, so that what was known stays known. A profile's file is never written
over; an update keeps comments and all you wrote. A profile belongs to the rig that lists its id, else to the one
it is called after: <optic>@f<ratio>+<camera>. Where a rig has several profiles, give them all: a filter is gone
when it is in none of them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from pipeline.commands.rig_alias import add_alias, drop_alias
from pipeline.commands.rig_new import make_rig, unmake_rig
from pipeline.commands.rig_profile import from_profiles
from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.library import Configuration
from pipeline.model.survey import Arrival
from pipeline.rules.addresses import read_address
from pipeline.rules.corrections import night_from
from pipeline.rules.layout import CALIBRATION
from pipeline.rules.likeness import nearest_rig
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.spoken import counted
from pipeline.world import rig_files
from pipeline.world.configuration import load_configuration
from pipeline.world.library import open_library
from pipeline.world.rig_ground import unknown
from pipeline.world.survey import Seen, see

_NO_FILE = "no file: judged as _default.toml says"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help="a .profile file, or a folder of them")
    parser.add_argument("--new", metavar="NAME", help="make the file of a rig, <optic>@f<ratio>+<camera>")
    parser.add_argument(
        "--alias", nargs=2, metavar=("WRITTEN", "KNOWN"), help="frames written as the one belong to the other"
    )
    parser.add_argument(
        "--from",
        dest="since",
        default="",
        metavar="RIG|DATE",
        help="with --new: the rig whose limits and policies it takes over; with --alias: the first night",
    )
    parser.add_argument(
        "--until", default="", metavar="DATE", help="with --alias: the first night without it"
    )
    parser.add_argument("--undo", action="store_true", help="take --new or --alias back")
    parser.add_argument("--update", action="store_true", help="add what is new to rig files that exist")
    parser.add_argument(
        "--on",
        type=date.fromisoformat,
        metavar="DATE",
        help="first night of the change, YYYY-MM-DD; tonight if absent",
    )


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Do the one thing that was asked."""
    _require_sense(arguments)
    if arguments.new is not None:
        if arguments.undo:
            return unmake_rig(arguments.new, context)
        return make_rig(arguments.new, arguments.since, context)
    if arguments.alias is not None:
        written, known = arguments.alias
        if arguments.undo:
            return drop_alias(written, known, context)
        return add_alias(written, known, _day(arguments.since), _day(arguments.until), context)
    return from_profiles(arguments, context) if arguments.profiles else list_rigs(context)


def list_rigs(context: Context) -> Answer:
    """The known rigs with their frames, and what waits for a rig."""
    if context.library is None:
        configuration = load_configuration(None, context.environment.get("NIGHTBUILD_RIGS"))
        known = [_known_row(name, {}, configuration) for name in _names(configuration, {})]
        return Answer(columns=("rig", "file"), rows=known, data={"known": known, "waiting": []})
    library = open_library(context.library, context.environment)
    seen = see(library, remember=False)
    counts = _stored_by_rig(seen)
    known = [
        _known_row(name, counts, library.configuration) for name in _names(library.configuration, counts)
    ]
    waiting = _waiting_rows(seen)
    return Answer(
        columns=("rig", "frames", "file"),
        rows=known,
        closing=tuple(line for row in waiting for line in _waiting_lines(row)),
        data={"known": known, "waiting": waiting},
    )


def _require_sense(arguments: argparse.Namespace) -> None:
    ways = [
        name for name, said in (("--new", arguments.new), ("--alias", arguments.alias)) if said is not None
    ]
    ways += ["a profile"] if arguments.profiles else []
    if len(ways) > 1:
        raise UserError(f"{' and '.join(ways)} are two things; type them one after the other.")
    way = ways[0] if ways else ""
    for said, option, goes in (
        (arguments.undo, "--undo", ("--new", "--alias")),
        (arguments.since, "--from", ("--new", "--alias")),
        (arguments.until, "--until", ("--alias",)),
        (arguments.update, "--update", ("a profile",)),
        (arguments.on, "--on", ("a profile",)),
    ):
        if said and way not in goes:
            raise UserError(f"{option} goes with {' or '.join(goes)}; `doit rig --help` shows how.")


def _day(text: str) -> date | None:
    night = night_from(text) if text else None
    if text and night is None:
        raise UserError(f"{text!r} is no night: write the evening's date, 2026-01-14.")
    return night


def _names(configuration: Configuration, counts: Mapping[Any, int]) -> list[str]:
    """The rigs of the files, then those that only frames are stored under."""
    names = {rig_key(rig.name): rig.name for rig in configuration.rigs}
    return list((names | {rig_key(name): name for name in counts if rig_key(name) not in names}).values())


def _stored_by_rig(seen: Seen) -> Counter[str]:
    """Frames by the rig they are filed under; darks and bias belong to a camera, not to a rig."""
    counts: Counter[str] = Counter()
    for stored in seen.ledger.stored:
        address = read_address(stored)
        if address is not None and not stored.startswith(f"{CALIBRATION}/") and address.kind != "_witness":
            counts[address.owner] += 1
    return counts


def _known_row(name: str, counts: Mapping[str, int], configuration: Configuration) -> dict[str, Any]:
    known = configuration.rig(name) is not None
    file = str(rig_files.file_of(name, configuration.files)) if known else _NO_FILE
    return {"rig": name, "frames": counts.get(name, 0), "file": file}


def _waiting_rows(seen: Seen) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[Arrival]] = {}
    for arrival in unknown(seen):
        name = (arrival.frame.rig if arrival.frame is not None else None) or ""
        groups.setdefault((name, arrival.cure), []).append(arrival)
    names = [rig.name for rig in seen.library.configuration.rigs]
    return [_waiting_row(name, group, names) for (name, _), group in groups.items()]


def _waiting_row(name: str, group: list[Arrival], names: list[str]) -> dict[str, Any]:
    first = group[0]
    command, _, other = first.cure.partition(", or ")
    return {
        "rig": name,
        "frames": len(group),
        "why": first.why,
        "nearest": nearest_rig(first.frame, names) if first.frame is not None else None,
        "command": command,
        "or_else": other,
    }


def _waiting_lines(row: Mapping[str, Any]) -> list[str]:
    near = f"; the nearest known rig is {row['nearest']}" if row["nearest"] else ""
    lines = [
        "",
        f"{counted(row['frames'], 'frame')} {'waits' if row['frames'] == 1 else 'wait'}: {row['why']}{near}",
        f"  {row['command']}",
    ]
    return lines + ([f"  or {row['or_else']}"] if row["or_else"] else [])
