"""`doit purge --wbpp`: the folders of `[masters] wbpp_output` emptied, when a library has every master in them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from pipeline.model.answers import CANNOT, OK, WAITS, Answer
from pipeline.model.errors import UserError
from pipeline.rules.purge_said import few, unexpected
from pipeline.rules.spoken import counted, sized
from pipeline.world.library import OpenLibrary
from pipeline.world.lock import Lock
from pipeline.world.purge_wbpp import Emptying, empty_folder, links_said, look_into
from pipeline.world.space import freed_by_removing
from pipeline.world.trash import TRASH


def answer(library: OpenLibrary, arguments: argparse.Namespace) -> Answer:
    """Say what would go, or let it go."""
    if arguments.rig or arguments.night or arguments.camera or arguments.made_by_hand:
        raise UserError("--wbpp empties whole folders: it goes with --yes and --expect alone.")
    names = list(dict.fromkeys(library.configuration.library.masters.folders))
    if not names:
        raise UserError("No folder is named: write wbpp_output under [masters] in library.toml first.")
    if not arguments.yes:
        return _look([look_into(library, name) for name in names], arguments.expect)
    with Lock(library.root, command="doit purge"):
        return _empty([look_into(library, name) for name in names], arguments.expect)


def _look(found: Sequence[Emptying], expect: int | None) -> Answer:
    free = [one for one in found if not one.refused]
    number, freed = _number(free), freed_by_removing(path for one in free for path in one.paths)
    lines = [line for one in found for line in _lines(one)]
    closing = [
        f"{counted(number, 'file')} would go to the trash; emptying it would free {sized(freed)}."
        if number
        else "Nothing may go."
    ]
    closing += (
        [f"Nothing was changed. To do it: doit purge --wbpp{_expected(expect)} --yes"] if number else []
    )
    refusal = unexpected(number, "file", expect)
    closing += [refusal] if refusal else []
    is_stuck = refusal or any(one.refused for one in found)
    return Answer(
        sentences=tuple(lines),
        closing=tuple(closing),
        data=_data(found, freed, done=False),
        exit_code=CANNOT if is_stuck else OK,
    )


def _empty(found: Sequence[Emptying], expect: int | None) -> Answer:
    free = [one for one in found if not one.refused]
    refusal = unexpected(_number(free), "file", expect)
    if refusal:
        return Answer(sentences=(refusal,), data=_data(found, 0, done=False), exit_code=CANNOT)
    freed = freed_by_removing(path for one in free for path in one.paths)
    for one in free:
        empty_folder(one, lambda _done, _of: None)
    gone = sum(len(one.gone) for one in found)
    lines = [
        f"{one.folder}: {counted(len(one.gone), 'file')} moved to {one.home / TRASH}."
        for one in found
        if one.gone
    ]
    lines += [line for one in found for line in (*few(one.refused), links_said(one)) if line]
    lines += ["Room is made by `doit trash --empty`."] if gone else []
    lines = lines or ["Nothing lay there."]
    refused = any(one.refused for one in found)
    data = _data(found, freed if not refused else 0, done=True)
    return Answer(
        sentences=tuple(lines), data=data, exit_code=OK if not refused else WAITS if gone else CANNOT
    )


def _lines(one: Emptying) -> list[str]:
    if one.refused:
        return [f"{one.folder}: stays as it is.", *few(one.refused)]
    along = len(one.files) - len(one.twins)
    more = f", and {counted(along, 'file')} beside them (logs, work files)" if along else ""
    said = [
        f"{one.folder}: {counted(len(one.twins), 'master')}, each of which a library has byte for byte{more};"
        f" to {one.home / TRASH}"
        if one.files
        else f"{one.folder}: is empty"
    ]
    return [*said, *filter(None, [links_said(one)])]


def _number(found: Sequence[Emptying]) -> int:
    return sum(len(one.files) for one in found)


def _expected(expect: int | None) -> str:
    return f" --expect {expect}" if expect is not None else ""


def _data(found: Sequence[Emptying], freed: int, *, done: bool) -> dict[str, Any]:
    return {
        "done": done,
        "freed_bytes": freed,
        "folders": [
            {
                "folder": str(one.folder),
                "trash": str(one.home / TRASH),
                "files": len(one.gone) if done else len(one.files),
                "masters": one.twins,
                "links_left": one.links,
                "refused": one.refused,
            }
            for one in found
        ],
    }
